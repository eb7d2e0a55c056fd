/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded into a tracer: a machine on which nobody may trace, as with a strict policy. */
#include <errno.h>

long ptrace(int request, ...);

long ptrace(int request, ...)
{
	(void)request;
	errno = EPERM;
	return -1;
}
