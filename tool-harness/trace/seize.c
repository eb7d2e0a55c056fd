/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seizing all threads of a process (PTRACE_SEIZE, ptrace(2)). What shares its memory besides is hold.c's.
 * Invariant: a process that was refused is left as it was found.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "trace/procstate.h"
#include "trace/refused.h"
#include "trace/task.h"

#define MOMENTS 50 /* of a millisecond; only a refusal waits for them */

/* Why a process may not be seized. One that has ended, and waits to be reaped, is refused, too. */
static struct err *seize_refused(struct err *err, pid_t pid)
{
	if (err_is_gone(err))
		return err;
	if (err_errnum(err) != EPERM)
		return err_wrap(err, "cannot trace pid %d", pid);
	err_free(err);
	if (process_has_ended(pid))
		return err_gone();
	return refused_hint(err_errno(EPERM, "cannot trace pid %d", pid), pid);
}

/*
 * A thread that is not to be had, and need not be: it has ended, or was cloned by one that we have, so that its event
 * will come. A refusal for another reason is the process's.
 */
static bool seize_may_fail(const struct task *task, pid_t tid, const struct err *err)
{
	if (err_is_gone(err))
		return tid != task->pid;
	if (err_errnum(err) != EPERM)
		return false;
	return thread_state(tid) <= THREAD_ENDED || (tid != task->pid && task->threads);
}

/*
 * Threads that were started while we went through the list are found by another round; and so are those of a process
 * whose threads on that list have all ended since.
 */
static struct err *seize_threads(struct tracer *tracer, struct task *task)
{
	char path[64];
	bool found;

	snprintf(path, sizeof(path), "/proc/%d/task", task->pid);
	do {
		_cleanup_closedir_ DIR *dir = opendir(path);
		struct dirent *entry;

		found = false;
		if (!dir)
			return err_gone();
		while ((entry = readdir(dir))) {
			pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
			struct err *err;

			if (tid <= 0 || tracer_find_thread(tracer, tid))
				continue;
			err = ptrace_request(tracer, PTRACE_SEIZE, tid, NULL, (void *)tracer_seize_options(tracer));
			if (err && seize_may_fail(task, tid, err)) {
				err_free(err);
				continue;
			}
			if (err)
				return seize_refused(err, task->pid);
			tracer_add_thread(tracer, tid, task);
			found = true;
		}
	} while (found || (!task->threads && !process_has_ended(task->pid)));
	return task->threads ? NULL : err_gone();
}

long tracer_seize_options(const struct tracer *tracer)
{
	return PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
	       (tracer->exit_kill ? PTRACE_O_EXITKILL : 0);
}

struct err *tracer_seize(struct tracer *tracer, pid_t pid, uint32_t index, struct task **ret)
{
	struct task *task = tracer_add_task(tracer, pid, index);
	struct err *err;

	err = seize_threads(tracer, task);
	/* Threads end one after the other, and an exec ends all but one, who gets the first one's id last. */
	for (int i = 0; i < MOMENTS && err && err_errnum(err) == EPERM && !task->threads &&
			!thread_status_number(pid, "TracerPid", 10); i++) {
		err_free(err);
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
		err = seize_threads(tracer, task);
	}
	if (!err)
		err = task_open_mem(task);
	if (err) {
		if (task->threads)
			err_free(task_leave(task, false)); /* nothing was written into it */
		while (task->threads)
			tracer_drop_thread(tracer, task->threads);
		tracer->tasks = task->next;
		tracer->n_tasks--;
		free(task);
		return err;
	}
	*ret = task;
	return NULL;
}
