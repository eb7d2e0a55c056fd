/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader of one task: where its hook and its probes are, what state it is in, which
 * libraries it has.
 *
 * glibc calls _dl_debug_state, an empty function, whenever the list is about to change
 * (RT_ADD, RT_DELETE) and when it is whole again (RT_CONSISTENT): a debugger's trap there
 * sees every load. Both the function and _r_debug are in the loader's symbol table and
 * its base is AT_BASE, so both are known when the task is stopped at exec, before the
 * first instruction (getauxval(3), ld.so(8)).
 */
#ifndef LD_LOADER_H
#define LD_LOADER_H

#include "elf/symidx.h"
#include "ld/namespaces.h"
#include "ld/probes.h"
#include "measure/trial.h"
#include "trace/memory/mapping.h"
#include "trace/task.h"

/* Where a task is trapped. */
enum loader_trap {
	LOADER_TRAP_HOOK,   /* _dl_debug_state: two stops per load */
	LOADER_TRAP_PROBES, /* SystemTap probes at the end of a load: one */
};

struct loader {
	char *path;               /* of the loader's file, as the task has it */
	struct mapping file;      /* its first part, by which it is opened */
	taddr base;
	taddr hook;               /* address of _dl_debug_state */
	uint8_t hook_text[8];     /* what the file has there, */
	size_t hook_bytes;        /* so much of it */
	enum loader_trap trap;
	struct probes probes;     /* with LOADER_TRAP_PROBES */
	bool returning;           /* a stop goes on by itself, see trap_insert_returning */
	size_t announced_in;      /* namespace of the last announcement */
	bool announced;           /* an add or delete has not been followed by a consistent stop yet */
	struct namespaces spaces;
};

/*
 * Finds the loader of a process that runs its program: the program itself where the loader was started with
 * its program as an argument. Its file is the one that is mapped, whatever stands at its path. A process without
 * a loader (statically linked, the shim too) is an error, and so is one of a 32-bit program.
 */
MUST_CHECK struct err *loader_find(pid_t pid, struct symcache *symbols, struct loader *ret);
void loader_deinit(struct loader *loader);

/* True if the process has a loader: it runs a program that is dynamically linked. */
MUST_CHECK struct err *loader_is_there(pid_t pid, bool *ret);

/*
 * The loader's file that a program, found as execvp(3) does, will be started with; heap,
 * caller frees; NULL if there is no such program. A statically linked one is an error.
 */
MUST_CHECK struct err *loader_of_program(const char *name, char **ret);

/* What a loader offers to debuggers, for the record: by its path, or that of a task. */
MUST_CHECK struct err *loader_offer(const char *path, struct symcache *symbols, struct trial_loader *ret);
MUST_CHECK struct err *loader_offers(const struct loader *loader, struct symcache *symbols,
				     struct trial_loader *ret);

/* Traps will be at the probes. Without them an error with EXIT_SKIPPED. */
MUST_CHECK struct err *loader_use_probes(struct loader *loader);

/*
 * Sets the traps, where the memory has what the file has. A hook that is a bare `ret` (after an
 * endbr64, perhaps) gets one that
 * stops return from by themselves; else `returning` is false, and the caller emulates the
 * return, or with probes steps over the trap. Returning stops are for tasks that are not
 * let go alive: see ptrace-notes.
 */
MUST_CHECK struct err *loader_hook_in(struct loader *loader, struct task *task);

/* One stop, as read in a single batch. */
struct loader_stop {
	uint64_t ret_addr;        /* word at the stack pointer: where the hook returns to; 0 if not asked for */
	taddr at;                 /* of the trap */
	struct raw_link_map tail; /* last known node of the namespace; zero for an empty map */
	size_t tail_of;           /* the namespace */
	enum loader_state state;
	enum event_class class;
};

/* Reads the stop at a trap and tells its class; updates what was announced and deleted. A stack
 * pointer of 0 leaves the return address out. */
MUST_CHECK struct err *loader_read_stop(struct loader *loader, struct task *task, taddr at, taddr stack_pointer,
					struct loader_stop *ret);

/* The same at the hook for a task that somebody else has stopped there: its state and class are told, and
 * no link map is read. */
MUST_CHECK struct err *loader_look(struct loader *loader, struct memory *memory, struct loader_stop *ret);

/*
 * Brings the link maps up to date at a consistent stop: of the namespace that changed, or
 * walks those of all with `full`. A load that brought nothing has class EVENT_NULL then.
 */
MUST_CHECK struct err *loader_update(struct loader *loader, struct task *task, struct loader_stop *stop, bool full,
				     struct loader_change *ret);

/* The loader itself is in each namespace's map, but mapped once. */
bool loader_is_link(const struct loader *loader, const struct link *link);

#endif
