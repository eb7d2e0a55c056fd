/* SPDX-License-Identifier: BSD-3-Clause */
/* The guard of a job: the program attachstorm-guard, which ends the job if this program dies before it. */
#ifndef JOB_GUARD_H
#define JOB_GUARD_H

#include "lib/err.h"

/*
 * Starts the guard of the processes that have `entry`, "NAME=value", in their environment; it is found beside the shim.
 * *ret_fd is close-on-exec: once it is closed, by the caller or by the caller's death, what is left of those processes
 * is killed after 5 s. The guard is no child of ours.
 */
MUST_CHECK struct err *guard_start(const char *shim, const char *entry, int *ret_fd);

#endif
