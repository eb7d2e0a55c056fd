/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The door of ptrace(2) requests, and those on one stopped thread. Does not look at what they ask
 * for. Invariant: each is counted, ESRCH is a task that is gone, and a thread whose request
 * failed is as stopped as it was.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>

#include "lib/fault.h"
#include "trace/task.h"

/* What messages call a request, and where tests let it fail. */
static const struct request {
	int request;
	const char *name;
	enum fault_point point;
} requests[] = {
	{ PTRACE_SEIZE, "seize", FAULT_SEIZE },
	{ PTRACE_INTERRUPT, "interrupt", FAULT_INTERRUPT },
	{ PTRACE_CONT, "continue", FAULT_CONT },
	{ PTRACE_LISTEN, "listen to", FAULT_LISTEN },
	{ PTRACE_DETACH, "detach from", FAULT_DETACH },
	{ PTRACE_GETREGS, "read the registers of", FAULT_REGS },
	{ PTRACE_SETREGS, "set the registers of", FAULT_REGS },
	{ PTRACE_POKEUSER, "set a debug register of", FAULT_USER },
	{ PTRACE_POKETEXT, "write text of", FAULT_TEXT },
	{ PTRACE_GETSIGINFO, "read the signal of", FAULT_SIGINFO },
	{ PTRACE_SETSIGINFO, "set the signal of", FAULT_SIGINFO },
	{ PTRACE_GETSIGMASK, "read the signal mask of", FAULT_SIGMASK },
	{ PTRACE_SETSIGMASK, "set the signal mask of", FAULT_SIGMASK },
	{ PTRACE_SINGLESTEP, "step", FAULT_STEP },
	{ PTRACE_GETEVENTMSG, "read the event of", FAULT_EVENT },
};

static const struct request *request_find(int request)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == request)
			return &requests[i];
	return NULL;
}

static bool fails(int request, pid_t tid)
{
	const struct request *found = request_find(request);

	return found && fault_at(found->point, tid);
}

struct err *ptrace_request(struct tracer *tracer, int request, pid_t tid, void *addr, void *data)
{
	const struct request *found;

	tracer->ptrace_calls++;
	if (!(fault_armed && fails(request, tid)) &&
	    ptrace((enum __ptrace_request)request, tid, addr, data) != -1)
		return NULL;
	if (errno == ESRCH)
		return err_gone();
	found = request_find(request);
	if (found)
		return err_errno(errno, "cannot %s thread %d", found->name, tid);
	return err_errno(errno, "ptrace request 0x%x of thread %d", request, tid);
}

/* --- of a stopped thread ---------------------------------------------------------- */

void thread_stash(struct thread *thread, int signal)
{
	struct err *err = thread_siginfo_get(thread, &thread->stash_info);

	if (err)
		thread->stash_info = (siginfo_t){ .si_signo = signal };
	err_free(err);
	thread->stash_signal = signal;
}

struct err *thread_cont(struct thread *thread, int signal)
{
	struct tracer *tracer = thread->task->tracer;
	bool owed = thread->stash_signal && !signal;
	struct err *err;

	assert(thread->stopped);
	err = owed ? ptrace_request(tracer, PTRACE_SETSIGINFO, thread->tid, NULL, &thread->stash_info) : NULL;
	if (!err && thread->debug.version != thread->task->debug.version)
		err = debugregs_sync(thread);
	if (err)
		return err;
	if (owed)
		signal = thread->stash_signal;
	err = ptrace_request(tracer, PTRACE_CONT, thread->tid, NULL, (void *)(uintptr_t)signal);
	if (err && !err_is_gone(err)) {
		if (signal && !owed)
			thread_stash(thread, signal);
		return err;
	}
	if (owed)
		thread->stash_signal = 0;
	thread->stopped = false;
	thread->at_trap = false;
	return err;
}

struct err *thread_listen(struct thread *thread)
{
	struct err *err;

	assert(thread->stopped);
	err = ptrace_request(thread->task->tracer, PTRACE_LISTEN, thread->tid, NULL, NULL);
	thread->stopped = err && !err_is_gone(err);
	return err;
}

struct err *thread_ip_get(struct thread *thread, taddr *ret)
{
	long value;

	assert(thread->stopped);
	thread->task->tracer->ptrace_calls++;
	errno = 0;
	value = FAULT_OR(FAULT_USER, thread->tid,
			 ptrace(PTRACE_PEEKUSER, thread->tid, (void *)offsetof(struct user, regs.rip), NULL));
	if (errno)
		return errno == ESRCH ? err_gone() :
					err_errno(errno, "cannot read a register of thread %d", thread->tid);
	*ret = (taddr)value;
	return NULL;
}

struct err *thread_regs_get(struct thread *thread, struct user_regs_struct *ret)
{
	assert(thread->stopped);
	return ptrace_request(thread->task->tracer, PTRACE_GETREGS, thread->tid, NULL, ret);
}

struct err *thread_regs_set(struct thread *thread, const struct user_regs_struct *regs)
{
	struct err *err;

	assert(thread->stopped);
	err = ptrace_request(thread->task->tracer, PTRACE_SETREGS, thread->tid, NULL, (void *)regs);
	if (!err)
		thread->at_trap = false;
	return err;
}

struct err *thread_siginfo_get(struct thread *thread, siginfo_t *ret)
{
	assert(thread->stopped);
	return ptrace_request(thread->task->tracer, PTRACE_GETSIGINFO, thread->tid, NULL, ret);
}
