/* SPDX-License-Identifier: BSD-3-Clause */
/* The shim's file: ATTACHSTORM_SHIM, or beside this program. */
#ifndef JOB_SHIM_H
#define JOB_SHIM_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

/* Heap, caller frees. */
MUST_CHECK struct err *shim_find(char **ret);

/* The process is a shim's, and will exec its program. False where that cannot be told. */
bool shim_runs_in(pid_t pid);

#endif
