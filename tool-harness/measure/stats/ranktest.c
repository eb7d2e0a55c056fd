/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mann-Whitney by ranks. Ranks are kept doubled, so that the mean rank of a tie is a whole
 * number and the exact distribution of the rank sum is a count of subsets: how many of the
 * ways to choose a's ranks from all have this sum. Which group is "better" is the caller's.
 *
 * Invariant: the number of subsets over all sums is the binomial coefficient (n_a + n_b, n_a).
 */
#include "measure/stats/ranktest.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>

#include "lib/mem.h"

/* All values ranked together. */
struct ranking {
	size_t *doubled;      /* twice the rank, a's values first */
	size_t n;
	double tie_term;      /* sum of t^3 - t over ties of t values */
};

static void rank_values(const struct samples *a, const struct samples *b, struct ranking *ret)
{
	size_t n = a->n + b->n;
	_cleanup_free_ double *all = mem_calloc(n, sizeof(*all));
	_cleanup_free_ size_t *order = mem_calloc(n, sizeof(*order));
	struct ranking ranking = { .doubled = mem_calloc(n, sizeof(*ranking.doubled)), .n = n };

	for (size_t i = 0; i < n; i++)
		all[i] = i < a->n ? a->values[i] : b->values[i - a->n];
	gsl_sort_index(order, all, 1, n);
	for (size_t first = 0, end; first < n; first = end) {
		for (end = first + 1; end < n && all[order[end]] == all[order[first]]; end++)
			;
		/* ranks first + 1 to end: twice their mean */
		for (size_t i = first; i < end; i++)
			ranking.doubled[order[i]] = first + 1 + end;
		ranking.tie_term += pow(end - first, 3) - (double)(end - first);
	}
	*ret = ranking;
}

/* Both tails of the doubled rank sum of n_a of the ranks, each with the sum itself. */
static void count_tails(const struct ranking *ranking, size_t n_a, size_t sum, double *lower, double *upper)
{
	size_t top = ranking->n * (ranking->n + 1); /* doubled sum of all ranks */
	_cleanup_free_ double *ways = mem_calloc((n_a + 1) * (top + 1), sizeof(*ways));
	double all = 0, below = 0, above = 0;

	ways[0] = 1;
	for (size_t i = 0; i < ranking->n; i++) {
		size_t rank = ranking->doubled[i];

		for (size_t k = i < n_a ? i + 1 : n_a; k > 0; k--)
			for (size_t s = rank; s <= top; s++)
				ways[k * (top + 1) + s] += ways[(k - 1) * (top + 1) + s - rank];
	}
	for (size_t s = 0; s <= top; s++) {
		double here = ways[n_a * (top + 1) + s];

		all += here;
		below += s <= sum ? here : 0;
		above += s >= sum ? here : 0;
	}
	*lower = below / all;
	*upper = above / all;
}

static double exact_p(const struct ranking *ranking, size_t n_a, size_t sum)
{
	double lower, upper;

	count_tails(ranking, n_a, sum, &lower, &upper);
	return fmin(1, 2 * fmin(lower, upper));
}

static double normal_p(const struct ranking *ranking, double n_a, double n_b, double u)
{
	double n = n_a + n_b, mean = n_a * n_b / 2;
	double variance = n_a * n_b / 12 * (n + 1 - ranking->tie_term / (n * (n - 1)));
	double distance = fmax(0, fabs(u - mean) - 0.5);

	/* all values equal: there is nothing to tell apart */
	return variance > 0 ? fmin(1, 2 * gsl_cdf_ugaussian_Q(distance / sqrt(variance))) : 1;
}

void ranktest_compute(const struct samples *a, const struct samples *b, struct ranktest *ret)
{
	struct ranking ranking;
	size_t sum = 0;

	assert(a->n > 0 && b->n > 0);
	rank_values(a, b, &ranking);
	for (size_t i = 0; i < a->n; i++)
		sum += ranking.doubled[i];
	ret->u = sum / 2.0 - (double)a->n * (a->n + 1) / 2;
	ret->exact = ranking.n <= RANKTEST_EXACT_MAX;
	ret->p = ret->exact ? exact_p(&ranking, a->n, sum) : normal_p(&ranking, a->n, b->n, ret->u);
	free(ranking.doubled);
}

void holm_adjust(const double *p, size_t n, double *ret)
{
	_cleanup_free_ size_t *order = mem_calloc(n, sizeof(*order));
	double largest = 0;

	if (n == 0)
		return;
	gsl_sort_index(order, p, 1, n);
	for (size_t i = 0; i < n; i++) {
		largest = fmax(largest, fmin(1, p[order[i]] * (n - i)));
		ret[order[i]] = largest;
	}
}
