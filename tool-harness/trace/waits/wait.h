/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one place that waits for children: wait4(-1, __WALL | __WNOTHREAD), so for those that
 * the calling thread has started or seized. Each call returns one stop; its kind says what
 * the caller must do next. Clones are adopted, forked
 * children cleaned of traps and let go, vforked ones followed until their exec, all
 * here, unseen by the caller.
 */
#ifndef TRACE_WAIT_H
#define TRACE_WAIT_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "trace/task.h"

enum stop_kind {
	STOP_TICK,       /* nothing happened for a while: look at deadlines, call again */
	STOP_TRAP,       /* SIGTRAP: a trap was hit or the task's own; thread is stopped */
	STOP_SIGNAL,     /* a signal is about to be delivered: thread_cont(thread, stop.signal) */
	STOP_EXEC,       /* the task runs a new program: its threads but one and its traps are gone */
	STOP_OTHER,      /* nothing to do but thread_cont(thread, 0) */
	STOP_TASK_GONE,  /* the task ended; task->exit_status tells; it is freed with the tracer */
	STOP_CHILD_GONE, /* a child that is not traced ended (the launcher): pid, status */
	STOP_NO_CHILDREN,/* nothing left to wait for */
};

struct stop {
	enum stop_kind kind;
	struct task *task;
	struct thread *thread;
	int signal;       /* of STOP_SIGNAL */
	pid_t pid;        /* of STOP_CHILD_GONE */
	int status;
	int64_t seen_ns;  /* when the wait returned it */
};

/*
 * The next stop. Needs tracer_ticks_start for STOP_TICK to come. Never blocks for longer
 * than a tick.
 */
MUST_CHECK struct err *tracer_wait(struct tracer *tracer, struct stop *ret);

/* A periodic SIGALRM of the calling thread that interrupts its wait, TICK_NS apart, so that
 * deadlines and Ctrl-C are seen without a race between looking and blocking. */
#define TICK_NS 50000000
void tracer_ticks_start(void);
void tracer_ticks_stop(void);

/* --- for trace/ only -------------------------------------------------------------- */

/*
 * Waits up to timeout_ns for a stop of one thread and marks it stopped. Returns false in
 * got_ret if none came: a thread that sleeps in the kernel beyond reach (a vforking parent)
 * cannot run user code either before it has stopped.
 */
MUST_CHECK struct err *thread_collect(struct thread *thread, int64_t timeout_ns, int *status_ret, bool *got_ret);

/* Puts a collected stop back for tracer_wait. */
void thread_queue(struct thread *thread, int status);

/* Handles clone, fork and vfork events of a stopped thread: adopts, cleans, lets go. */
MUST_CHECK struct err *thread_new_child(struct thread *thread, int event);

/*
 * Releases and forgets a stopped new process whose parent, a task, died before it reported it. One whose parent
 * lives, and a thread of a process that ends, stays as it is.
 */
MUST_CHECK struct err *orphan_release(struct tracer *tracer, struct thread *thread);

static inline int status_event(int status)
{
	return (unsigned int)status >> 16;
}

#endif
