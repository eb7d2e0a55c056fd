/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader of one task: where its hook is, what state it is in, which libraries it has.
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
#include "ld/linkmap.h"
#include "measure/trial.h"
#include "trace/task.h"

struct loader {
	char *path;            /* of the loader's file */
	taddr base;
	taddr hook;            /* address of _dl_debug_state */
	bool returning;        /* a stop there goes on by itself, see trap_insert_returning */
	taddr r_debug;         /* address of _r_debug */
	enum loader_state last;/* state at the stop before */
	bool announced;        /* an add or delete has not been followed by a consistent stop yet */
	bool deleted;          /* one of the changes since the last read was a deletion */
	struct linkmap map;
};

/*
 * Finds the loader of a task that is stopped at exec. A program without one (statically
 * linked) is an error.
 */
MUST_CHECK struct err *loader_find(struct task *task, struct symcache *symbols, struct loader *ret);
void loader_deinit(struct loader *loader);

/*
 * Sets the trap at the hook. A hook that is a bare `ret` (after an endbr64, perhaps) gets
 * one that stops return from by themselves; else `returning` is false and the caller
 * emulates the return. Allowed for tasks that are not let go alive: see ptrace-notes.
 */
MUST_CHECK struct err *loader_hook_in(struct loader *loader, struct task *task);

/* One stop at the hook, as read in a single batch. */
struct loader_stop {
	uint64_t ret_addr;        /* word at the stack pointer: where the hook returns to; 0 if not asked for */
	struct raw_r_debug debug;
	struct raw_link_map tail; /* last known node; zero for an empty map */
	enum event_class class;
};

/* Reads the stop and tells its class; updates last, announced, deleted. A stack pointer of 0
 * leaves the return address out. */
MUST_CHECK struct err *loader_read_stop(struct loader *loader, struct task *task, taddr stack_pointer,
					struct loader_stop *ret);

/*
 * Brings the link map up to date at a consistent stop: appends, or walks all if something
 * was deleted or `full` is set.
 */
MUST_CHECK struct err *loader_update(struct loader *loader, struct task *task, const struct loader_stop *stop,
				     bool full, struct linkmap_change *ret);

#endif
