/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads of a task that its tracer does not know, or knows and need not any more: what is new without a word is
 * taken in, what was ended is reaped. An exec in the process waits for both kinds.
 * Invariant: only threads that the kernel says are traced by this thread are taken in.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lib/cleanup.h"
#include "trace/procstate.h"
#include "trace/task.h"
#include "trace/waits/wait.h"

/*
 * A new thread is traced from birth, and who made it tells so at its next stop, but not if it is killed first, by an
 * exec, which then waits for the new one to be reaped. True if it was not known.
 */
static bool thread_adopt(struct task *task, pid_t tid)
{
	struct thread *thread = tracer_find_thread(task->tracer, tid);

	if ((thread && thread->task) || !thread_is_traced_by_us(tid))
		return false;
	if (thread)
		task_move_thread(thread, task);
	else
		tracer_add_thread(task->tracer, tid, task);
	return true;
}

bool threads_adopt(struct task *task)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	bool found = false;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", task->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		found |= tid > 0 && thread_adopt(task, tid);
	}
	return found;
}

/* Of threads that were ended: the process's own end is kept. */
void threads_reap(struct task *task)
{
	struct thread *next;

	for (struct thread *t = task->threads; t; t = next) {
		bool got = false;
		int status = 0;
		struct err *err;

		next = t->next;
		if (thread_state(t->tid) > THREAD_ENDED)
			continue;
		err = thread_collect(t, 0, &status, &got);
		if (got && WIFSTOPPED(status)) { /* somebody else, who has its id by now */
			t->held = false;
			thread_queue(t, status);
		} else if (got || err_is_gone(err)) {
			if (got && t->tid == task->pid)
				task->exit_status = status;
			tracer_drop_thread(task->tracer, t);
		}
		err_free(err);
	}
}

/*
 * One that we did not have and that executed a program has the first thread's id now, which we had: it
 * is another one.
 */
bool thread_is_ours(struct task *task, pid_t tid)
{
	struct thread *thread = tracer_find_thread(task->tracer, tid);

	if (!thread)
		return thread_is_traced_by_us(tid);
	if (tid != task->pid || thread_is_traced_by_us(tid) || thread_status_number(tid, "Pid", 10) != (uint64_t)tid)
		return true;
	tracer_drop_thread(task->tracer, thread);
	return false;
}

bool first_thread_replaced(struct task *task)
{
	return tracer_find_thread(task->tracer, task->pid) && !thread_is_ours(task, task->pid);
}
