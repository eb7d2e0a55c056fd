/* SPDX-License-Identifier: BSD-3-Clause */
/* The same work on many things, on all cores. */
#ifndef GEN_PARALLEL_H
#define GEN_PARALLEL_H

#include <stddef.h>

#include "lib/err.h"

/* The cores that this process may use. */
unsigned parallel_cores(void);

/*
 * Calls work(context, i) for each i below n, on so many threads (0: one per core), in any
 * order. After an error no new work is begun; the first error is returned. With progress,
 * a line of that name counts what is done.
 */
MUST_CHECK struct err *parallel_run(size_t n, unsigned threads, const char *progress,
				    struct err *(*work)(void *context, size_t i), void *context);

#endif
