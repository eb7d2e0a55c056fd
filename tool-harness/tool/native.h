/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the native tool: native.c brings the job through its phases, native_stop.c
 * handles one stop, native_adopt.c takes over tasks that run. Nobody else includes this.
 */
#ifndef TOOL_NATIVE_H
#define TOOL_NATIVE_H

#include "job/job.h"
#include "ld/loader.h"
#include "tool/library.h"
#include "tool/tool.h"
#include "trace/wait.h"

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
	bool *target_seen;             /* libraries of the manifest ever in its map */
};

struct native_stacks;

struct native {
	const struct tool_request *request;
	struct trial *trial;
	struct tracer tracer;
	struct job *job;
	struct library_set *libraries;
	struct native_task *tasks;
	size_t n_tasks;
	size_t n_gone;
	struct native_stacks *stacks;  /* NULL: none are asked for */
	int64_t deadline_ns;
};

/* A trap of a thread: the loader's hook, a breakpoint, or the task's own. */
MUST_CHECK struct err *native_trap(struct native *native, struct native_task *t, const struct stop *stop);

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

/* Stacks, where the scenario asks for them (native_stacks.c): at the start-up stop, above; at a
 * load event, after its link map was read, timed as a part of it; of all threads before the
 * tasks are let go, whose threads are then held. */
void native_stacks_init(struct native *native);
void native_stacks_deinit(struct native *native);
MUST_CHECK struct err *native_event_stack(struct native *native, struct native_task *t, struct thread *thread,
					  struct event *event);
void native_end_stacks(struct native *native);

#endif
