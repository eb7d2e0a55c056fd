/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: what summary.c takes from the summary of one trial to sum up many. */
#ifndef MEASURE_TRIALSUMMARY_H
#define MEASURE_TRIALSUMMARY_H

#include "measure/summary.h"

/* Durations of one rank, in the order of their spans from SPAN_IMPORT_WORST on. */
enum rank_time { RANK_IMPORT, RANK_VISIT, RANK_MPI_TEST, RANK_DRIVER, RANK_OWN, RANK_SUM, RANK_N };

/* Adds the durations of all ranks to which both ends happened. */
void trial_rank_times(const struct trial *trial, enum rank_time which, struct samples *ret);

/* The distributions of one trial, or pooled over several. */
struct cost_samples {
	struct samples t1_ns, t2_ns, handling_ns, queue_ns;
};

void cost_samples_deinit(struct cost_samples *costs);

/* Appends the trial's distributions. */
void trial_add_costs(const struct trial *trial, struct cost_samples *pool);

#endif
