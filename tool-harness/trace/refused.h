/* SPDX-License-Identifier: BSD-3-Clause */
/* Why the kernel refuses that a process is traced, in words that are of use to who asked. */
#ifndef TRACE_REFUSED_H
#define TRACE_REFUSED_H

#include <sys/types.h>

#include "lib/err.h"

/*
 * To an error with EPERM of tracing a process, or of reading its memory, the hint which rule of ptrace(2)
 * ("Ptrace access mode checking") it was: another tracer, a kernel thread, pid 1, a seccomp filter, Yama, a
 * missing capability, another user. Any other error, and NULL, as it is.
 */
MUST_CHECK struct err *refused_hint(struct err *err, pid_t pid);

#endif
