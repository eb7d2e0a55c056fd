/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of strategies, and what those have in common that find tasks of a job that
 * runs: starting it where that is asked for, looking until all are there.
 *
 * Invariant: a job is returned with all of its tasks, or none is left of what was started.
 */
#include "job/acquire/acquire.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "job/child.h"
#include "job/launch.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define LOOK_AGAIN_NS (5 * NS_PER_MS)

static struct err *list_find(const struct job_plan *plan, pid_t launcher, struct found *found)
{
	struct here here;

	(void)launcher;
	here_init(plan, &here);
	for (size_t i = 0; i < plan->list->n; i++) {
		const struct listed_task *task = &plan->list->tasks[i];

		if (host_is_here(task->host, &here))
			found_add(found, task->rank, task->pid, strcmp(task->host, "-") ? task->host : here.own, NULL);
		else
			found_add_elsewhere(found, task->rank, task->pid, task->host);
	}
	if (!found->n)
		return err_hint(err_new("none of the %zu tasks in the list is on this machine", plan->list->n),
				"more names of it can be given: --here NAME,...");
	return NULL;
}

static const struct acquire_ops strategies[] = { ACQUIRES(ROW_ACTS) };

const struct acquire_ops *acquire_get(enum acquire acquire)
{
	return &strategies[acquire];
}

/* The first process of the job has ended while its tasks were looked for. */
static struct err *ended_early(const struct job *job, size_t n, size_t n_tasks)
{
	_cleanup_free_ char *how = NULL;
	int status;

	for (size_t i = 0; i < job->n_spawned; i++) {
		if (!child_exited(job->spawned[i], &status))
			continue;
		how = proc_status_text(status);
		return err_hint(err_new("the %s %s when %zu of %zu tasks had been found",
					job->launcher == LAUNCHER_SPAWN ? "first task" : "launcher", how, n, n_tasks),
				"only a job that runs for a while can be attached to; acquire by the shim to stop it "
				"at its start");
	}
	return NULL;
}

/* Looks again until all tasks are there. */
static struct err *find_all(const struct job_plan *plan, struct job *job, int64_t deadline_ns,
			    const volatile bool *stop, struct found *found)
{
	pid_t launcher = plan->launcher == LAUNCHER_SPAWN ? getpid() : job->launcher_pid;

	for (;;) {
		struct err *err = acquire_get(plan->acquire)->find(plan, launcher, found);

		if (err && !err_is_gone(err))
			return err;
		if (found->n >= plan->n_tasks || found->table_rows > plan->n_tasks)
			break;
		err = ended_early(job, found->n, plan->n_tasks);
		if (err)
			return err;
		if (__atomic_load_n(stop, __ATOMIC_RELAXED))
			return err_exit(EXIT_INTERRUPTED, "interrupted when %zu of %zu tasks had been found", found->n,
					plan->n_tasks);
		if (clock_now_ns() > deadline_ns)
			return err_exit(EXIT_TIMED_OUT, "only %zu of %zu tasks were found in time", found->n,
					plan->n_tasks);
		found_deinit(found);
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_AGAIN_NS }, NULL);
	}
	if (found->n != plan->n_tasks) {
		_cleanup_free_ char *elsewhere = found_elsewhere_text(found);

		return err_new("%zu tasks were found, but %zu are the job's%s", found->n, plan->n_tasks, elsewhere);
	}
	return NULL;
}

static struct err *start_and_find(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
				  struct job **ret)
{
	_cleanup_(found_deinit) struct found found = { 0 };
	struct job *job;
	struct err *err = launch_start(plan, GATE_NONE, &job);

	if (err)
		return err;
	err = find_all(plan, job, deadline_ns, stop, &found);
	if (!err)
		err = job_take_found(job, &found, acquire_get(plan->acquire)->at);
	if (err)
		return launch_failed(job, err);
	*ret = job;
	return NULL;
}

static struct err *launcher_is_no_task(const struct job_plan *plan, const struct found *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (found->tasks[i].pid == plan->attach_launcher)
			return err_new("row %d of the launcher's process table: pid %d is the launcher itself",
				       found->tasks[i].rank, (int)found->tasks[i].pid);
	return NULL;
}

static char *rows_left_out(const struct acquire_ops *ops, const struct found *found)
{
	_cleanup_free_ char *elsewhere = found_elsewhere_text(found);

	return mem_printf("only %zu of the %" PRIu64 " tasks in %s are on this machine%s", found->n,
			  found->n + found->n_elsewhere, ops->rows, elsewhere);
}

static struct err *attach(const struct job_plan *plan, const struct acquire_ops *ops, struct job **ret)
{
	_cleanup_(found_deinit) struct found found = { 0 };
	int64_t begin_ns = clock_now_ns();
	struct job *job;
	struct err *err;

	err = ops->find(plan, plan->attach_launcher, &found);
	if (err_is_gone(err))
		return err_new("there is no process %d", (int)plan->attach_launcher);
	if (err)
		return err;
	if (!found.n)
		return err_new("no task of the job was found on this machine");
	job = job_create(plan->acquire, LAUNCHER_MPIRUN, 0);
	job->launch_ns = begin_ns;
	job->launcher_pid = plan->attach_launcher;
	err = launcher_is_no_task(plan, &found);
	if (!err)
		err = job_take_found(job, &found, ops->at);
	if (err) {
		job_destroy(job);
		return err;
	}
	if (found.n_elsewhere && !plan->attach_local)
		job->left_out = rows_left_out(ops, &found);
	*ret = job;
	return NULL;
}

struct err *job_acquire(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop, struct job **ret)
{
	const struct acquire_ops *ops = acquire_get(plan->acquire);

	if (plan->attach && !ops->find)
		return err_new("tasks that run already cannot be acquired by %s", ops->name);
	if (plan->attach)
		return attach(plan, ops, ret);
	return ops->start ? ops->start(plan, deadline_ns, stop, ret) : start_and_find(plan, deadline_ns, stop, ret);
}
