/* SPDX-License-Identifier: BSD-3-Clause */
/* The interval against the whole bootstrap distribution, counted out: tests/golden/ranktest.py. */
#include "unit.h"

#include <math.h>

#include "measure/stats/ratio.h"

#define assert_near(a, b, most) assert_true(fabs((a) - (b)) <= (most))

static const double under_values[] = { 10, 11, 12, 13, 14 }, over_values[] = { 10.5, 12.5, 15, 16, 18 };

static void fill(const double *values, size_t n, struct samples *samples)
{
	for (size_t i = 0; i < n; i++)
		samples_add(samples, values[i]);
}

static void all_draws_say_the_same(void **state)
{
	_cleanup_(samples_deinit) struct samples over = { 0 }, under = { 0 };
	struct ratio ratio, again;

	(void)state;
	fill(over_values, 5, &over);
	fill(under_values, 5, &under);
	ratio_compute(&over, &under, 0.95, 20000, 1, &ratio);
	assert_near(ratio.value, 1.25, 0);
	assert_near(ratio.low, 0.875, 1e-12);
	assert_near(ratio.high, 1.6, 1e-12);
	assert_near(ratio.spread, 0.17731689075641563, 1e-12);
	ratio_compute(&over, &under, 0.95, 20000, 1, &again);
	assert_memory_equal(&ratio, &again, sizeof(ratio));
	/* seen from the other side */
	ratio_compute(&under, &over, 0.95, 20000, 2, &again);
	assert_near(again.low, 1 / 1.6, 1e-12);
	assert_near(again.high, 1 / 0.875, 1e-12);
	assert_near(again.spread, ratio.spread, 1e-15);
}

static void one_run_has_no_spread(void **state)
{
	_cleanup_(samples_deinit) struct samples over = { 0 }, under = { 0 };
	struct ratio ratio;

	(void)state;
	fill(over_values, 1, &over);
	fill(under_values, 1, &under);
	ratio_compute(&over, &under, 0.95, 10, 1, &ratio);
	assert_near(ratio.low, 1.05, 1e-12);
	assert_near(ratio.high, 1.05, 1e-12);
	assert_near(ratio.spread, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_draws_say_the_same),
		cmocka_unit_test(one_run_has_no_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
