/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The door of ptrace(2) requests that return 0 or -1. Does not look at what they ask for; those
 * that return a value are made where it is used. Invariant: each is counted, and ESRCH is a
 * task that is gone.
 */
#include <errno.h>
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
