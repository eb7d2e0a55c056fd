/* SPDX-License-Identifier: BSD-3-Clause */
/* Order statistics: known samples, empty ones, and that samples keep their order. */
#include "measure/stats/quantile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void of_one_to_hundred(void **state)
{
	struct samples samples = { 0 };
	struct quantiles q;

	(void)state;
	for (int i = 100; i >= 0; i--)
		samples_add(&samples, i);
	quantiles_compute(&samples, &q);
	assert_int_equal(q.n, 101);
	assert_float_equal(q.min, 0, 0);
	assert_float_equal(q.p10, 10, 1e-9);
	assert_float_equal(q.p50, 50, 1e-9);
	assert_float_equal(q.p90, 90, 1e-9);
	assert_float_equal(q.p99, 99, 1e-9);
	assert_float_equal(q.max, 100, 0);
	assert_float_equal(q.sum, 5050, 0);
	assert_float_equal(q.mean, 50, 1e-9);
	assert_float_equal(samples.values[0], 100, 0); /* not sorted in place */
	samples_deinit(&samples);
}

static void of_an_even_number(void **state)
{
	struct samples samples = { 0 };

	(void)state;
	samples_add(&samples, 1);
	samples_add(&samples, 100);
	samples_add(&samples, 3);
	samples_add(&samples, 2);
	assert_float_equal(samples_median(&samples), 2.5, 1e-12);
	samples_deinit(&samples);
}

static void of_one_and_of_none(void **state)
{
	struct samples samples = { 0 };
	struct quantiles q;

	(void)state;
	quantiles_compute(&samples, &q);
	assert_int_equal(q.n, 0);
	assert_float_equal(q.p50 + q.max + q.mean + q.sum, 0, 0);
	samples_add(&samples, 7);
	quantiles_compute(&samples, &q);
	assert_int_equal(q.n, 1);
	assert_float_equal(q.min, 7, 0);
	assert_float_equal(q.p99, 7, 0);
	samples_deinit(&samples);
}

static void append_keeps_both(void **state)
{
	struct samples a = { 0 }, b = { 0 };

	(void)state;
	samples_add(&a, 1);
	samples_add(&b, 2);
	samples_add(&b, 3);
	samples_append(&a, &b);
	assert_int_equal(a.n, 3);
	assert_int_equal(b.n, 2);
	assert_float_equal(a.values[2], 3, 0);
	samples_deinit(&a);
	samples_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one_to_hundred),
		cmocka_unit_test(of_an_even_number),
		cmocka_unit_test(of_one_and_of_none),
		cmocka_unit_test(append_keeps_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
