/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Order statistics of samples. GSL does the arithmetic; nothing here assumes a
 * distribution, since handling times are skewed and have far outliers.
 *
 * Invariant: samples are never reordered, only copies are sorted.
 */
#include "measure/stats/quantile.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <string.h>

#include "lib/mem.h"

void samples_add(struct samples *samples, double value)
{
	mem_grow(samples->values, samples->n, samples->cap);
	samples->values[samples->n++] = value;
}

void samples_append(struct samples *samples, const struct samples *more)
{
	for (size_t i = 0; i < more->n; i++)
		samples_add(samples, more->values[i]);
}

void samples_deinit(struct samples *samples)
{
	free(samples->values);
	memset(samples, 0, sizeof(*samples));
}

void quantiles_compute(const struct samples *samples, struct quantiles *ret)
{
	size_t n = samples->n;
	_cleanup_free_ double *sorted = NULL;
	struct quantiles q = { .n = n };

	if (n > 0) {
		sorted = mem_calloc(n, sizeof(*sorted));
		memcpy(sorted, samples->values, n * sizeof(*sorted));
		gsl_sort(sorted, 1, n);
		q.min = sorted[0];
		q.p10 = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.10);
		q.p50 = gsl_stats_median_from_sorted_data(sorted, 1, n);
		q.p90 = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.90);
		q.p99 = gsl_stats_quantile_from_sorted_data(sorted, 1, n, 0.99);
		q.max = sorted[n - 1];
		for (size_t i = 0; i < n; i++)
			q.sum += sorted[i];
		q.mean = q.sum / n;
	}
	*ret = q;
}

double samples_median(const struct samples *samples)
{
	struct quantiles q;

	quantiles_compute(samples, &q);
	return q.p50;
}
