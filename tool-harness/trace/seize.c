/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seizing all threads of a process (PTRACE_SEIZE, ptrace(2)). What shares its memory besides is hold.c's.
 * Invariant: a process that was refused is left as it was found.
 *
 * A thread that executes a program ends all others and waits until those that are traced are reaped; whoever seizes one
 * of the process meanwhile waits for it in the kernel, signals or not (cred_guard_mutex, held by both: ptrace_attach,
 * begin_new_exec). A tracer that has some of its threads would wait for itself. So that wait is broken off, those
 * that have ended are reaped, and the list is read anew.
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
#include "trace/waits/tick.h"

#define MOMENTS 50 /* of a millisecond; only a refusal waits for them */

#define SEIZE_NS (20 * NS_PER_MS)
#define EXEC_NS (10 * NS_PER_S) /* a program comes into being within that time, or it is refused */

/* --- one thread ----------------------------------------------------------------------- */

struct seizure {
	struct tracer *tracer;
	pid_t tid;
	struct err *err;
};

static void seize_call(void *arg)
{
	struct seizure *seizure = arg;

	seizure->err = ptrace_request(seizure->tracer, PTRACE_SEIZE, seizure->tid, NULL,
				      (void *)tracer_seize_options(seizure->tracer));
}

struct err *thread_seize(struct tracer *tracer, pid_t tid)
{
	struct seizure seizure = { .tracer = tracer, .tid = tid };

	if (tick_call(seize_call, &seizure, SEIZE_NS) || seizure.err)
		return seizure.err;
	/* Just done when it was broken off? */
	return thread_is_traced_by_us(tid) ? NULL :
				   err_errno(EINTR, "cannot trace thread %d, whose process executes a program", tid);
}

bool seize_broken_off(struct task *task, int64_t since_ns, struct err **err)
{
	if (!*err || err_errnum(*err) != EINTR || clock_now_ns() - since_ns > EXEC_NS)
		return false;
	err_free(*err);
	*err = NULL;
	threads_adopt(task);
	threads_reap(task);
	return true;
}

/* --- all of a process ----------------------------------------------------------------- */

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
	int64_t since_ns = clock_now_ns();
	char path[64];
	bool found;

	snprintf(path, sizeof(path), "/proc/%d/task", task->pid);
	do {
		_cleanup_closedir_ DIR *dir = opendir(path);
		struct dirent *entry;

		found = threads_adopt(task);
		if (!dir)
			return err_gone();
		while ((entry = readdir(dir))) {
			pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
			struct err *err;

			if (tid <= 0 || thread_is_ours(task, tid))
				continue;
			err = thread_seize(tracer, tid);
			if (seize_broken_off(task, since_ns, &err)) {
				found = true;
				break;
			}
			if (err && seize_may_fail(task, tid, err)) {
				found |= err_is_gone(err); /* or has the first one's id by now */
				err_free(err);
				continue;
			}
			if (err)
				return seize_refused(err, task->pid);
			tracer_add_thread(tracer, tid, task);
			found = true;
		}
	} while (found || first_thread_replaced(task) || (!task->threads && !process_has_ended(task->pid)));
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
