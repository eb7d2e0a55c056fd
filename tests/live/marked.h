/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The victim "marked": it calls ten functions of a library before and after a phase mark. What the
 * tests of breakpoints in it share.
 */
#ifndef TESTS_LIVE_MARKED_H
#define TESTS_LIVE_MARKED_H

#include "native.h"

/* Calls of each function before the mark, and as many after it, unless a test says otherwise. */
#define CALLS 7

static const char *const hot[] = { "hot0", "hot1", "hot2", "hot3", "hot4", "hot5", "hot6", "hot7", "hot8", "hot9",
				   "in_program", NULL };

/* Ends with NULL: the first n of hot, and in_program if that is asked for. */
static inline const char *const *some(const char *buf[12], size_t n, bool program)
{
	size_t i = 0;

	for (; i < n; i++)
		buf[i] = hot[i];
	if (program)
		buf[i++] = hot[10];
	buf[i] = NULL;
	return buf;
}

static inline void choose(struct spy *spy, enum bp_policy policy, enum bp_write write)
{
	spy->scenario.breakpoints_policy = policy;
	spy->scenario.breakpoints_write = write;
}

/* False if this machine lacks what the way of writing needs. */
static inline bool marked_run(struct spy *spy, const char *const *breakpoints, const char *calls, const char *threads)
{
	return spy_ran(spy, spy_run(spy, 2, breakpoints, "marked", spy->victims, calls, threads));
}

static inline void assert_hits(const struct trial *trial, size_t from, size_t to, uint64_t each_rank)
{
	for (size_t i = from; i < to; i++) {
		const struct trial_breakpoint *bp = &trial->breakpoints[i];

		for (size_t j = 0; j < trial->n_tasks; j++)
			if (bp->rank_hits[j] != each_rank)
				fail_msg("'%s', rank %zu: %ju hits, not %ju", bp->function, j,
					 (uintmax_t)bp->rank_hits[j], (uintmax_t)each_rank);
		assert_int_equal(bp->hits, each_rank * trial->n_tasks);
	}
}

/* What all events counted; `traps`, `calls` and `stops` of those after phase 1. */
struct counted {
	uint64_t reinserted, planted, traps;
	uint64_t calls, stops;
};

static inline struct counted count_events(const struct trial *trial)
{
	struct counted ret = { 0 };

	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		ret.reinserted += event->reinserted;
		ret.planted += event->planted;
		if (event->begin_ns < trial->phases.continued_ns)
			continue;
		ret.traps += event->traps_written;
		ret.calls += event->ptrace_calls;
		ret.stops++;
	}
	return ret;
}

#endif
