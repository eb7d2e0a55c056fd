/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Letting a task go as if it had never been traced. All its threads are stopped first;
 * one that has run into a trap is put back before it; then the traps come out; then
 * each goes on with the signal that it was owed. Invariant: no thread runs between the
 * first trap taken out and the last.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "trace/wait.h"

#define DETACH_TIMEOUT_NS NS_PER_S
#define DETACH_ROUNDS 100

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
		if (info.si_signo == SIGTRAP && (info.si_code == SI_KERNEL || info.si_code == TRAP_HWBKPT))
			found = true;
	}
	*ret = found;
	return NULL;
}

static void thread_forget_stop(struct thread *thread)
{
	if (thread->has_queued)
		thread->task->tracer->n_queued--;
	thread->has_queued = false;
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
		err = thread_collect(thread, DETACH_TIMEOUT_NS, &status, &got);
	if (!err && got)
		thread_queue(thread, status);
	return err;
}

/* Signal that a thread must be given when it goes, from the stop it is in. */
static struct err *settle_thread(struct thread *thread, int *signal_ret)
{
	struct user_regs_struct regs;
	const struct trap *behind;
	uint32_t id;
	struct err *err;

	if (thread->has_queued) {
		int status = thread->queued_status;

		thread->has_queued = false;
		thread->task->tracer->n_queued--;
		if (!status_event(status) && WSTOPSIG(status) == SIGTRAP)
			thread->at_trap = true;
		else if (!status_event(status))
			thread_stash(thread, WSTOPSIG(status)); /* a second try needs it, too */
	}
	*signal_ret = thread->stash_signal;
	err = thread_regs_get(thread, &regs);
	if (err)
		return err;
	if (!thread->at_trap) {
		/* About to run the `ret` behind a trap: the one that the trap covers does as well. */
		behind = trap_find(&thread->task->traps, regs.rip);
		if (!behind || behind->byte != TRAP_RETURN)
			return NULL;
	} else if (debugreg_find(thread->task, regs.rip, &id)) {
		return NULL; /* a debug register stops before the instruction */
	} else if (!trap_find(&thread->task->traps, regs.rip - 1)) {
		*signal_ret = SIGTRAP; /* not ours: the task's own */
		return NULL;
	}
	regs.rip -= 1;
	return thread_regs_set(thread, &regs);
}

/* Stops every thread; new children that show up are settled as in the wait. */
static struct err *stop_all(struct task *task)
{
	for (int round = 0; round < DETACH_ROUNDS; round++) {
		bool again = false;
		struct thread *next;
		struct err *err = threads_hold(task, NULL);

		if (err)
			return err;
		for (struct thread *t = task->threads; t; t = next) {
			bool pending = false;

			next = t->next;
			if (!t->stopped && !t->has_queued) {
				again = true;
				continue;
			}
			if (t->has_queued && !WIFSTOPPED(t->queued_status)) {
				if (t->tid == task->pid && !t->visitor) {
					task->exit_status = t->queued_status;
					task->gone = true;
					task->tracer->n_tasks--;
				}
				tracer_drop_thread(task->tracer, t);
				continue;
			}
			if (t->has_queued && status_event(t->queued_status) == PTRACE_EVENT_EXEC) {
				task->traps.n = 0; /* they went with the old program */
				debugregs_after_exec(task);
				err = task_open_mem(task);
				if (err)
					return err_is_gone(err) ? NULL : err;
				continue;
			}
			if (t->has_queued && status_event(t->queued_status) &&
			    status_event(t->queued_status) != PTRACE_EVENT_STOP) {
				t->has_queued = false;
				task->tracer->n_queued--;
				err = thread_new_child(t, status_event(t->queued_status));
				if (err && !err_is_gone(err))
					return err;
				again = true;
				continue;
			}
			err = has_pending_trap(t, &pending);
			if (err_is_gone(err)) {
				/* Killed while it was stopped: its end is still to be collected. */
				thread_forget_stop(t);
				again = true;
				continue;
			}
			/* In a group stop, too, which is before its signals: the kernel stops it again afterwards. */
			if (!err && pending && !t->at_trap &&
			    (!t->has_queued || status_event(t->queued_status) == PTRACE_EVENT_STOP)) {
				err = take_pending_trap(t);
				again = true;
			}
			if (err && !err_is_gone(err))
				return err;
		}
		if (!again || task->gone)
			return NULL;
	}
	return err_new("cannot stop all threads of pid %d to let it go", task->pid);
}

static struct err *detach_once(struct task *task)
{
	struct tracer *tracer = task->tracer;
	struct thread *next;
	struct err *err;

	err = stop_all(task);
	if (err)
		return err;
	for (struct thread *t = task->threads; t; t = t->next) {
		int signal = 0;

		err = settle_thread(t, &signal);
		if (err && !err_is_gone(err))
			return err;
		t->queued_status = signal;
	}
	err = task->gone ? NULL : traps_remove_all(task);
	if (err && !err_is_gone(err))
		return err;
	/* The kernel leaves them in when a tracer goes. */
	debugregs_clear(task);
	for (struct thread *t = task->threads; t; t = next) {
		next = t->next;
		err = t->debug.version != task->debug.version ? debugregs_sync(t) : NULL;
		if (err && !err_is_gone(err))
			return err;
		if (t->stash_signal && t->stash_signal == t->queued_status) {
			err = ptrace_request(tracer, PTRACE_SETSIGINFO, t->tid, NULL, &t->stash_info);
			err_free(err); /* only its details are lost */
		}
		err = ptrace_request(tracer, PTRACE_DETACH, t->tid, NULL, (void *)(uintptr_t)t->queued_status);
		if (err && !err_is_gone(err))
			return err_wrap(err, "cannot let thread %d go", t->tid);
		tracer_drop_thread(tracer, t);
	}
	if (!task->gone) {
		task->gone = true;
		tracer->n_tasks--;
	}
	return NULL;
}

struct err *task_detach(struct task *task)
{
	struct err *err = NULL;

	/* A task left in a trap would die of it, so what fails is tried once more. */
	for (int round = 0; !task->gone && round < 2; round++) {
		err_free(err);
		err = detach_once(task);
		if (!err || err_is_gone(err))
			return err;
	}
	return err;
}
