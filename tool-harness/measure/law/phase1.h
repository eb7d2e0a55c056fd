/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phase 1 has a law of its own: what it takes to have the tasks stopped with all breakpoints in grows with their
 * number, and hardly with what they import later: fixed + per_task x N, both 0 or above.
 */
#ifndef MEASURE_LAW_PHASE1_H
#define MEASURE_LAW_PHASE1_H

#include "measure/law/choice.h"

struct law_phase1 {
	double fixed_ns, per_task_ns;
	bool n_varies;                /* else per_task_ns is 0, for nothing is known of it */
	double total_ns;              /* for the tasks that were asked for, */
	struct law_interval interval; /* of one new run: bootstrap over whole runs, and what they deviate */
};

/* False if no run tells its phase 1. `n` resamples, by `seed`. */
bool law_phase1_predict(const struct law_data *data, double tasks, uint64_t seed, size_t n, struct law_phase1 *ret);

#endif
