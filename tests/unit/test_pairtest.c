/* SPDX-License-Identifier: BSD-3-Clause */
/* The signed-rank test and its interval against published values, all signs by enumeration, and their promise. */
#include "unit.h"

#include <math.h>

#include "lib/rng.h"
#include "measure/stats/pairtest.h"
#include "measure/stats/power.h"

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

static void fill(const double *values, size_t n, struct samples *ret)
{
	for (size_t i = 0; i < n; i++)
		samples_add(ret, values[i]);
}

/* Hollander and Wolfe (1973), p. 29: depression before and after; V = 40, one-sided p = 0.01953. */
static void a_published_example(void **state)
{
	static const double before[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	static const double after[] = { 0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	_cleanup_(samples_deinit) struct samples differences = { 0 };
	struct pairtest test;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		samples_add(&differences, before[i] - after[i]);
	pairtest_compute(&differences, 0, 0.95, &test);
	assert_near(test.p, 0.0390625, 1e-12);
	assert_near(test.shift, 0.46, 0.001);
	assert_true(test.low > 0 && test.low < 0.1 && test.high > 0.7 && test.high < 0.9);
}

/* Sum of the ranks of positive differences, ties with their mean; by its definition. */
static double positive_ranks(const double *d, size_t n, unsigned signs)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double rank = 0.5;

		for (size_t j = 0; j < n; j++)
			rank += fabs(d[j]) < fabs(d[i]) ? 1 : fabs(d[j]) == fabs(d[i]) ? 0.5 : 0;
		sum += signs >> i & 1 ? rank : 0;
	}
	return sum;
}

static void p_is_that_of_all_signs(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1);
	for (size_t round = 0; round < 50; round++) {
		_cleanup_(samples_deinit) struct samples samples = { 0 };
		size_t n = 1 + rng_below(&rng, 10), below = 0, above = 0;
		unsigned signs = 0;
		double d[10], sum;
		struct pairtest test;

		for (size_t i = 0; i < n; i++) {
			d[i] = (1 + rng_below(&rng, 6)) * (rng_below(&rng, 2) ? 1 : -1); /* many ties */
			signs |= (unsigned)(d[i] > 0) << i;
		}
		fill(d, n, &samples);
		samples_add(&samples, 0); /* has no sign, and changes nothing */
		pairtest_compute(&samples, 0, 0.95, &test);
		sum = positive_ranks(d, n, signs);
		for (unsigned other = 0; other < 1u << n; other++) {
			below += positive_ranks(d, n, other) <= sum;
			above += positive_ranks(d, n, other) >= sum;
		}
		/* the tail towards which the differences lie */
		assert_near(test.p, fmin(1, 2.0 * (below < above ? below : above) / (1u << n)), 1e-9);
	}
}

/* A difference is told from what does not matter, to either side. */
static void what_does_not_matter_is_taken_off(void **state)
{
	static const double d[] = { 0.31, 0.35, 0.29, 0.4, 0.33, 0.36, 0.3, 0.34 };

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		_cleanup_(samples_deinit) struct samples samples = { 0 };
		struct pairtest test;

		for (size_t i = 0; i < ARRAY_SIZE(d); i++)
			samples_add(&samples, sign * d[i]);
		pairtest_compute(&samples, 0.2, 0.95, &test);
		assert_near(test.p, 2 / 256.0, 1e-12);
		pairtest_compute(&samples, 0.33, 0.95, &test);
		assert_true(test.p > 0.5);
		pairtest_compute(&samples, 0.5, 0.95, &test);
		assert_true(test.p == 1);
	}
}

static void nothing_but_zeros_is_no_difference(void **state)
{
	_cleanup_(samples_deinit) struct samples zeros = { 0 };
	struct pairtest test;

	(void)state;
	fill((double[]){ 0, 0, 0, 0, 0, 0, 0 }, 7, &zeros);
	pairtest_compute(&zeros, 0, 0.95, &test);
	assert_true(test.p == 1 && test.shift == 0 && test.low == 0 && test.high == 0);
}

static double normal(struct rng *rng)
{
	double u = 1 - rng_unit(rng), v = rng_unit(rng);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

/* Of 2,000 intervals of 95 % at most 1 in 20 misses the truth, and p below 5 % is as rare, exact or not. */
static void the_interval_holds_the_truth(void **state)
{
	static const size_t sizes[] = { 6, 12, 30, 120 };
	struct rng rng;

	(void)state;
	rng_init(&rng, 2);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t missed = 0, found = 0, rounds = sizes[i] > 100 ? 400 : 2000;

		for (size_t round = 0; round < rounds; round++) {
			_cleanup_(samples_deinit) struct samples samples = { 0 };
			struct pairtest test;

			for (size_t j = 0; j < sizes[i]; j++)
				samples_add(&samples, normal(&rng));
			pairtest_compute(&samples, 0, 0.95, &test);
			missed += test.low > 0 || test.high < 0;
			found += test.p < 0.05;
		}
		assert_in_range(missed, rounds / 50, rounds * 65 / 1000);
		assert_in_range(found, rounds / 50, rounds * 65 / 1000);
	}
}

static void too_few_pairs_cannot_be_rare(void **state)
{
	static const double ones[] = { 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9 };

	(void)state;
	assert_int_equal(pairtest_least(0.02), 7);
	assert_int_equal(pairtest_least(0.002), 10);
	for (size_t n = 1; n <= ARRAY_SIZE(ones); n++) {
		_cleanup_(samples_deinit) struct samples samples = { 0 };
		struct pairtest test;

		fill(ones, n, &samples);
		pairtest_compute(&samples, 0, 0.95, &test);
		assert_int_equal(test.p < 0.02, n >= pairtest_least(0.02));
	}
}

/* --- power ------------------------------------------------------------------------ */

static void an_interval_that_is_twice_too_wide_takes_four_times_the_runs(void **state)
{
	struct power_question q = { .n = 10, .value = 0, .low = -1, .high = 1, .confidence = 0.95, .beyond = 0.1,
				    .below = 0.7, .p = 1, .p_wanted = 0.02 };
	size_t wide, narrow;

	(void)state;
	wide = power_runs(&q);
	q.low = -0.5, q.high = 0.5;
	narrow = power_runs(&q);
	assert_in_range(wide, 4 * narrow - 4, 4 * narrow);
	/* (1 + 0.84 / 1.96)^2 * 10 * (0.5 / 0.7)^2 */
	assert_int_equal(narrow, 11);
	q.n = 1000;
	assert_int_equal(power_runs(&q), 1043);
	q.low = -50, q.high = 50;
	assert_int_equal(power_runs(&q), POWER_NEVER);
	/* between both bounds nothing is ever decided */
	q = (struct power_question){ .n = 10, .value = 0.5, .low = 0, .high = 1, .confidence = 0.95, .beyond = 0.6,
				     .below = 0.4, .p = 0.01, .p_wanted = 0.02 };
	assert_int_equal(power_runs(&q), POWER_NEVER);
	/* the interval is beyond already, the test lacks a little */
	q = (struct power_question){ .n = 10, .value = 1, .low = 0.8, .high = 1.2, .confidence = 0.95, .beyond = 0.1,
				     .below = 0.7, .p = 0.04, .p_wanted = 0.02 };
	assert_in_range(power_runs(&q), 11, 30);
	assert_int_equal(power_runs_beyond(&q), power_runs(&q));
	/* what is soon known to be small is long not known to be beyond */
	q = (struct power_question){ .n = 10, .value = 0.15, .low = -0.15, .high = 0.45, .confidence = 0.95,
				     .beyond = 0.1, .below = 0.4, .p = 0.5, .p_wanted = 0.02 };
	assert_in_range(power_runs(&q), 11, 40);
	assert_true(power_runs_beyond(&q) > 300);
}

/* Runs drawn anew, as many as were asked for: four of five decide, or more as there are two ways to; of half as many
 * fewer do. */
static void as_many_runs_decide(void **state)
{
	size_t decided[2] = { 0 };
	struct rng rng;

	(void)state;
	rng_init(&rng, 3);
	for (size_t i = 0; i < 2; i++) {
		/* 10 pairs of a slowdown of 0.3, deviation 1: the interval would be 0.3 -+ 0.62 */
		struct power_question q = { .n = 10, .value = 0.3, .low = -0.32, .high = 0.92, .confidence = 0.95,
					    .beyond = 0.1, .below = 0.7, .p = 0.3, .p_wanted = 0.05 };
		size_t n = power_runs(&q) / (i + 1);

		for (size_t round = 0; round < 500; round++) {
			_cleanup_(samples_deinit) struct samples samples = { 0 };
			struct pairtest test;

			for (size_t j = 0; j < n; j++)
				samples_add(&samples, 0.3 + normal(&rng));
			pairtest_compute(&samples, q.beyond, 0.95, &test);
			decided[i] += (test.low > q.beyond && test.p < q.p_wanted) || test.high < q.below;
		}
	}
	assert_in_range(decided[0], 400, 500);
	assert_in_range(decided[1], 200, 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_example),
		cmocka_unit_test(p_is_that_of_all_signs),
		cmocka_unit_test(what_does_not_matter_is_taken_off),
		cmocka_unit_test(nothing_but_zeros_is_no_difference),
		cmocka_unit_test(the_interval_holds_the_truth),
		cmocka_unit_test(too_few_pairs_cannot_be_rare),
		cmocka_unit_test(an_interval_that_is_twice_too_wide_takes_four_times_the_runs),
		cmocka_unit_test(as_many_runs_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
