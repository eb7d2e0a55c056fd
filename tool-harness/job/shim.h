/* SPDX-License-Identifier: BSD-3-Clause */
/* The shim's file: ATTACHSTORM_SHIM, or beside this program. */
#ifndef JOB_SHIM_H
#define JOB_SHIM_H

#include "lib/err.h"

/* Heap, caller frees. */
MUST_CHECK struct err *shim_find(char **ret);

#endif
