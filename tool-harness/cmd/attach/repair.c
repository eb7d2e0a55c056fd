/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking out of running tasks what a tracer left there that was killed. How one task is
 * repaired is tool/repair.h's.
 *
 * Invariant: a task that was not checked is named: it has ended, or is on another machine.
 */
#include <stdio.h>

#include "cmd/attach/attach.h"
#include "job/acquire/acquire.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/repair.h"

struct err *attach_repair(const struct job_plan *plan)
{
	static const volatile bool never;
	struct symcache *symbols;
	struct job *job;
	size_t n_tasks = 0, n_traps = 0;
	struct err *err = job_acquire(plan, clock_now_ns(), &never, &job);

	if (err)
		return err;
	if (job->left_out)
		progress_warn("%s", job->left_out);
	symbols = symcache_create();
	for (size_t i = 0; !err && i < job->n_tasks; i++) {
		const struct job_task *task = &job->tasks[i];
		size_t n = 0;

		err = job_task_ended(job, i) ? err_gone() : repair_task(task->pid, symbols, &n);
		if (!err) {
			n_tasks++;
			n_traps += n;
			if (n)
				printf("rank %d (pid %d): %zu trap%s taken out\n", task->rank, (int)task->pid, n,
				       n == 1 ? "" : "s");
		} else if (err_is_gone(err)) {
			err = NULL;
			progress_warn("rank %d: process %d has ended, and was not checked", task->rank, (int)task->pid);
		}
		err = err_wrap(err, "rank %d", task->rank);
	}
	if (!err && !n_tasks)
		err = err_new("no task was checked: all have ended");
	if (!err)
		printf("%zu task%s checked, %zu trap%s taken out\n", n_tasks, n_tasks == 1 ? "" : "s", n_traps,
		       n_traps == 1 ? "" : "s");
	symcache_destroy(symbols);
	job_destroy(job);
	return err;
}
