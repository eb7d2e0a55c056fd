/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GSL has no signed ranks. Ranks of the absolute differences are kept doubled, so that the mean rank of a tie is
 * a whole number; the distribution of their sum over all ways to give signs is then exact. Differences of 0 have no
 * sign and are left out of the test, as Wilcoxon did.
 *
 * Invariant: the probabilities of all sums add up to 1.
 */
#include "measure/stats/pairtest.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "lib/mem.h"

/* Chance of each sum, up to `top`, of those of n numbers whose sign is positive. Heap, caller frees. */
static double *sums_of_signs(const size_t *numbers, size_t n, size_t top)
{
	double *chance = mem_calloc(top + 1, sizeof(*chance));

	chance[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t s = top + 1; s-- > 0;)
			chance[s] = chance[s] / 2 + (s >= numbers[i] ? chance[s - numbers[i]] / 2 : 0);
	return chance;
}

/* Twice the rank of each absolute difference but 0, into `doubled`; returns how many there are. */
static size_t rank_absolutes(const struct samples *differences, size_t *doubled, size_t *positive_ret)
{
	_cleanup_free_ double *absolute = mem_calloc(differences->n, sizeof(*absolute));
	_cleanup_free_ bool *positive = mem_calloc(differences->n, sizeof(*positive));
	_cleanup_free_ size_t *order = mem_calloc(differences->n, sizeof(*order));
	size_t n = 0, sum = 0;

	for (size_t i = 0; i < differences->n; i++) {
		if (differences->values[i] == 0)
			continue;
		positive[n] = differences->values[i] > 0;
		absolute[n++] = fabs(differences->values[i]);
	}
	if (n)
		gsl_sort_index(order, absolute, 1, n);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && absolute[order[end]] == absolute[order[first]]; end++)
			;
		for (size_t i = first; i < end; i++) {
			doubled[order[i]] = first + 1 + end;
			sum += positive[order[i]] ? doubled[order[i]] : 0;
		}
	}
	*positive_ret = sum;
	return n;
}

/* Chances of a sum of positive ranks that is at most, and at least, as large as this one. */
struct tails {
	double below, above;
};

static struct tails exact_tails(const size_t *doubled, size_t n, size_t sum)
{
	size_t top = n * (n + 1);
	_cleanup_free_ double *chance = sums_of_signs(doubled, n, top);
	struct tails tails = { 0, 0 };

	for (size_t s = 0; s <= top; s++) {
		tails.below += s <= sum ? chance[s] : 0;
		tails.above += s >= sum ? chance[s] : 0;
	}
	return tails;
}

/* With correction for continuity: a doubled sum is two away from the next. */
static struct tails normal_tails(const size_t *doubled, size_t n, size_t sum)
{
	double variance = 0, distance = sum - n * (n + 1) / 2.0;

	for (size_t i = 0; i < n; i++)
		variance += (double)doubled[i] * doubled[i] / 4;
	return (struct tails){ gsl_cdf_ugaussian_P((distance + 1) / sqrt(variance)),
			       gsl_cdf_ugaussian_Q((distance - 1) / sqrt(variance)) };
}

static struct tails tails_of(const struct samples *differences)
{
	_cleanup_free_ size_t *doubled = mem_calloc(differences->n, sizeof(*doubled));
	size_t sum, n = rank_absolutes(differences, doubled, &sum);

	if (!n)
		return (struct tails){ 1, 1 };
	return n <= PAIRTEST_EXACT_MAX ? exact_tails(doubled, n, sum) : normal_tails(doubled, n, sum);
}

/* That their centre is not beyond `by`, in the direction in which it lies. */
static double p_beyond(const struct samples *differences, double shift, double by)
{
	_cleanup_(samples_deinit) struct samples rest = { 0 };
	struct tails tails;

	for (size_t i = 0; i < differences->n; i++)
		samples_add(&rest, differences->values[i] - (shift < 0 ? -by : by));
	tails = tails_of(&rest);
	return fmin(1, 2 * (shift < 0 ? tails.below : tails.above));
}

/* How many of the smallest means lie below the interval: the most with a chance of at most `tail`. */
static size_t outside_interval(size_t n, double tail)
{
	double below = 0;
	size_t s = 0;

	if (n > PAIRTEST_EXACT_MAX) {
		double deviation = sqrt(n * (n + 1.0) * (2.0 * n + 1) / 24);

		return (size_t)fmax(0, n * (n + 1) / 4.0 - gsl_cdf_ugaussian_Qinv(tail) * deviation);
	}
	_cleanup_free_ size_t *ranks = mem_calloc(n, sizeof(*ranks));
	for (size_t i = 0; i < n; i++)
		ranks[i] = i + 1;
	_cleanup_free_ double *chance = sums_of_signs(ranks, n, n * (n + 1) / 2);
	while (below + chance[s] <= tail)
		below += chance[s++];
	return s;
}

/* The means of any two, each with itself too, in order. */
static double *sorted_means(const struct samples *differences, size_t *n_ret)
{
	size_t n = 0;
	double *means = mem_calloc(differences->n * (differences->n + 1) / 2, sizeof(*means));

	for (size_t i = 0; i < differences->n; i++)
		for (size_t j = i; j < differences->n; j++)
			means[n++] = (differences->values[i] + differences->values[j]) / 2;
	gsl_sort(means, 1, n);
	*n_ret = n;
	return means;
}

void pairtest_compute(const struct samples *differences, double by, double confidence, struct pairtest *ret)
{
	_cleanup_free_ double *means = NULL;
	size_t n_means, outside;

	assert(differences->n > 0);
	means = sorted_means(differences, &n_means);
	outside = outside_interval(differences->n, (1 - confidence) / 2);
	/* the k-th smallest mean is the lower bound if k - 1 signed-rank sums are as unlikely as that */
	outside = outside ? outside - 1 : 0;
	ret->shift = gsl_stats_median_from_sorted_data(means, 1, n_means);
	ret->low = means[outside];
	ret->high = means[n_means - 1 - outside];
	ret->p = p_beyond(differences, ret->shift, by);
}

size_t pairtest_least(double p)
{
	size_t n = 1;

	while (n < 1000 && pow(2, 1 - (double)n) >= p)
		n++;
	return n;
}
