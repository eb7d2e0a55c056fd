/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The threads of a run: each seizes its share of the tasks and sees them through, and the one
 * that started the job waits for nobody meanwhile, since a thread's wait would take the stops of
 * children that other threads of its process trace. What a thread does is given by who starts them.
 *
 * Invariant: threads have nothing in common that changes but the symbols, which have their
 * own lock, and the barrier.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "job/acquire/acquire.h"
#include "lib/fault.h"
#include "ld/mapsteps.h"
#include "lib/mem.h"
#include "lib/proclimit.h"
#include "lib/progress.h"
#include "measure/trial_merge.h"
#include "tool/native/native.h"

#define ROUND_ADOPTED 2 /* of the barrier: all tasks are seized, and those that ran are stopped */

struct member {
	struct native native;
	struct trial shard;
	pthread_t thread;
	struct err *err;
};

struct native_team {
	struct member *members;
	size_t n;
	struct barrier barrier;
	struct err *(*part)(struct native *native); /* of the run, in each thread */
};

size_t native_team_gone(const struct native *native)
{
	size_t n = 0;

	for (size_t i = 0; i < native->team->n; i++)
		n += native->team->members[i].native.n_gone;
	return n;
}

/* For the thread that started the job: its launcher is traced by it alone (MPIR). */
static struct err *release_launcher(struct native_team *team, struct job *job)
{
	return barrier_passed(&team->barrier, ROUND_ADOPTED) ? job_release_launcher(job) : NULL;
}

/* --- a member --------------------------------------------------------------------- */

static void keep_first(struct err **first, struct err *err)
{
	if (*first)
		err_free(err);
	else
		*first = err;
}

/* If detaching fails: kills a task that we launched, reports an error for an attached one. */
static struct err *not_let_go(const struct native *native, const struct native_task *t, struct err *err)
{
	pid_t pid = t->task->pid;

	if (native->request->plan->attach)
		return err_hint(err_wrap(err, "rank %d (pid %d) may have traps left",
					 native->trial->tasks[t->task->index].rank, (int)pid),
				"see 'attachstorm attach --repair'");
	progress_warn("%s", err_message(err));
	kill(pid, SIGKILL);
	err_free(err);
	return NULL;
}

static enum task_left left_as(const struct task *task)
{
	static const enum task_left as[] = {
		[TASK_END_NONE] = TASK_LEFT_NONE,
		[TASK_END_CLEAN] = TASK_LEFT_CLEAN,
		[TASK_END_NOT_KNOWN] = TASK_LEFT_NOT_KNOWN,
		[TASK_END_NOT_CLEAN] = TASK_LEFT_NOT_CLEAN,
	};

	return as[task->end];
}

/* Detaches all tasks that have not ended, their traps taken out, before the job is ended: what the launcher does with
 * them then is what it would do without us. Returns the first error. */
static struct err *let_go(struct native *native)
{
	struct err *first = NULL;

	for (size_t i = 0; i < native->n_tasks; i++) {
		struct task *task = native->tasks[i].task;
		struct err *err;

		if (!task || task->gone)
			continue;
		native_count_threads(native, &native->tasks[i]);
		err = task_detach(task);
		native->trial->tasks[task->index].left = left_as(task);
		if (err && !err_is_gone(err))
			keep_first(&first, not_let_go(native, &native->tasks[i], err));
	}
	return first;
}

/* What must be done by the thread that traces. */
static void *member_run(void *arg)
{
	struct member *member = arg;
	struct native *native = &member->native;
	const struct scenario *scenario = native->request->scenario;

	tracer_wait_by(&native->tracer, (enum wait_mode)scenario->wait);
	tracer_ticks_start();
	if (!member->err)
		member->err = native->team->part(native);
	else
		barrier_abort(native->barrier);
	if (!member->err && (native->trial->timed_out || native->trial->interrupted))
		native_end_stacks(native);
	keep_first(&member->err, let_go(native));
	tracer_ticks_stop();
	tracer_wait_by(&native->tracer, WAIT_BLOCK);
	return NULL;
}

static void member_init(struct member *member, const struct native *run, struct native_team *team, size_t i)
{
	size_t first = run->n_tasks * i / team->n, end = run->n_tasks * (i + 1) / team->n;
	struct native *native = &member->native;

	trial_shard_init(&member->shard, run->trial);
	*native = *run;
	native->team = team;
	native->barrier = &team->barrier;
	native->trial = &member->shard;
	native->first = first;
	native->tasks = run->tasks + first;
	native->n_tasks = end - first;
	native->libraries = library_set_share(run->libraries);
	native->steps = run->request->scenario->share == SHARE_MAPS ? mapsteps_create() : NULL;
	tracer_init(&native->tracer);
	native->tracer.exit_kill = !run->request->plan->attach;
	native->tracer.trap_write = native->way->bytes;
	native_stacks_init(native);
	member->err = native_policy_init(native);
}

static void member_finish(struct member *member)
{
	struct native *native = &member->native;

	native_policy_end(native);
	native->trial->ptrace_calls = (int64_t)native->tracer.ptrace_calls;
	native->trial->bytes_read = (int64_t)native->tracer.bytes_read;
	native->trial->traps_written = (int64_t)native->tracer.traps_written;
	native->trial->text_writes = native->tracer.text_writes;
	native->trial->work.names_shared = native->steps ? mapsteps_shared(native->steps) : 0;
	native_stacks_deinit(native);
	native_policy_deinit(native);
}

/* --- the team --------------------------------------------------------------------- */

static struct err *start_members(struct native_team *team, size_t *n_started_ret)
{
	for (size_t i = 0; i < team->n; i++) {
		int errnum = fault_at(FAULT_THREAD, 0) ?
				     errno :
				     pthread_create(&team->members[i].thread, NULL, member_run, &team->members[i]);

		if (errnum) {
			barrier_abort(&team->barrier);
			return proc_limit_hint(err_errno(errnum, "cannot start tracer thread %zu", i));
		}
		++*n_started_ret;
	}
	return NULL;
}

static void merge(struct native_team *team, struct trial *trial)
{
	struct trial *shards = mem_calloc(team->n, sizeof(*shards));

	for (size_t i = 0; i < team->n; i++) {
		member_finish(&team->members[i]);
		shards[i] = team->members[i].shard;
	}
	trial_merge(trial, shards, team->n);
	free(shards);
	for (size_t i = 0; i < team->n; i++)
		trial_shard_deinit(&team->members[i].shard);
}

struct err *native_team_run(struct native *run, size_t n_threads, struct err *(*part)(struct native *native),
			    struct native_team **ret)
{
	struct native_team *team = mem_alloc(sizeof(*team));
	size_t n_started = 0;
	struct err *err, *launcher_err;

	team->n = n_threads;
	team->members = mem_calloc(n_threads, sizeof(team->members[0]));
	team->part = part;
	barrier_init(&team->barrier, n_threads);
	for (size_t i = 0; i < n_threads; i++)
		member_init(&team->members[i], run, team, i);
	err = start_members(team, &n_started);
	launcher_err = release_launcher(team, run->job);
	if (launcher_err)
		barrier_abort(&team->barrier);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(team->members[i].thread, NULL);
	for (size_t i = 0; i < n_started; i++)
		keep_first(&err, team->members[i].err);
	keep_first(&err, launcher_err);
	merge(team, run->trial);
	*ret = team;
	return err;
}

void native_team_destroy(struct native_team *team)
{
	if (!team)
		return;
	for (size_t i = 0; i < team->n; i++) {
		tracer_deinit(&team->members[i].native.tracer);
		library_set_destroy(team->members[i].native.libraries);
		mapsteps_destroy(team->members[i].native.steps);
	}
	barrier_deinit(&team->barrier);
	free(team->members);
	free(team);
}
