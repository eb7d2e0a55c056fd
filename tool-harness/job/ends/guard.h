/* SPDX-License-Identifier: BSD-3-Clause */
/* The guard of a job: the program attachstorm-guard, which ends the job if this program dies before it. */
#ifndef JOB_GUARD_H
#define JOB_GUARD_H

#include "lib/err.h"

/*
 * Starts the guard of the processes that have `entry`, "NAME=value", in their environment; it is found beside the shim.
 * *ret_fd is close-on-exec: once it is closed, by the caller's death or by the caller, what is left of those processes
 * is killed after 5 s. The guard is no child of ours.
 */
MUST_CHECK struct err *guard_start(const char *shim, const char *entry, int *ret_fd);

/* The job was ended: the guard leaves without a look at the machine's processes, which would disturb the next job.
 * Closes *fd and makes it -1, which it may be. */
void guard_dismiss(int *fd);

#endif
