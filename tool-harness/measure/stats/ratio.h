/* SPDX-License-Identifier: BSD-3-Clause */
/* By what factor do two groups of runs differ, and how sure is that? */
#ifndef MEASURE_RATIO_H
#define MEASURE_RATIO_H

#include <stddef.h>
#include <stdint.h>

#include "measure/stats/quantile.h"

struct ratio {
	double value;     /* median of `over` / median of `under` */
	double low, high; /* interval of that ratio, percentile bootstrap */
	double spread;    /* standard deviation of the logarithms within the groups, pooled; 0 for one value each */
};

/*
 * All values must be above 0: one value is one whole run, and runs are what is drawn again
 * (events of one run are not independent of each other). `confidence` as 0.95; the same
 * seed gives the same interval on every host. With few runs the interval is about as wide
 * as the runs themselves lie apart, no wider: a test must stand beside it.
 */
void ratio_compute(const struct samples *over, const struct samples *under, double confidence, size_t resamples,
		   uint64_t seed, struct ratio *ret);

#endif
