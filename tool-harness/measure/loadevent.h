/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Load events, put together from the stops that a tool handled: the stop that
 * announces a change (add or delete) and the consistent stop that ends it.
 */
#ifndef MEASURE_LOADEVENT_H
#define MEASURE_LOADEVENT_H

#include "measure/trial.h"

struct load_event {
	uint32_t task;
	enum event_class class;  /* of its first stop: add, delete, null; consistent if it had no beginning */
	enum event_phase phase;  /* of its first stop */
	bool at_launch;          /* its last stop was begun before the tasks were let go: part of phase 1; false
				    of tasks that were never stopped */
	size_t first, last;      /* indices into trial.events; equal if it had one stop */
	uint32_t stops;          /* 1 or 2 */
	bool untimed;            /* when one of them was over is not known: it has no cost */
	int64_t handling_ns;     /* done - begin, over its stops */
	int64_t t1_ns;           /* handling without breakpoints_ns and plant_ns */
	int64_t breakpoints_ns;
	int64_t plant_ns;
	uint32_t reinserted, planted, added, removed;
};

struct load_events {
	struct load_event *events; /* in the order of their first stops */
	size_t n, cap;
	/*
	 * Sequences that the loader's protocol does not have: an announcement within an
	 * announcement, an end without one, an announcement that nothing ended. Each such
	 * stop is a load event of its own, so that no time is lost.
	 */
	size_t n_odd;
};

void load_events_find(const struct trial *trial, struct load_events *ret);
void load_events_deinit(struct load_events *events);

#endif
