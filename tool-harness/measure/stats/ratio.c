/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ratio of two medians and its percentile bootstrap interval (Efron 1979): both groups
 * are drawn again with replacement, run by run, many times. No distribution is assumed.
 *
 * Invariant: low <= high, and both are ratios of medians that such draws had or lie between two.
 */
#include "measure/stats/ratio.h"

#include <assert.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "lib/mem.h"
#include "lib/rng.h"

static double drawn_median(const struct samples *from, struct rng *rng, double *scratch)
{
	for (size_t i = 0; i < from->n; i++)
		scratch[i] = from->values[rng_below(rng, from->n)];
	gsl_sort(scratch, 1, from->n);
	return gsl_stats_median_from_sorted_data(scratch, 1, from->n);
}

static double sum_of_squared_logs(const struct samples *samples)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < samples->n; i++)
		mean += log(samples->values[i]) / samples->n;
	for (size_t i = 0; i < samples->n; i++)
		sum += pow(log(samples->values[i]) - mean, 2);
	return sum;
}

void ratio_compute(const struct samples *over, const struct samples *under, double confidence, size_t resamples,
		   uint64_t seed, struct ratio *ret)
{
	size_t larger = over->n > under->n ? over->n : under->n, freedom = over->n + under->n - 2;
	_cleanup_free_ double *scratch = mem_calloc(larger, sizeof(*scratch));
	_cleanup_free_ double *ratios = mem_calloc(resamples, sizeof(*ratios));
	struct rng rng;

	assert(over->n > 0 && under->n > 0 && resamples > 0);
	rng_init(&rng, seed);
	for (size_t i = 0; i < resamples; i++) {
		double top = drawn_median(over, &rng, scratch);

		ratios[i] = top / drawn_median(under, &rng, scratch);
	}
	gsl_sort(ratios, 1, resamples);
	ret->value = samples_median(over) / samples_median(under);
	ret->low = gsl_stats_quantile_from_sorted_data(ratios, 1, resamples, (1 - confidence) / 2);
	ret->high = gsl_stats_quantile_from_sorted_data(ratios, 1, resamples, (1 + confidence) / 2);
	ret->spread = freedom ? sqrt((sum_of_squared_logs(over) + sum_of_squared_logs(under)) / freedom) : 0;
}
