/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking hold of a task that runs, before anything is written into it: its threads, and all others who would run
 * into a trap, since they live in its memory: processes made by clone(CLONE_VM), vfork or posix_spawn before the
 * tracer came. Those that come later are followed from birth (child.c).
 *
 * Invariant: on success all who run in the memory are traced, and none is beyond a tracer's reach for good.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "trace/procstate.h"
#include "trace/settle.h"
#include "trace/task.h"
#include "trace/waits/wait.h"

/* The C library's own (nptl(7)): nobody else can block it, and it does so only while it makes a thread or process. */
#define SIGNAL_OF_LIBC 32

/* Looks for one that is new. */
struct search {
	struct task *task;
	int64_t since_ns;
	bool found;
};

static struct err *seize_late(struct search *search, pid_t pid, pid_t tid)
{
	struct task *task = search->task;
	struct tracer *tracer = task->tracer;
	struct err *err;

	if (thread_is_ours(task, tid))
		return NULL;
	err = thread_seize(tracer, tid);
	if (seize_broken_off(task, search->since_ns, &err)) {
		search->found = true;
		return NULL;
	}
	if (err_is_gone(err) || (err && thread_state(tid) <= THREAD_ENDED)) {
		search->found |= err_is_gone(err); /* or has the first one's id by now */
		err_free(err);
		return NULL;
	}
	if (err)
		return err_hint(err_wrap(err, "pid %d shares the memory of pid %d", tid, task->pid),
				"it would run into the breakpoints, so it must be traced, too: let it end first, or "
				"end who traces it");
	if (pid == task->pid) {
		tracer_add_thread(tracer, tid, task);
	} else {
		tracer_add_thread(tracer, tid, task)->visitor = true;
		task->threads_seen--; /* a process, not a thread */
	}
	search->found = true;
	return NULL;
}

static struct err *seize_late_threads(struct search *search, pid_t pid)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	struct err *err = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (!err && dir && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		err = tid > 0 ? seize_late(search, pid, tid) : NULL;
	}
	return err;
}

/* Whoever runs in the memory and is not traced yet. Without kcmp(2) other processes are not found. */
static struct err *seize_all(struct search *search)
{
	struct task *task = search->task;
	_cleanup_closedir_ DIR *dir = opendir("/proc");
	pid_t own = process_live_tid(task->pid);
	struct dirent *entry;
	struct err *err;

	if (!own)
		return err_gone();
	search->found = threads_adopt(task);
	search->found |= first_thread_replaced(task);
	err = seize_late_threads(search, task->pid);
	while (!err && dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || pid == task->pid || syscall(SYS_kcmp, own, pid, KCMP_VM, 0, 0) != 0)
			continue;
		err = seize_late_threads(search, pid);
	}
	return err;
}

/* One that is frozen would come to life with the traps in when nobody traces it any more. */
static struct err *refuse_frozen(const struct task *task)
{
	for (const struct thread *t = task->threads; t; t = t->next) {
		_cleanup_free_ char *group = t->stopped || t->ended ? NULL : thread_frozen_by(t->tid);

		if (group)
			return err_hint(err_new("pid %d is frozen (control group '%s'), so that it cannot be stopped",
						task->pid, group),
					"thaw it first: write THAWED to freezer.state of that group");
	}
	return NULL;
}

struct err *task_clean_up(struct task *task, size_t *n_ret)
{
	_cleanup_free_ struct trap *traps = NULL;
	size_t n = journal_read(task->pid, &traps), n_left = 0;
	struct err *err;

	*n_ret = 0;
	if (!n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		trap_recall(task, &traps[i]); /* of one place the last line counts */
	err = traps_remove_all(task, n_ret, &n_left);
	return !err && n_left ? err_new("%zu traps could not be taken out of pid %d", n_left, task->pid) : err;
}

/*
 * One that executed a program meanwhile stands in that program, with nothing of ours in it: its memory is opened anew
 * here, so that what is written goes there, and the event is not told later, when it would forget what was written.
 */
static struct err *settle_exec(struct task *task)
{
	struct thread *t = task->threads;

	while (t && (t->visitor || !t->has_queued || !WIFSTOPPED(t->queued_status) ||
		     status_event(t->queued_status) != PTRACE_EVENT_EXEC))
		t = t->next;
	if (!t)
		return NULL;
	t->has_queued = false;
	task->tracer->n_queued--;
	t->held = true;
	return thread_exec(t);
}

/*
 * Who is seized while it makes a thread or process tells nothing of that one, which comes into being, untraced, before
 * its maker stops (kernel/fork.c, kernel_clone): so all are looked for when those that are known stand.
 */
struct err *task_take_hold(struct task *task)
{
	struct search search = { .task = task, .since_ns = clock_now_ns(), .found = true };
	struct err *err = NULL;

	while (!err && search.found) {
		err = threads_hold(task, NULL);
		if (!err)
			err = seize_all(&search);
	}
	if (!err) /* it may have ended since its memory was opened */
		task->first_ended = process_live_tid(task->pid) != task->pid;
	if (!err)
		err = settle_exec(task);
	return err ? err : refuse_frozen(task);
}

/* --- those that a trap would harm for good ------------------------------------------- */

/*
 * The kernel forces the SIGTRAP of an int3 or a debug register upon a thread that ignores or blocks it by making it
 * the default again (kernel/signal.c, force_sig_info_to_task), for the whole process; no tracer is asked before.
 */
static const char *loses_trap_signal(pid_t tid)
{
	if (thread_status_has_signal(tid, "SigIgn", SIGTRAP))
		return "ignores SIGTRAP";
	if (thread_status_has_signal(tid, "SigCgt", SIGTRAP) && thread_status_has_signal(tid, "SigBlk", SIGTRAP) &&
	    !thread_status_has_signal(tid, "SigBlk", SIGNAL_OF_LIBC))
		return "handles SIGTRAP and blocks it";
	return NULL;
}

bool task_hides_deafness(const struct task *task)
{
	for (const struct thread *t = task->threads; t; t = t->next)
		if (!t->ended && thread_status_has_signal(t->tid, "SigCgt", SIGTRAP) &&
		    thread_status_has_signal(t->tid, "SigBlk", SIGTRAP) &&
		    thread_status_has_signal(t->tid, "SigBlk", SIGNAL_OF_LIBC))
			return true;
	return false;
}

struct err *task_refuse_deaf(const struct task *task)
{
	for (const struct thread *t = task->threads; t; t = t->next) {
		const char *how = t->ended ? NULL : loses_trap_signal(t->tid);

		if (how)
			return err_hint(err_new("pid %d %s (thread %d): a breakpoint would end that for good",
						task->pid, how, t->tid),
					"attach while SIGTRAP has its default action there, or start it under "
					"'attachstorm run' with load_events: audit and no breakpoints");
	}
	return NULL;
}
