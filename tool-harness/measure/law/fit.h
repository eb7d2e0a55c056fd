/* SPDX-License-Identifier: BSD-3-Clause */
/* One law fitted to a sweep, many times over: for held-out cells and for the bootstrap. */
#ifndef MEASURE_LAW_FIT_H
#define MEASURE_LAW_FIT_H

#include "measure/law/law.h"

/*
 * A sweep made ready for many fits. Squares of relative deviations are weighed: of whole
 * totals from the mean of their cell, rounded ones the less the smaller they are; of rows
 * of events, whose deviations shrink with the root of their number, from a first fit of the
 * richest shape.
 */
struct law_problem;
struct law_problem *law_problem_create(const struct law_data *data);
void law_problem_destroy(struct law_problem *problem);

/*
 * Least squares with coefficients of 0 or above; exponents from 0.1 to 3. weights: how often
 * each run of the data counts, NULL for once each. All 0 if no run counts.
 */
struct law_fit law_problem_fit(const struct law_problem *problem, struct law_shape shape, const double *weights);

static inline void cleanup_law_problem(struct law_problem **problem)
{
	law_problem_destroy(*problem);
}

#endif
