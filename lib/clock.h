/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One clock for everything: CLOCK_MONOTONIC in nanoseconds, which all processes
 * of a machine share, so that a tracer's times and a task's phase marks compare.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

static inline int64_t clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

#endif
