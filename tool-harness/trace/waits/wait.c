/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The waits and what each status means (ptrace(2)). Clones, forks and group stops are
 * settled here; all else becomes one struct stop. waiting.c decides how to wait, collect.c waits
 * for one thread.
 *
 * Invariant: no status that the kernel has given out is lost: it is returned, queued on its
 * thread, or settled.
 */
#include "trace/waits/wait.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/progress.h"
#include "trace/settle.h"
#include "trace/waits/tick.h"

/* --- one wait --------------------------------------------------------------------- */

/* pid of the child with a status; 0 at a tick; -1 without children. */
static struct err *wait_once(struct tracer *tracer, pid_t *pid_ret, int *status_ret)
{
	for (;;) {
		pid_t pid = FAULT_OR(FAULT_WAIT, 0, waiting_next(&tracer->waiting, -1, status_ret));

		if (pid > 0) {
			*pid_ret = pid;
			return NULL;
		}
		if (pid < 0 && errno == ECHILD) {
			*pid_ret = -1;
			return NULL;
		}
		if (pid < 0 && errno != EINTR)
			return err_errno(errno, "cannot wait for the tasks");
		if (tick_take()) {
			*pid_ret = 0;
			return NULL;
		}
	}
}

/* --- what a status means ---------------------------------------------------------- */

static bool is_group_stop_signal(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/*
 * Whoever calls exec gets the id of its process's first thread. One that had ended before we came, or was
 * taken for ended, is not known by that: its former id is in the event (ptrace(2)).
 */
static struct thread *renamed_by_exec(struct tracer *tracer, pid_t tid)
{
	unsigned long former = 0;
	struct thread *thread;
	struct err *err = ptrace_request(tracer, PTRACE_GETEVENTMSG, tid, NULL, &former);

	if (err) {
		err_free(err);
		return NULL;
	}
	thread = tracer_find_thread(tracer, (pid_t)former);
	if (thread)
		tracer_rename_thread(tracer, thread, tid);
	return thread;
}

static bool task_has_threads(const struct task *task)
{
	for (const struct thread *t = task->threads; t; t = t->next)
		if (!t->visitor)
			return true;
	return false;
}

/* New processes whose parent died before it could tell of them would stay in their first stop for ever. */
static struct err *release_orphans(struct tracer *tracer)
{
	struct err *err = NULL;

	for (size_t i = 0; i < TRACER_HASH; i++) {
		struct thread *next;

		for (struct thread *t = tracer->threads[i]; t && !err; t = next) {
			next = t->hash_next;
			if (!t->task && t->stopped)
				err = orphan_release(tracer, t);
		}
	}
	return err;
}

static bool some_task_is_gone(const struct tracer *tracer)
{
	for (const struct task *task = tracer->tasks; task; task = task->next)
		if (task->gone)
			return true;
	return false;
}

static void handle_exit(struct tracer *tracer, struct thread *thread, int status, struct stop *ret)
{
	struct task *task = thread->task;
	bool leader = task && !thread->visitor && thread->tid == task->pid;
	struct err *err;

	tracer_drop_thread(tracer, thread);
	if (!task || task->gone)
		return;
	if (leader)
		task->exit_status = status;
	if (!leader && task_has_threads(task))
		return;
	/* They run on in its memory. */
	err = task->threads ? task_leave(task, true) : NULL;
	if (err && !err_is_gone(err))
		progress_warn("a process that shared the memory of pid %d: %s", task->pid, err_message(err));
	err_free(err);
	task->gone = true;
	if (task->end <= TASK_END_CLEAN)
		journal_close(&task->journal, task->journal.fd >= 0);
	tracer->n_tasks--;
	ret->kind = STOP_TASK_GONE;
	ret->task = task;
	ret->thread = NULL;
	ret->status = task->exit_status;
}

/* Settles what it can; ret->kind stays STOP_OTHER with thread NULL if nothing is left to tell. */
static struct err *handle_stop(struct thread *thread, int status, struct stop *ret)
{
	int sig = WSTOPSIG(status), event = status_event(status);
	struct err *err = NULL;

	switch (event) {
	case 0:
		thread->at_trap = sig == SIGTRAP;
		ret->kind = sig == SIGTRAP ? STOP_TRAP : STOP_SIGNAL;
		ret->signal = sig;
		break;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		err = thread_new_child(thread, event);
		if (!err)
			err = thread_cont(thread, 0);
		return err;
	case PTRACE_EVENT_EXEC:
		if (thread->visitor)
			return visitor_exec(thread);
		err = thread_exec(thread);
		ret->kind = STOP_EXEC;
		break;
	case PTRACE_EVENT_STOP:
		if (is_group_stop_signal(sig))
			return thread_listen(thread);
		return thread_cont(thread, 0); /* a first stop, or an interrupt nobody waits for any more */
	default:
		ret->kind = STOP_OTHER;
		break;
	}
	if (!err) {
		ret->thread = thread;
		ret->task = thread->task;
	}
	return err;
}

/* Sets ret and tells whether there is something for the caller. */
static struct err *dispatch(struct tracer *tracer, struct thread *thread, int status, struct stop *ret, bool *told)
{
	struct err *err = NULL;

	ret->kind = STOP_OTHER;
	ret->thread = NULL;
	ret->task = NULL;
	ret->status = status;
	if (!WIFSTOPPED(status)) {
		handle_exit(tracer, thread, status, ret);
		*told = ret->kind == STOP_TASK_GONE;
		return *told ? release_orphans(tracer) : NULL;
	}
	thread->stopped = true;
	if (thread->task)
		waiting_stopped(&tracer->waiting, thread->task->pid, thread->tid);
	if (thread->task)
		err = handle_stop(thread, status, ret);
	if (err_is_gone(err)) {
		/* Killed while stopped: its exit status follows. */
		ret->thread = NULL;
		err = NULL;
	}
	*told = ret->thread;
	return err;
}

static struct thread *queued_thread(struct tracer *tracer)
{
	for (size_t i = 0; i < TRACER_HASH; i++)
		for (struct thread *t = tracer->threads[i]; t; t = t->hash_next)
			if (t->has_queued)
				return t;
	return NULL;
}

struct err *tracer_wait(struct tracer *tracer, struct stop *ret)
{
	bool told = false;
	struct err *err;

	memset(ret, 0, sizeof(*ret));
	while (!told) {
		struct thread *thread = tracer->n_queued ? queued_thread(tracer) : NULL;
		pid_t pid = 0;
		int status;

		if (thread) {
			thread->has_queued = false;
			tracer->n_queued--;
			ret->seen_ns = thread->queued_ns;
			status = thread->queued_status;
		} else {
			err = wait_once(tracer, &pid, &status);
			if (err)
				return err;
			ret->seen_ns = clock_now_ns();
			if (pid <= 0) {
				ret->kind = pid ? STOP_NO_CHILDREN : STOP_TICK;
				return NULL;
			}
			thread = tracer_find_thread(tracer, pid);
			if (!thread && WIFSTOPPED(status) && status_event(status) == PTRACE_EVENT_EXEC)
				thread = renamed_by_exec(tracer, pid);
			if (!thread && WIFSTOPPED(status)) {
				/* A new thread that was faster than its parent's clone event. */
				thread = tracer_add_thread(tracer, pid, NULL);
				thread->stopped = true;
				err = some_task_is_gone(tracer) ? orphan_release(tracer, thread) : NULL;
				if (err)
					return err;
				continue;
			}
			if (!thread) {
				ret->kind = STOP_CHILD_GONE;
				ret->pid = pid;
				ret->status = status;
				return NULL;
			}
		}
		err = dispatch(tracer, thread, status, ret, &told);
		if (err)
			return err;
	}
	return NULL;
}
