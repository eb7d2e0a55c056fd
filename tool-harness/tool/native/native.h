/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the native tool. native.c sets up and takes down; threads.c has the tracer's
 * threads, barrier.c what they meet at; phases.c brings each one's tasks through their phases; loop.c waits;
 * trap.c handles a trap, event.c one at the loader's hook, libraries.c and
 * plant.c what follows from it; start.c has the rounds of phase 1, adopt.c
 * tasks that run. Nobody else includes this.
 */
#ifndef TOOL_NATIVE_NATIVE_H
#define TOOL_NATIVE_NATIVE_H

#include "job/job.h"
#include "ld/loader.h"
#include "tool/library.h"
#include "tool/native/policies.h"
#include "tool/native/barrier.h"
#include "tool/tool.h"
#include "tool/native/plant.h"
#include "trace/waits/wait.h"

enum native_state {
	NATIVE_RELEASED, /* the shim is on its way to exec */
	NATIVE_AT_EXEC,  /* stopped at exec, before the first instruction */
	NATIVE_STARTING, /* runs to its first consistent stop */
	NATIVE_STARTED,  /* stopped there: its linked libraries are mapped */
	NATIVE_RUNNING,
	NATIVE_GONE,
};

struct native_task {
	struct task *task;
	struct loader loader;
	enum native_state state;
	struct thread *waiting;        /* the stopped thread in AT_EXEC and STARTED; NULL: all are held */
	struct loader_stop stop;       /* of it in STARTED */
	size_t event;                  /* index of the event that STARTED began */
	uint64_t *planted;             /* traps in, per breakpoint */
	uint64_t n_planted;            /* their sum */
	int64_t looked_ns;             /* deferred breakpoints: its map was last looked at */
	bool look_due;                 /* that look found the loader at work */
	struct native_register {       /* what its debug registers are for */
		taddr addr;
		uint32_t place;
	} registers[DEBUGREGS];
	struct native_resolving *resolving; /* threads within resolvers: resolver.c */
	size_t n_resolving, cap_resolving;
	struct library_set *libraries; /* of it alone, with share none; else NULL */
	bool *target_seen;             /* libraries of the manifest ever in its map */
};

/* The trap at the function that a target calls at each phase mark. */
#define NATIVE_TRAP_MARK (TRAP_ID_LOADER - 1)

/* The trap where a resolver returns to. */
#define NATIVE_TRAP_RESOLVED (TRAP_ID_LOADER - 2)

struct native_stacks;
struct uprobes;
struct native_team;

/*
 * One thread's share of a run: its tasks, whom nobody else may trace (ptrace(2)), its own tracer,
 * libraries and trial. The trial is a shard of the run's (measure/trial_merge.h): its tasks are all
 * of the run's, and a thread writes to those of its share alone. After the threads have ended
 * the same struct, with all tasks and the run's trial, is what the run is judged by.
 */
struct native {
	const struct tool_request *request;
	struct trial *trial;
	struct tracer tracer;
	struct job *job;
	struct library_set *libraries;
	struct native_task *tasks;
	size_t n_tasks;
	size_t first;                  /* rank of tasks[0] */
	size_t n_gone;
	const struct policy *policy;   /* when breakpoints go in, */
	const struct trap_way *way;    /* and how */
	struct native_alias {          /* two breakpoints at one place: a hit of the first is one of the second */
		uint32_t breakpoint, place, other, other_place;
	} *aliases;
	size_t n_aliases, cap_aliases;
	struct uprobes *uprobes;       /* of the way that has them, else NULL */
	struct mapsteps *steps;        /* of link maps, with share maps; else NULL */
	struct native_stacks *stacks;  /* NULL: none are asked for */
	int64_t deadline_ns;
	struct native_team *team;
	struct barrier *barrier;       /* of the team */
};

static inline struct trial_task *native_trial_task(struct native *native, const struct native_task *t)
{
	return &native->trial->tasks[t->task->index];
}

/*
 * The threads of a run. native_team_run has them do `part`, each with its share of run->tasks, releases
 * the launcher once all have their tasks, and returns when all have ended: with what they saw in the run's
 * trial, and the first error. Tasks that were left are let go. native_team_destroy frees the
 * struct tasks, and what their link maps refer to.
 */
MUST_CHECK struct err *native_team_run(struct native *run, size_t n_threads,
				       struct err *(*part)(struct native *native), struct native_team **ret);
void native_team_destroy(struct native_team *team);

/* Tasks of all shares that are gone; between two rounds of the barrier in which no task is waited for. */
size_t native_team_gone(const struct native *native);

/* From acquiring the tasks to the end of the last one, a deadline, or an interrupt: of one share. */
MUST_CHECK struct err *native_phases(struct native *native);

/* True when the run must end before its tasks have: noted in the trial. */
bool native_out_of_time(struct native *native);

/* One stop, waited for and handled; false in go_on_ret when the loop must end for another reason
 * than an error. native_run_until goes on until all tasks have come to a state, or are gone. */
MUST_CHECK struct err *native_step(struct native *native, bool *go_on_ret);
MUST_CHECK struct err *native_run_until(struct native *native, enum native_state state, bool *go_on_ret);

/* Notes how many threads and children a task had. */
void native_count_threads(struct native *native, const struct native_task *t);

/* A trap of a thread: the loader's hook, a breakpoint, or the task's own. */
MUST_CHECK struct err *native_trap(struct native *native, struct native_task *t, const struct stop *stop);

/* A stop at the loader's hook or probe `at`: logged as an event, handled, and the thread let go. */
MUST_CHECK struct err *native_load_event(struct native *native, struct native_task *t, const struct stop *stop,
					 taddr at, int64_t begin_ns);

/* Lets a thread go on from the hook or the probe. */
MUST_CHECK struct err *native_hook_return(const struct native_task *t, struct thread *thread,
					  const struct loader_stop *stop);

/* What the counters stood at when the handling of an event began. */
struct native_counters {
	uint64_t nodes, bytes, traps, calls;
};
struct native_counters native_counters_now(const struct native *native, const struct native_task *t);

/* Adds to an event what has been counted since. */
void native_event_count(struct event *event, const struct native *native, const struct native_task *t,
			const struct native_counters *since);

/* A change of a task's link map (libraries.c): notes its libraries in event and trial; forgets
 * traps of those that are gone; reads symbols of the new ones and finds the breakpoints there. */
void native_note_change(struct native *native, struct native_task *t, struct loader_change *change,
			struct event *event);
void native_forget_removed(const struct native *native, struct native_task *t, const struct loader_change *change);
void native_resolve_added(struct native *native, struct native_task *t, const struct loader_change *change);

/* The libraries as a task knows them: those of all tasks of the share, or with share none its own. */
struct library_set *native_libraries(const struct native *native, struct native_task *t);

/* What reading the libraries took, for all tasks; once they have ended. */
void native_sum_work(const struct native *native);

/* Breakpoints (plant.c): into their places, or where a change's libraries have them; n_ret
 * grows by those that were not in. Forgets those of a library that is gone. */
MUST_CHECK struct err *native_plant(struct native *native, struct native_task *t, const struct native_place *places,
				    size_t n, uint32_t *n_ret);
MUST_CHECK struct err *native_plant_added(struct native *native, struct native_task *t,
					  const struct loader_change *change, uint32_t *n_ret);
void native_unplant(const struct native *native, struct native_task *t, const struct library *library, taddr bias);

/* The policy's share of a run (policies.c): before anything is started; at each tick; when all
 * tasks are gone; in any case at last. A hit is counted by native_count_hit (plant.c). */
MUST_CHECK struct err *native_policy_init(struct native *native);
void native_policy_tick(struct native *native);
void native_policy_end(struct native *native);
void native_policy_deinit(struct native *native);
void native_count_hit(struct native *native, struct native_task *t, uint32_t breakpoint, uint32_t place);

/*
 * IFUNCs (resolver.c). A thread is at a resolver, its first instruction still to come: what it returns is the function
 * that is called, and gets a breakpoint once it has; then the thread is at the second. Ours alone: bytes.
 */
MUST_CHECK struct err *native_resolver_hit(struct native *native, struct native_task *t, struct thread *thread,
					   const struct trap *trap);
MUST_CHECK struct err *native_resolved(struct native *native, struct native_task *t, struct thread *thread,
				       const struct trap *trap);

/* Holds what the key `stop` names but for the thread of an event, and lets it go. */
MUST_CHECK struct err *native_scope_hold(const struct native *native, struct native_task *t,
					 const struct thread *thread);
MUST_CHECK struct err *native_scope_release(const struct native *native, struct native_task *t);

/* The added cost of a slower tool (policies.c): spins for so long. */
void native_slow(int64_t ns);

/* Deferred breakpoints (deferred.c). native_unhook (hook.c): a task's start-up is over. native_mark: its
 * thread is at a phase mark. native_stopped_otherwise: it stopped for another reason than a load. */
bool native_is_deferred(const struct native *native);
MUST_CHECK struct err *native_unhook(struct native *native, struct native_task *t);
MUST_CHECK struct err *native_mark(struct native *native, struct native_task *t, struct thread *thread,
				   const struct trap *trap);
MUST_CHECK struct err *native_stopped_otherwise(struct native *native, struct native_task *t,
						const struct thread *thread);
MUST_CHECK struct err *native_deferred_tick(struct native *native);

/* Stops a task that runs and sets the trap at its loader's hook: STARTED, or STARTING. */
MUST_CHECK struct err *native_adopt(struct native *native, struct native_task *t);

/* The task runs a new program: finds its loader and sets the trap at its hook. */
MUST_CHECK struct err *native_exec(struct native *native, struct native_task *t);

/* Finds the loader of a stopped task, and sets the traps of the scenario's interface to load events. */
MUST_CHECK struct err *native_find_loader(struct native *native, struct native_task *t);

/* The start-up stop's three parts, called for all tasks one after the other. */
MUST_CHECK struct err *native_start_linkmap(struct native *native, struct native_task *t);
MUST_CHECK struct err *native_start_symbols(struct native *native, struct native_task *t);
MUST_CHECK struct err *native_start_plant(struct native *native, struct native_task *t);
MUST_CHECK struct err *native_start_stack(struct native *native, struct native_task *t);
MUST_CHECK struct err *native_start_continue(struct native *native, struct native_task *t);

/* Stacks, where the scenario asks for them (stacks.c): at the start-up stop, above; at a
 * load event, after its link map was read, timed as a part of it; of all threads before the
 * tasks are let go, whose threads are then held. */
void native_stacks_init(struct native *native);
void native_stacks_deinit(struct native *native);
MUST_CHECK struct err *native_event_stack(struct native *native, struct native_task *t, struct thread *thread,
					  struct event *event);
void native_end_stacks(struct native *native);

/* Digests of the tasks' link maps as last read, and which libraries stand at one address in all. */
void native_compare_maps(struct native *native);

#endif
