/* SPDX-License-Identifier: BSD-3-Clause */
/* Mann-Whitney and Holm against numbers of SciPy and of brute force: tests/golden/ranktest.py. */
#include "unit.h"

#include <math.h>

#include "measure/stats/ranktest.h"

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

#define LIST(...) (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double)

static struct samples samples_of(const double *values, size_t n)
{
	struct samples samples = { 0 };

	for (size_t i = 0; i < n; i++)
		samples_add(&samples, values[i]);
	return samples;
}

static void assert_test(struct samples a, struct samples b, double u, double p, bool exact)
{
	struct ranktest test, swapped;

	ranktest_compute(&a, &b, &test);
	assert_near(test.u, u, 0);
	assert_near(test.p, p, 1e-12);
	assert_int_equal(test.exact, exact);
	/* the same question the other way round */
	ranktest_compute(&b, &a, &swapped);
	assert_near(swapped.u, (double)a.n * b.n - u, 0);
	assert_near(swapped.p, p, 1e-12);
	samples_deinit(&a);
	samples_deinit(&b);
}

static void exact_without_ties(void **state)
{
	(void)state;
	assert_test(samples_of(LIST(1, 2, 3, 4, 5)), samples_of(LIST(6, 7, 8, 9, 10)), 0, 0.007936507936507936, true);
	assert_test(samples_of(LIST(1.1, 2.5, 3.7, 9.2)), samples_of(LIST(2.6, 4.4, 8.1, 5.5, 7.3, 6.0)), 7,
		    0.35238095238095235, true);
	assert_test(samples_of(LIST(4)), samples_of(LIST(9)), 0, 1, true);
}

static void exact_with_ties(void **state)
{
	(void)state;
	assert_test(samples_of(LIST(1, 1, 2, 2, 3)), samples_of(LIST(2, 3, 3, 4, 4)), 3, 0.07936507936507936, true);
	assert_test(samples_of(LIST(5, 5, 5)), samples_of(LIST(5, 5, 5, 5)), 6, 1, true);
	assert_test(samples_of(LIST(1, 2, 2, 2)), samples_of(LIST(2, 2, 3, 7, 7, 9)), 3, 0.09523809523809523, true);
	assert_test(samples_of(LIST(3, 1, 3, 1, 3)), samples_of(LIST(1, 3, 1, 1, 1, 3, 1)), 23, 0.6212121212121212, true);
}

/* (i * step) % modulus + offset */
static struct samples series(size_t n, size_t step, size_t modulus, double offset)
{
	struct samples samples = { 0 };

	for (size_t i = 0; i < n; i++)
		samples_add(&samples, (double)(i * step % modulus) + offset);
	return samples;
}

static void largest_exact_one(void **state)
{
	(void)state;
	assert_test(series(25, 37, 101, 0), series(25, 53, 97, 17.5), 246, 0.20223257018851945, true);
}

static void normal_with_continuity_and_ties(void **state)
{
	(void)state;
	assert_test(series(30, 37, 101, 0), series(28, 53, 97, 11), 371.5, 0.45507148066023195, false);
	assert_test(series(40, 37, 11, 0), series(35, 53, 13, 0), 635.5, 0.49518022629913905, false);
	assert_test(series(40, 1, 1, 3), series(40, 1, 1, 3), 800, 1, false);
}

/* By hand: 0.005 x 4, 0.01 x 3, 0.03 x 2, then never less than before: 0.04 x 1 becomes 0.06. */
static void holm(void **state)
{
	const double p[] = { 0.01, 0.04, 0.03, 0.005 }, expected[] = { 0.03, 0.06, 0.06, 0.02 };
	double adjusted[4], capped[2] = { 0.7, 0.9 };

	(void)state;
	holm_adjust(p, 4, adjusted);
	for (size_t i = 0; i < 4; i++)
		assert_near(adjusted[i], expected[i], 1e-15);
	holm_adjust(capped, 2, capped);
	assert_near(capped[0], 1, 0);
	assert_near(capped[1], 1, 0);
	holm_adjust(NULL, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_without_ties),
		cmocka_unit_test(exact_with_ties),
		cmocka_unit_test(largest_exact_one),
		cmocka_unit_test(normal_with_continuity_and_ties),
		cmocka_unit_test(holm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
