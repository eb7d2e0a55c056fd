/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * By how much do pairs differ, and is that chance? The signed-rank test of Wilcoxon (1945), the estimate of Hodges
 * and Lehmann (1963) and the interval that belongs to both. For runs that were made in turns: what a neighbour on the
 * machine did to both of a pair is not in their difference.
 */
#ifndef MEASURE_PAIRTEST_H
#define MEASURE_PAIRTEST_H

#include <stdbool.h>
#include <stddef.h>

#include "measure/stats/quantile.h"

/* Up to so many pairs p and interval are exact, ties or not. */
#define PAIRTEST_EXACT_MAX 100

struct pairtest {
	double shift;     /* median of the means of any two differences, each with itself too */
	double low, high; /* its interval; the whole range of those means if pairtest_least says there are too few */
	double p;         /* two-sided, that they lie evenly around something no further from 0 than `by` */
};

/* Of at least one difference; finite. `by` is the difference that does not matter, 0 or more; `confidence` as 0.95. */
void pairtest_compute(const struct samples *differences, double by, double confidence, struct pairtest *ret);

/* Pairs without which no p can be below this one, whatever they are: the least n with 2^(1-n) < p. */
size_t pairtest_least(double p);

#endif
