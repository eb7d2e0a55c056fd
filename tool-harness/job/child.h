/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for one child by its pid, beside a tracer that waits for all. For job/, and for tools
 * that trace nothing. */
#ifndef JOB_CHILD_H
#define JOB_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* True if the child has ended; its status as from waitpid(2). The child stays to be waited for. */
bool child_exited(pid_t pid, int *ret_status);

/* Takes a child that has ended off the process table. True if it is our child and runs still. */
bool child_reap(pid_t pid);

#endif
