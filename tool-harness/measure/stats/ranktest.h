/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do two groups of numbers differ, if nothing is known of how they are distributed?
 * The rank-sum test of Mann and Whitney (1947), and the correction of Holm (1979) for
 * asking that of several metrics at once.
 */
#ifndef MEASURE_RANKTEST_H
#define MEASURE_RANKTEST_H

#include <stdbool.h>
#include <stddef.h>

#include "measure/stats/quantile.h"

/* Up to so many values in both groups together p is exact, ties or not. */
#define RANKTEST_EXACT_MAX 50

struct ranktest {
	double u;    /* pairs in which a's value is the larger; a tie counts half */
	double p;    /* two-sided: twice the smaller tail, at most 1 */
	bool exact;  /* else normal, with correction for continuity and ties */
};

/*
 * Both groups must have a value. Equal values get the mean of their ranks, and the exact
 * distribution is that of all ways to share out these ranks, so that ties are no
 * approximation. Values must be finite.
 */
void ranktest_compute(const struct samples *a, const struct samples *b, struct ranktest *ret);

/* Holm's adjusted p of n tests made together, into ret (may be p itself). */
void holm_adjust(const double *p, size_t n, double *ret);

#endif
