/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples and what is said about them. A number without its n says nothing, so n
 * travels with the quantiles everywhere: into the record and into the table.
 */
#ifndef MEASURE_QUANTILE_H
#define MEASURE_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

/* A growing array of numbers; zeroed is empty. */
struct samples {
	double *values;
	size_t n, cap;
};

void samples_add(struct samples *samples, double value);
void samples_append(struct samples *samples, const struct samples *more);
void samples_deinit(struct samples *samples);

/* All 0 when n is 0. Units are those of the samples. */
struct quantiles {
	uint64_t n;
	double min, p10, p50, p90, p99, max;
	double mean, sum;
};

/*
 * Quantiles by linear interpolation between order statistics, of a sorted copy
 * (gsl_stats_quantile_from_sorted_data), so the median of an even number is the
 * mean of the middle two. The samples stay as they are.
 */
void quantiles_compute(const struct samples *samples, struct quantiles *ret);

/* The median alone; 0 without samples. */
double samples_median(const struct samples *samples);

#endif
