/* SPDX-License-Identifier: BSD-3-Clause */
/* Which limit keeps the kernel from making one more process or thread. */
#ifndef LIB_PROCLIMIT_H
#define LIB_PROCLIMIT_H

#include "lib/err.h"

/*
 * To an error of fork(2) or pthread_create(3) with EAGAIN a hint that names the limit which is reached: pids.max of
 * the control group or of one above it (cgroups(7)), RLIMIT_NPROC, or those of the whole machine. Any
 * other error, and NULL, as it is.
 */
MUST_CHECK struct err *proc_limit_hint(struct err *err);

#endif
