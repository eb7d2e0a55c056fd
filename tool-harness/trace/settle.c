/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stopped thread at the end of its being traced. Invariant: a signal that it was about to be given is
 * given, but for those of our own traps.
 */
#include "trace/settle.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/progress.h"
#include "trace/waits/wait.h"

#define TRAP_TIMEOUT_NS NS_PER_S

static bool is_of_trap(const siginfo_t *info)
{
	return info->si_signo == SIGTRAP &&
	       (info->si_code == SI_KERNEL || info->si_code == TRAP_HWBKPT || info->si_code == TRAP_BRKPT);
}

/* An int3 that was executed just before the thread was stopped for us: its SIGTRAP waits
 * behind our stop, and would kill the thread once nobody traces it. PTRACE_PEEKSIGINFO. */
static struct err *has_pending_trap(struct thread *thread, bool *ret)
{
	struct __ptrace_peeksiginfo_args args = { .nr = 1 };
	siginfo_t info;
	bool found = false;

	for (args.off = 0;; args.off++) {
		long n;

		thread->task->tracer->ptrace_calls++;
		n = FAULT_OR(FAULT_PENDING, thread->tid, ptrace(PTRACE_PEEKSIGINFO, thread->tid, &args, &info));
		if (n < 0 && errno == ESRCH)
			return err_gone();
		if (n < 1)
			break;
		found |= is_of_trap(&info);
	}
	*ret = found;
	return NULL;
}

static void queue_forget(struct thread *thread)
{
	if (thread->has_queued)
		thread->task->tracer->n_queued--;
	thread->has_queued = false;
}

void thread_forget_stop(struct thread *thread)
{
	queue_forget(thread);
	thread->stopped = false;
	thread->held = false;
}

/* Lets the thread come to that SIGTRAP. Another interrupt would be served before it. */
static struct err *take_pending_trap(struct thread *thread)
{
	bool got = false;
	int status = 0;
	struct err *err;

	thread_forget_stop(thread);
	thread->stopped = true;
	err = thread_cont(thread, 0);
	if (!err)
		err = thread_collect(thread, TRAP_TIMEOUT_NS, &status, &got);
	if (!err && got)
		thread_queue(thread, status);
	return err;
}

/* --- exec ------------------------------------------------------------------------- */

static bool has_visitors(const struct task *task)
{
	const struct thread *t = task->threads;

	while (t && !t->visitor)
		t = t->next;
	return t;
}

struct err *thread_exec(struct thread *thread)
{
	struct task *task = thread->task;
	struct tracer *tracer = task->tracer;
	struct thread *next;
	struct err *err;

	/* Whoever called exec, it now runs under the leader's tid, and all others are gone. */
	for (struct thread *t = task->threads; t; t = next) {
		next = t->next;
		if (t != thread && !t->visitor)
			tracer_drop_thread(tracer, t);
	}
	thread->ended = false;
	err = has_visitors(task) ? task_leave(task, true) : NULL;
	if (err && !err_is_gone(err))
		progress_warn("a process that shared the memory of pid %d: %s", task->pid, err_message(err));
	err_free(err);
	trap_table_clear(&task->traps);
	journal_restart(&task->journal);
	debugregs_after_exec(task);
	return task_open_mem(task);
}

struct err *visitor_exec(struct thread *thread)
{
	struct task *task = thread->task;
	struct err *err = ptrace_request(task->tracer, PTRACE_DETACH, thread->tid, NULL, NULL);

	if (err && !err_is_gone(err))
		return err;
	task->children_released++;
	tracer_drop_thread(task->tracer, thread);
	return err;
}

/* --- stops ------------------------------------------------------------------------ */

static void settle_end(struct thread *thread)
{
	struct task *task = thread->task;

	if (thread->tid == task->pid && !thread->visitor)
		task->exit_status = thread->queued_status;
	tracer_drop_thread(task->tracer, thread);
}

struct err *thread_settle_stop(struct thread *thread, bool *again_ret)
{
	bool pending = false;
	int event = 0;
	struct err *err;

	if (thread->has_queued && !WIFSTOPPED(thread->queued_status)) {
		*again_ret = true;
		settle_end(thread);
		return NULL;
	}
	if (thread->has_queued)
		event = status_event(thread->queued_status);
	switch (event) {
	case PTRACE_EVENT_EXEC:
		*again_ret = true;
		queue_forget(thread);
		return thread->visitor ? visitor_exec(thread) : thread_exec(thread);
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		*again_ret = true;
		queue_forget(thread);
		return thread_new_child(thread, event);
	default:
		break;
	}
	err = has_pending_trap(thread, &pending);
	/* In a group stop, too, which is before its signals: the kernel stops it again afterwards. */
	if (err || !pending || thread->at_trap || (thread->has_queued && event != PTRACE_EVENT_STOP))
		return err;
	*again_ret = true;
	return take_pending_trap(thread);
}

/* Where the instruction is that a thread at a trap of ours is to run; false: the trap is its own. */
static struct err *trapped_at(struct thread *thread, taddr ip, taddr *ret, bool *ours_ret)
{
	siginfo_t info;
	struct err *err = thread_siginfo_get(thread, &info);

	if (err)
		return err;
	*ours_ret = true;
	if (is_of_trap(&info) && info.si_code != SI_KERNEL && debugreg_of_thread(thread, ip))
		*ret = ip; /* a debug register stops before the instruction */
	else if (info.si_code == SI_KERNEL && trap_find(&thread->task->traps, ip - 1))
		*ret = ip - 1;
	else
		*ours_ret = false;
	return NULL;
}

struct err *thread_settle_place(struct thread *thread)
{
	struct user_regs_struct regs;
	const struct trap *behind;
	bool ours = false;
	taddr at = 0;
	struct err *err;

	if (thread->has_queued) {
		int status = thread->queued_status;

		queue_forget(thread);
		if (!status_event(status) && WSTOPSIG(status) == SIGTRAP)
			thread->at_trap = true;
		else if (!status_event(status))
			thread_stash(thread, WSTOPSIG(status)); /* a second try needs it, too */
	}
	thread->owed_signal = thread->stash_signal;
	err = thread_regs_get(thread, &regs);
	if (err)
		return err;
	if (thread->at_trap) {
		err = trapped_at(thread, regs.rip, &at, &ours);
		if (!err && !ours)
			thread->owed_signal = SIGTRAP; /* the task's own */
		if (err || !ours)
			return err;
	} else {
		/* About to run the `ret` behind a trap: the one that the trap covers does as well. */
		behind = trap_find(&thread->task->traps, regs.rip);
		if (!behind || behind->byte != TRAP_RETURN)
			return NULL;
		at = regs.rip - 1;
	}
	regs.rip = at;
	return thread_regs_set(thread, &regs);
}

struct err *thread_let_go(struct thread *thread)
{
	struct tracer *tracer = thread->task->tracer;
	struct err *err = thread->debug.version != thread->task->debug.version ? debugregs_sync(thread) : NULL;

	if (err)
		return err;
	if (thread->stash_signal && thread->stash_signal == thread->owed_signal) {
		err = ptrace_request(tracer, PTRACE_SETSIGINFO, thread->tid, NULL, &thread->stash_info);
		err_free(err); /* only its details are lost */
	}
	err = ptrace_request(tracer, PTRACE_DETACH, thread->tid, NULL, (void *)(uintptr_t)thread->owed_signal);
	if (err)
		return err_wrap(err, "cannot let thread %d go", thread->tid);
	tracer_drop_thread(tracer, thread);
	return NULL;
}
