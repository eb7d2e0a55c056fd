/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The paper's two phases (section 4.2) for all tasks of a job: acquire them, stop them at
 * program start, read the linked libraries' link maps and symbols, plant breakpoints; then
 * let them go and handle what comes until the end.
 *
 * Each thread does this with its own share of the tasks and meets the others between the
 * parts of phase 1.
 *
 * Invariant: a part of phase 1 is over in all tasks before the next begins, so that each has
 * a time of its own.
 */
#include <signal.h>
#include <stddef.h>

#include "job/acquire/acquire.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/native/native.h"

/* --- acquiring -------------------------------------------------------------------- */

/*
 * The pidfd knows the process that was meant. If it ended between the look and the seize, its pid
 * may be another's by now: that one is let go as it was, before anything was written into it.
 */
static struct err *seize_meant(struct native *native, size_t i, struct task **ret)
{
	size_t at = native->first + i;
	struct task *task;
	struct err *err;

	if (job_task_ended(native->job, at))
		return err_gone();
	err = tracer_seize(&native->tracer, native->job->tasks[at].pid, (uint32_t)at, &task);
	if (err)
		return err;
	if (job_task_ended(native->job, at)) {
		err = task_detach(task);
		if (!err)
			return err_gone();
		if (!err_is_gone(err))
			return err;
		err_free(err); /* it was the one meant, and the wait tells of its end */
	}
	*ret = task;
	return NULL;
}

/* A job of which a part was never seen is not the job. */
static void tell_gone(struct native *native, const struct job_task *task)
{
	const char *rows = acquire_get(native->job->acquire)->rows;

	trial_contradict(native->trial, "%s %d%s%s: process %d had ended before it could be traced",
			 rows ? "row" : "rank", task->rank, rows ? " of " : "", rows ? rows : "", (int)task->pid);
}

static struct err *seize(struct native *native, size_t i)
{
	const struct tool_request *request = native->request;
	size_t n_libraries = request->manifest ? request->manifest->n_libraries : 0;
	struct native_task *t = &native->tasks[i];
	const struct job_task *from = &native->job->tasks[native->first + i];
	struct err *err;

	t->planted = mem_calloc(request->n_breakpoints + 1, sizeof(t->planted[0]));
	t->target_seen = mem_calloc(n_libraries + 1, sizeof(t->target_seen[0]));
	err = seize_meant(native, i, &t->task);
	if (!err) {
		t->task->data = t;
		return NULL;
	}
	if (!err_is_gone(err))
		return err_wrap(err, "rank %d", from->rank);
	if (from->at == TASK_AT_EXEC)
		return err_new("rank %d (pid %d) ended before it could be traced", from->rank, from->pid);
	tell_gone(native, from);
	t->state = NATIVE_GONE; /* the others run on without it, and so do we */
	native->n_gone++;
	return NULL;
}

/* Those that wait in the shim are let go to their exec; others are stopped where they are. */
static struct err *adopt_or_release(struct native *native, size_t i)
{
	const struct job_task *from = &native->job->tasks[native->first + i];
	struct native_task *t = &native->tasks[i];
	struct err *err;

	if (t->state == NATIVE_GONE)
		return NULL;
	if (from->at == TASK_AT_EXEC)
		return job_release(native->job, native->first + i);
	err = native_adopt(native, t);
	if (err_is_gone(err))
		return NULL; /* the wait will tell */
	return err_wrap(err, "rank %d (pid %d)", from->rank, from->pid);
}

static struct err *acquire(struct native *native, bool *go_on_ret)
{
	struct err *err = NULL;

	native->trial->phases.found_ns = clock_now_ns();
	for (size_t i = 0; !err && i < native->n_tasks; i++)
		err = seize(native, i);
	if (err)
		return err;
	*go_on_ret = barrier_wait(native->barrier);
	if (*go_on_ret && native_team_gone(native) == native->job->n_tasks)
		return err_new("no task is left: those that were found (%zu) have ended before they could be traced",
			       native->job->n_tasks);
	native->trial->phases.acquired_ns = clock_now_ns();
	for (size_t i = 0; !err && *go_on_ret && i < native->n_tasks; i++)
		err = adopt_or_release(native, i);
	if (!err && *go_on_ret)
		*go_on_ret = barrier_wait(native->barrier); /* then the launcher may go on */
	return err;
}

/* --- phases ----------------------------------------------------------------------- */

static struct err *check_exec(struct native *native)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		size_t rank = native->first + i;
		struct err *err;

		if (native->tasks[i].state != NATIVE_GONE || native->trial->tasks[rank].exec_ns ||
		    native->job->tasks[rank].at != TASK_AT_EXEC)
			continue;
		err = job_exec_error(native->job, rank);
		return err ? err : err_new("rank %zu ended before its program was started", rank);
	}
	return NULL;
}

/* One of the rounds over all tasks that wait at their start-up stop. */
static struct err *round_of(struct native *native, struct err *(*part)(struct native *, struct native_task *),
			    enum native_state state, int64_t *done_ns_ret)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];
		struct err *err = t->state == state ? part(native, t) : NULL;

		if (err && !err_is_gone(err))
			return err_wrap(err, "rank %zu", native->first + i);
	}
	*done_ns_ret = clock_now_ns();
	return NULL;
}

static struct err *let_start(struct native *native, struct native_task *t)
{
	struct thread *thread = t->waiting;

	(void)native;
	t->state = NATIVE_STARTING;
	t->waiting = NULL;
	if (thread)
		return thread_cont(thread, 0);
	/* Stopped by its launcher; Slurm's slurmstepd leaves it to a tracer to wake those that it traces. */
	kill(t->task->pid, SIGCONT);
	return threads_release(t->task);
}

static int64_t follow_until(const struct native *native)
{
	int64_t attach_ns = native->request->plan->attach_ns;

	return attach_ns ? clock_now_ns() + attach_ns : INT64_MAX;
}

/* Until the tasks have come to a state, in all shares. */
static struct err *come_to(struct native *native, enum native_state state, int64_t *done_ns_ret, bool *go_on_ret)
{
	struct err *err = native_run_until(native, state, go_on_ret);

	if (!err && *go_on_ret && state == NATIVE_AT_EXEC)
		err = check_exec(native);
	if (err || !*go_on_ret)
		return err;
	*done_ns_ret = clock_now_ns();
	*go_on_ret = barrier_wait(native->barrier);
	return NULL;
}

/* Phase 1, to the start of the last task. */
static struct err *bring_up(struct native *native, bool *go_on_ret)
{
	static const struct {
		struct err *(*part)(struct native *, struct native_task *);
		size_t done_offset;
	} rounds[] = {
		{ native_start_linkmap, offsetof(struct trial_phases, linkmaps_ns) },
		{ native_start_symbols, offsetof(struct trial_phases, symbols_ns) },
		{ native_start_plant, offsetof(struct trial_phases, planted_ns) },
		{ native_start_stack, offsetof(struct trial_phases, continued_ns) }, /* times itself */
		{ native_start_continue, offsetof(struct trial_phases, continued_ns) },
	};
	struct trial_phases *phases = &native->trial->phases;
	int64_t started_ns = 0;
	struct err *err;

	err = acquire(native, go_on_ret);
	if (!err && *go_on_ret)
		err = come_to(native, NATIVE_AT_EXEC, &phases->stopped_ns, go_on_ret);
	if (!err && *go_on_ret)
		err = round_of(native, let_start, NATIVE_AT_EXEC, &started_ns);
	if (!err && *go_on_ret)
		err = come_to(native, NATIVE_STARTED, &phases->started_ns, go_on_ret);
	for (size_t i = 0; !err && *go_on_ret && i < ARRAY_SIZE(rounds); i++) {
		err = round_of(native, rounds[i].part, NATIVE_STARTED,
			       (int64_t *)((char *)phases + rounds[i].done_offset));
		if (!err)
			*go_on_ret = barrier_wait(native->barrier);
	}
	return err;
}

struct err *native_phases(struct native *native)
{
	bool go_on = true;
	struct err *err = bring_up(native, &go_on);

	if (err || !go_on) {
		barrier_abort(native->barrier);
		native_out_of_time(native);
		return err;
	}
	if (native->request->plan->attach)
		native->deadline_ns = follow_until(native);
	while (!err && go_on)
		err = native_step(native, &go_on);
	if (err)
		barrier_abort(native->barrier);
	return err;
}
