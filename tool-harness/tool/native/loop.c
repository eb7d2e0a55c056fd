/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stop after the other: what each kind of stop means to a task, and when to end. How a
 * trap is handled is trap.c's.
 *
 * Invariant: the death of a task ends its part and nothing else.
 */
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/native/native.h"

void native_count_threads(struct native *native, const struct native_task *t)
{
	struct trial_task *task = &native->trial->tasks[t->task->index];

	task->threads = t->task->threads_seen;
	task->children_released = t->task->children_released;
}

static void task_gone(struct native *native, struct native_task *t, const struct stop *stop)
{
	struct trial_task *task = &native->trial->tasks[t->task->index];

	task->exit_status = stop->status;
	native_count_threads(native, t);
	t->state = NATIVE_GONE;
	t->waiting = NULL;
	native->n_gone++;
}

static struct err *task_exec(struct native *native, struct native_task *t, const struct stop *stop)
{
	struct err *err = native_exec(native, t);

	/* In a job that is not ours a new program that cannot be watched is no failure. */
	if (err && !err_is_gone(err) && native->request->plan->attach) {
		progress_warn("pid %d is watched no more: %s", (int)t->task->pid, err_message(err));
		err_free(err);
		err = NULL;
	}
	if (err)
		return err;
	if (t->state != NATIVE_RELEASED)
		return thread_cont(stop->thread, 0); /* a program that execs another one: goes on at once */
	native->trial->tasks[t->task->index].exec_ns = stop->seen_ns;
	t->state = NATIVE_AT_EXEC;
	t->waiting = stop->thread;
	return NULL;
}

static struct err *dispatch(struct native *native, const struct stop *stop)
{
	struct native_task *t = stop->task ? stop->task->data : NULL;
	struct err *err = NULL;

	switch (stop->kind) {
	case STOP_TICK:
	case STOP_NO_CHILDREN:
	case STOP_CHILD_GONE: /* not of this thread: the one that started the job waits for its launcher */
		return NULL;
	case STOP_TASK_GONE:
		task_gone(native, t, stop);
		return NULL;
	case STOP_EXEC:
		err = task_exec(native, t, stop);
		break;
	case STOP_TRAP:
		err = native_trap(native, t, stop);
		break;
	case STOP_SIGNAL:
		err = thread_cont(stop->thread, stop->signal);
		break;
	case STOP_OTHER:
		err = thread_cont(stop->thread, 0);
		break;
	}
	if (err_is_gone(err))
		return NULL; /* the wait will tell */
	return err_wrap(err, "rank %d (pid %d)", native->trial->tasks[t->task->index].rank, t->task->pid);
}

static struct err *tick(struct native *native)
{
	native_policy_tick(native);
	return native_deferred_tick(native);
}

/* The end of the time for which a running job is to be followed is no fault of it. */
bool native_out_of_time(struct native *native)
{
	struct trial *trial = native->trial;
	bool stop = __atomic_load_n(native->request->stop, __ATOMIC_RELAXED); /* any thread may have the signal */
	bool late = clock_now_ns() > native->deadline_ns;
	bool following = native->request->plan->attach && trial->phases.continued_ns;

	if (!stop && !late)
		return false;
	trial->interrupted = stop;
	trial->left_running = following;
	trial->timed_out = !trial->interrupted && !following;
	return true;
}

static bool all_in(const struct native *native, enum native_state state)
{
	for (size_t i = 0; i < native->n_tasks; i++)
		if (native->tasks[i].state < state)
			return false;
	return true;
}

/* One stop; false in go_on_ret when the loop must end for another reason than an error. */
struct err *native_step(struct native *native, bool *go_on_ret)
{
	struct stop stop;
	struct err *err = tracer_wait(&native->tracer, &stop);

	if (!err)
		err = stop.kind == STOP_TICK ? tick(native) : dispatch(native, &stop);
	/* Busy tasks may leave no time for ticks. */
	*go_on_ret = stop.kind != STOP_NO_CHILDREN && !barrier_aborted(native->barrier) &&
		     !((stop.kind == STOP_TICK || stop.seen_ns > native->deadline_ns) && native_out_of_time(native));
	return err;
}

/* Runs until all tasks have come to a state, or are gone. */
struct err *native_run_until(struct native *native, enum native_state state, bool *go_on_ret)
{
	bool go_on = true;
	struct err *err = NULL;

	while (!err && go_on && !all_in(native, state))
		err = native_step(native, &go_on);
	*go_on_ret = go_on;
	return err;
}
