/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for one child by its pid. Never blocks and never waits for any other
 * process, so that no stop or exit is taken from a tracer's wait4(-1).
 */
#include "job/child.h"

#include <sys/wait.h>

bool child_exited(pid_t pid, int *ret_status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
		return false;
	*ret_status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) :
		      info.si_code == CLD_DUMPED ? info.si_status | WCOREFLAG :
						   info.si_status;
	return true;
}

bool child_reap(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG) == 0 && !info.si_pid;
}
