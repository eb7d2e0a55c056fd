/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Letting a task go as if it had never been traced, in rounds: its threads are stopped; one that has run into
 * a trap is put back before it; the traps come out, and the text is read again to see that they are; then
 * each thread goes on with the signal that it was owed. What a stopped thread is in is settle.c's.
 *
 * A thread may be where no stop reaches it: its vforked child has not executed a program yet, or its control group
 * is frozen. It has been interrupted, and comes past that before it runs user code again. So the others
 * need not wait for it (that child above all): it is let go when it stops.
 *
 * Invariants: traps come out when no thread can run user code, and before the first is let go; the table of
 * traps is kept until the last has been, as a thread that stops late may have run into one.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/progress.h"
#include "trace/procstate.h"
#include "trace/settle.h"
#include "trace/waits/wait.h"

#define PATIENCE_NS (10 * NS_PER_S) /* since a thread was last let go, or the beginning */
#define ASLEEP_NS (2 * NS_PER_S)    /* for threads that come to no harm if they are left to themselves */
#define SAY_NS NS_PER_S
#define PAUSE_NS (NS_PER_MS / 2)
#define TRIES 2 /* rounds that may fail: a task left in a trap would die of it */

struct leaving {
	struct task *task;
	bool visitors_only; /* the other threads run another program by now, or have ended */
	bool traps_out;
	bool said;
	int64_t since_ns;
	/* Of this round: */
	bool again;         /* something was settled, so look again before anything is taken out */
	size_t n_stopped, n_asleep, n_running;
};

static bool concerns(const struct leaving *leaving, const struct thread *thread)
{
	return thread->visitor || !leaving->visitors_only;
}

static bool is_patient(const struct leaving *leaving)
{
	return clock_now_ns() - leaving->since_ns < PATIENCE_NS;
}

/* The worst of what has become of it. */
static void end_raise(struct task *task, enum task_end end)
{
	if (end > task->end)
		task->end = end;
}

/* --- the rounds ------------------------------------------------------------------- */

/* A thread that has not stopped. One that has ended is not waited for: a process's first thread
 * is reaped after all others, who may live long. */
static void look_at(struct leaving *leaving, struct thread *thread)
{
	bool got = false;
	int status;
	struct err *err;

	if (thread->tid == leaving->task->pid && first_thread_replaced(leaving->task))
		return; /* by one that was never seized: nothing of ours is in its program */
	switch (thread_state(thread->tid)) {
	case THREAD_GONE:
		tracer_drop_thread(leaving->task->tracer, thread);
		return;
	case THREAD_ENDED:
		thread->ended = true;
		err = thread_collect(thread, 0, &status, &got);
		if (got)
			thread_queue(thread, status);
		err_free(err); /* gone: it is seen so the next time */
		leaving->again |= got;
		return;
	case THREAD_ASLEEP:
		leaving->n_asleep++;
		return;
	default:
		leaving->n_running++;
	}
}

/* Whoever execs takes over the id of the first thread, and is no longer in the stop that we know that one to be in. */
static struct err *poll_stopped(struct thread *thread)
{
	bool got = false;
	int status = 0;
	struct err *err;

	if (thread->has_queued)
		return NULL;
	err = thread_collect(thread, 0, &status, &got);
	if (err || !got)
		return err;
	thread->at_trap = false; /* that was the other's */
	thread_queue(thread, status);
	return NULL;
}

static struct err *stop_threads(struct leaving *leaving)
{
	struct thread *next;
	struct err *err = threads_hold(leaving->task, NULL);

	leaving->again = false;
	leaving->n_stopped = leaving->n_asleep = leaving->n_running = 0;
	for (struct thread *t = leaving->task->threads; !err && t; t = next) {
		next = t->next;
		if (!concerns(leaving, t))
			continue;
		if (!t->stopped && !t->has_queued) {
			look_at(leaving, t);
			continue;
		}
		err = poll_stopped(t);
		if (!err)
			err = thread_settle_stop(t, &leaving->again);
		if (err_is_gone(err)) {
			thread_forget_stop(t); /* killed while it was stopped: its end is still to be collected */
			leaving->again = true;
			err = NULL;
		}
		leaving->n_stopped++;
		/* A new program, or a visitor that went: the list is another one. */
		if (leaving->again)
			break;
	}
	return err;
}

static struct err *take_traps_out(struct leaving *leaving)
{
	struct task *task = leaving->task;
	size_t n_out, n_left;
	struct err *err = NULL;

	for (struct thread *t = task->threads; !err && t; t = t->next)
		if (concerns(leaving, t) && t->stopped)
			err = thread_settle_place(t);
	if (err && !err_is_gone(err))
		return err;
	err = traps_remove_all(task, &n_out, &n_left);
	if (err_is_gone(err)) /* the memory has ended, and they with it */
		err = NULL;
	if (err)
		return err;
	if (n_left)
		return err_new("%zu trap%s could not be taken out of pid %d", n_left, n_left == 1 ? "" : "s",
			       task->pid);
	debugregs_clear(task); /* the kernel leaves them in when a tracer goes */
	leaving->traps_out = true;
	return NULL;
}

static struct err *let_go(struct leaving *leaving)
{
	struct thread *next;

	for (struct thread *t = leaving->task->threads; t; t = next) {
		struct err *err;

		next = t->next;
		if (!concerns(leaving, t) || !t->stopped)
			continue;
		err = thread_settle_place(t);
		if (!err)
			err = thread_let_go(t);
		if (err && !err_is_gone(err))
			return err;
		if (err_is_gone(err)) { /* its end is collected, or seen by the next look */
			thread_forget_stop(t);
			continue;
		}
		leaving->since_ns = clock_now_ns();
	}
	return NULL;
}

/* --- those that do not come -------------------------------------------------------- */

static void say_what_is_waited_for(struct leaving *leaving)
{
	const struct thread *thread = leaving->task->threads;
	_cleanup_free_ char *group = NULL;

	if (leaving->said || clock_now_ns() - leaving->since_ns < SAY_NS)
		return;
	leaving->said = true;
	while (thread && (thread->stopped || thread->ended || !concerns(leaving, thread)))
		thread = thread->next;
	if (!thread)
		return;
	group = thread_frozen_by(thread->tid);
	if (group)
		progress_note("pid %d is frozen (control group '%s'): its thread %d is let go once it is thawed",
			      leaving->task->pid, group, thread->tid);
	else
		progress_note("waiting for thread %d of pid %d, to let it go", thread->tid, leaving->task->pid);
}

/*
 * What is left to itself: the kernel lets it go when its tracer ends, with the text as it was. It is harmed by a
 * trap that it had run into before, whose signal waits, and by its debug registers.
 */
static enum task_end end_of(const struct leaving *leaving, const struct thread *thread)
{
	if (!leaving->traps_out)
		return TASK_END_NOT_CLEAN;
	if (thread->debug.used || thread_status_has_signal(thread->tid, "SigPnd", SIGTRAP))
		return TASK_END_NOT_CLEAN;
	/* Its id has gone to a program that another thread, never seized, has executed, or is about to: not ours. */
	if (!thread_is_traced_by_us(thread->tid))
		return TASK_END_CLEAN;
	return thread_state(thread->tid) == THREAD_ASLEEP ? TASK_END_CLEAN : TASK_END_NOT_KNOWN;
}

static struct err *give_up(struct leaving *leaving)
{
	struct task *task = leaving->task;
	struct err *err = NULL;
	struct thread *next;

	for (struct thread *t = task->threads; t; t = next) {
		enum task_end end = end_of(leaving, t);
		_cleanup_free_ char *group = NULL;

		next = t->next;
		if (!concerns(leaving, t) || t->ended) {
			if (concerns(leaving, t))
				tracer_drop_thread(task->tracer, t);
			continue;
		}
		end_raise(task, end);
		group = end != TASK_END_CLEAN ? thread_frozen_by(t->tid) : NULL;
		if (end != TASK_END_CLEAN && !err)
			err = group ? err_hint(err_new("thread %d of pid %d is frozen (control group '%s')", t->tid,
						       task->pid, group),
					       "thaw it") :
				      err_new("cannot stop thread %d of pid %d to let it go", t->tid, task->pid);
		tracer_drop_thread(task->tracer, t);
	}
	return err;
}

/* --- all of it -------------------------------------------------------------------- */

static struct err *leave_round(struct leaving *leaving)
{
	struct err *err = stop_threads(leaving);

	if (err || (leaving->again && is_patient(leaving)))
		return err;
	/* An exec that waits for one that we trace, and do not know? */
	if (!leaving->visitors_only && leaving->n_running + leaving->n_asleep && threads_adopt(leaving->task))
		return NULL;
	/* In the end they come out under a thread that runs: it stays traced, and is put back from one. */
	if (leaving->n_running && is_patient(leaving)) {
		say_what_is_waited_for(leaving);
		return NULL;
	}
	if (!leaving->traps_out) {
		err = take_traps_out(leaving);
		if (err)
			return err;
	}
	err = let_go(leaving);
	if (!err && leaving->n_asleep)
		say_what_is_waited_for(leaving);
	return err;
}

/* All have gone, or those that are left need not be waited for any longer. */
static bool is_over(const struct leaving *leaving)
{
	const struct trap_table *traps = &leaving->task->traps;
	bool untouched = !traps->n && !traps->n_past;
	bool long_asleep = leaving->traps_out &&
			   (untouched || clock_now_ns() - leaving->since_ns > ASLEEP_NS);

	for (const struct thread *t = leaving->task->threads; t; t = t->next)
		if (concerns(leaving, t) && !t->ended && !(long_asleep && end_of(leaving, t) == TASK_END_CLEAN))
			return false;
	return true;
}

struct err *task_leave(struct task *task, bool visitors_only)
{
	struct leaving leaving = { .task = task, .visitors_only = visitors_only, .since_ns = clock_now_ns() };
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct err *err = NULL;
	bool late = false;

	end_raise(task, TASK_END_CLEAN);
	for (int failures = 0; !is_over(&leaving) && !late;) {
		err_free(err);
		late = !is_patient(&leaving);
		err = leave_round(&leaving);
		if (err && ++failures == TRIES)
			break;
		if (!err && !leaving.again && !leaving.n_stopped)
			nanosleep(&pause, NULL);
	}
	if (err) {
		end_raise(task, leaving.traps_out ? TASK_END_NOT_KNOWN : TASK_END_NOT_CLEAN);
		return err;
	}
	return give_up(&leaving);
}

struct err *task_detach(struct task *task)
{
	struct err *err;

	if (task->gone)
		return NULL;
	err = task_leave(task, false);
	if (err)
		return err;
	trap_table_clear(&task->traps);
	journal_close(&task->journal, true);
	task->gone = true;
	task->tracer->n_tasks--;
	return NULL;
}
