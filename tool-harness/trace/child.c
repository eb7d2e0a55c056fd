/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * New threads and processes of a task: a clone is adopted, a forked child has the traps
 * taken out of its copy of the memory and is let go, a child that shares the memory
 * (vfork, posix_spawn) is followed until it execs, since its traps are the task's own.
 */
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/strbuf.h"
#include "trace/memory/procmem.h"
#include "trace/waits/wait.h"

/* A field of /proc/TID/status that is a pid ("\nTgid:"); 0 if it is gone. */
static pid_t status_pid(pid_t tid, const char *field)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char path[64];
	const char *line;
	struct err *err;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	err = fs_read(path, &text);
	if (err) {
		err_free(err);
		return 0;
	}
	line = strstr(text.text, field);
	return line ? (pid_t)strtol(line + strlen(field), NULL, 10) : 0;
}

/* The event alone does not tell: clone(CLONE_VM | SIGCHLD) reports a fork. kcmp(2) may be
 * compiled out; the event is the next best then. */
static bool shares_memory(pid_t a, pid_t b, int event)
{
	long order = syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);

	if (order >= 0)
		return order == 0;
	return event == PTRACE_EVENT_VFORK;
}

/* The child is ours from birth; its first stop is due at once. */
static struct err *child_first_stop(struct thread *child, bool *alive_ret)
{
	bool got = false;
	int status = 0;
	struct err *err;

	*alive_ret = true;
	if (child->stopped)
		return NULL;
	do {
		err = thread_collect(child, NS_PER_S, &status, &got);
	} while (!err && !got);
	if (err_is_gone(err) || (!err && !WIFSTOPPED(status))) {
		*alive_ret = false;
		return NULL;
	}
	return err;
}

struct err *thread_new_child(struct thread *thread, int event)
{
	struct task *task = thread->task;
	struct tracer *tracer = task->tracer;
	unsigned long message = 0;
	struct thread *child;
	bool alive;
	pid_t pid;
	struct err *err;

	err = ptrace_request(tracer, PTRACE_GETEVENTMSG, thread->tid, NULL, &message);
	if (err)
		return err;
	pid = (pid_t)message;
	child = tracer_find_thread(tracer, pid);
	if (!child)
		child = tracer_add_thread(tracer, pid, NULL);

	if (event == PTRACE_EVENT_CLONE && status_pid(pid, "\nTgid:") == task->pid) {
		if (child->task != task) /* it may have been adopted (threads_adopt) */
			task_move_thread(child, task);
		/* A stop that waits to be told is not its first one any more. */
		return child->stopped && !child->held && !child->has_queued ? thread_cont(child, 0) : NULL;
	}
	err = child_first_stop(child, &alive);
	if (err || !alive) {
		tracer_drop_thread(tracer, child);
		return err;
	}
	/* The one who made it has memory for sure, a process's first thread may have ended. */
	if (shares_memory(thread->tid, pid, event)) {
		child->visitor = true;
		task_move_thread(child, task);
		task->threads_seen--; /* a process, not a thread */
		return thread_cont(child, 0);
	}
	err = traps_clean_child(task, pid);
	if (!err) {
		err = ptrace_request(tracer, PTRACE_DETACH, pid, NULL, NULL);
		task->children_released++;
	}
	tracer_drop_thread(tracer, child);
	/* A child that died meanwhile is no concern of the task's. */
	return err_is_gone(err) ? NULL : err;
}

/* The ended task that a process was forked from: it has a copy of that one's first trap. */
static const struct task *forked_from(const struct tracer *tracer, pid_t pid)
{
	struct process_memory memory;

	process_memory_init(&memory, pid);
	for (const struct task *task = tracer->tasks; task; task = task->next) {
		uint8_t byte = 0;
		struct err *err;

		if (!task->gone || !task->traps.n)
			continue;
		err = memory_read(&memory.memory, task->traps.traps[0].addr, &byte, 1);
		if (!err && byte == task->traps.traps[0].byte)
			return task;
		err_free(err);
	}
	return NULL;
}

struct err *orphan_release(struct tracer *tracer, struct thread *thread)
{
	const struct task *task;
	pid_t parent = status_pid(thread->tid, "\nPPid:");
	struct err *err;

	if (status_pid(thread->tid, "\nTgid:") != thread->tid)
		return NULL; /* a thread: it ends with its process */
	for (task = tracer->tasks; task; task = task->next)
		if (!task->gone && task->pid == parent)
			return NULL; /* which will tell of it */
	task = forked_from(tracer, thread->tid);
	err = task ? traps_clean_child(task, thread->tid) : NULL;
	if (!err)
		err = ptrace_request(tracer, PTRACE_DETACH, thread->tid, NULL, NULL);
	tracer_drop_thread(tracer, thread);
	return err_is_gone(err) ? NULL : err;
}
