/* SPDX-License-Identifier: BSD-3-Clause */
/* Laws: what they say, and that a fit finds the one that made the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "lib/rng.h"
#include "measure/law/choice.h"

static const struct law_fit papers = { .constant_ns = 10e6, .insert_ns = 1e6 };

static double total_of(const struct law_fit *fit, double libraries, double tasks, double breakpoints)
{
	struct law_run run;
	double total;

	law_rows_spread(libraries, tasks, breakpoints, 0, 1, &run);
	total = law_total(fit, &run);
	free(run.rows);
	return total;
}

static void the_papers_minutes(void **state)
{
	(void)state;
	assert_float_equal(total_of(&papers, 500, 500, 0) / 60e9, 41.667, 0.001);
	assert_float_equal(total_of(&papers, 500, 500, 10) / 60e9, 83.333, 0.001);
}

/* Against the sums written out: rows may be wide, power sums stay good to 1e-4. */
static void totals_are_sums_over_events(void **state)
{
	static const struct law_fit fits[] = {
		{ .constant_ns = 3, .growth_ns = 0.5, .exponent = 1 },
		{ .growth_ns = 2, .exponent = 0.4 },
		{ .constant_ns = 1, .growth_ns = 0.01, .exponent = 2.3, .insert_ns = 5, .resolve_ns = 0.25 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		double sum = 0;

		for (int m = 0; m < 1500; m++)
			sum += 7 * (law_t1(&fits[i], m) + 3 * law_t2(&fits[i], m));
		assert_true(fabs(total_of(&fits[i], 1500, 7, 3) / sum - 1) < 1e-4);
	}
}

/* One run per cell of a sweep over M, N and B; totals with a relative deviation. */
static void sweep(const struct law_fit *law, double noise, uint64_t seed, struct law_data *ret)
{
	static const double libraries[] = { 50, 100, 200, 400, 800 }, tasks[] = { 1, 4 }, breakpoints[] = { 0, 5, 20 };
	struct rng rng;

	memset(ret, 0, sizeof(*ret));
	rng_init(&rng, seed);
	for (size_t i = 0; i < 30; i++) {
		double m = libraries[i % 5], n = tasks[i / 5 % 2], b = breakpoints[i / 10];
		double factor = 1 + noise * (2 * rng_unit(&rng) - 1);

		law_data_add_total(ret, m, n, b, factor * total_of(law, m, n, b), 0, 1);
	}
	law_data_finish(ret);
}

/* One interval in twenty is expected to miss: here they may by their own width. */
static void assert_near(double value, struct law_interval interval, double slack, const char *what)
{
	double width = interval.high - interval.low + slack * fabs(value);

	if (value < interval.low - width || value > interval.high + width)
		fail_msg("%s: %g is not near %g to %g", what, value, interval.low, interval.high);
}

static void the_law_that_made_the_totals_is_found(void **state)
{
	static const struct law_fit laws[] = {
		{ { LAW_T1_CONSTANT, LAW_T2_NONE }, .constant_ns = 1e6 },
		{ { LAW_T1_CONSTANT, LAW_T2_INSERT }, .constant_ns = 1e6, .insert_ns = 2e5 },
		{ { LAW_T1_LINEAR, LAW_T2_NONE }, .constant_ns = 1e6, .growth_ns = 3e4, .exponent = 1 },
		{ { LAW_T1_LINEAR, LAW_T2_RESOLVE }, .constant_ns = 1e6, .growth_ns = 3e4, .exponent = 1,
		  .insert_ns = 2e5, .resolve_ns = 1e3 },
		{ { LAW_T1_POWER, LAW_T2_INSERT }, .growth_ns = 4e4, .exponent = 0.6, .insert_ns = 2e5 },
		{ { LAW_T1_OFFSET, LAW_T2_NONE }, .constant_ns = 2e6, .growth_ns = 20, .exponent = 1.8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++)
		for (int noisy = 0; noisy < 2; noisy++) {
			double slack = noisy ? 0 : 1e-4;
			struct law_data data;
			struct law_choice choice;
			struct law_prediction p;

			sweep(&laws[i], noisy ? 0.03 : 0, 7, &data);
			assert_int_equal(data.n_cells, 30);
			assert_null(law_choose(&data, 1, 300, &choice));
			if (choice.fit.shape.t1 != laws[i].shape.t1 || choice.fit.shape.t2 != laws[i].shape.t2)
				fail_msg("law %zu, noisy %d: chosen %s, %s", i, noisy,
					 law_t1_names[choice.fit.shape.t1], law_t2_names[choice.fit.shape.t2]);
			assert_near(laws[i].constant_ns, choice.constant_ns, slack, "constant");
			assert_near(laws[i].growth_ns, choice.growth_ns, slack, "growth");
			assert_near(laws[i].exponent, choice.exponent, slack, "exponent");
			assert_near(laws[i].insert_ns, choice.insert_ns, slack, "insert");
			assert_near(laws[i].resolve_ns, choice.resolve_ns, slack, "resolve");
			assert_near(1, choice.tasks_exponent_interval, 1e-3, "exponent of N");
			law_predict(&choice, &data, 1600, 8, 10, &p);
			assert_near(total_of(&laws[i], 1600, 8, 10), p.interval, slack, "prediction");
			assert_float_equal(p.reach, 2, 1e-9);
			law_choice_deinit(&choice);
			law_data_deinit(&data);
		}
}

static bool is_within(double value, struct law_interval interval)
{
	return value >= interval.low && value <= interval.high;
}

/* What goes in comes out within its interval, about as often as it says. */
static void intervals_cover(void **state)
{
	static const struct law_fit law = { { LAW_T1_LINEAR, LAW_T2_RESOLVE }, .constant_ns = 1e6, .growth_ns = 3e4,
					    .exponent = 1, .insert_ns = 2e5, .resolve_ns = 1e3 };
	int chosen = 0, growth = 0, insert = 0, resolve = 0, prediction = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct law_data data;
		struct law_choice choice;
		struct law_prediction p;

		sweep(&law, 0.05, seed, &data);
		assert_null(law_choose(&data, seed, 200, &choice));
		chosen += choice.fit.shape.t1 == law.shape.t1 && choice.fit.shape.t2 == law.shape.t2;
		growth += is_within(law.growth_ns, choice.growth_ns);
		insert += is_within(law.insert_ns, choice.insert_ns);
		resolve += is_within(law.resolve_ns, choice.resolve_ns);
		law_predict(&choice, &data, 1000, 8, 10, &p);
		prediction += is_within(total_of(&law, 1000, 8, 10), p.interval);
		law_choice_deinit(&choice);
		law_data_deinit(&data);
	}
	assert_true(chosen >= 34 && growth >= 34 && insert >= 34 && resolve >= 34 && prediction >= 38);
}

static void same_seed_same_intervals(void **state)
{
	static const struct law_fit law = { .constant_ns = 1e6, .growth_ns = 3e4, .exponent = 1 };
	struct law_data data;
	struct law_choice one, two, other;

	(void)state;
	sweep(&law, 0.05, 7, &data);
	assert_null(law_choose(&data, 5, 100, &one));
	assert_null(law_choose(&data, 5, 100, &two));
	assert_null(law_choose(&data, 6, 100, &other));
	assert_memory_equal(&one.constant_ns, &two.constant_ns, sizeof(one.constant_ns));
	assert_memory_equal(&one.growth_ns, &two.growth_ns, sizeof(one.growth_ns));
	assert_true(one.growth_ns.low != other.growth_ns.low);
	law_choice_deinit(&one);
	law_choice_deinit(&two);
	law_choice_deinit(&other);
	law_data_deinit(&data);
}

/* A tool that handles tasks at the same time: totals that do not grow with N as the law says. */
static void tasks_that_overlap_are_seen(void **state)
{
	struct law_data data = { 0 };
	struct law_choice choice;

	(void)state;
	for (int i = 0; i < 12; i++)
		law_data_add_total(&data, 100 * (1 + i % 3), 1 << i / 3, 0, 1e6 * (1 + i % 3) * sqrt(1 << i / 3), 0, 1);
	law_data_finish(&data);
	assert_null(law_choose(&data, 1, 200, &choice));
	assert_true(choice.n_varies);
	assert_float_equal(choice.tasks_exponent, 0.5, 0.02);
	assert_true(choice.tasks_exponent_interval.high < 0.6);
	law_choice_deinit(&choice);
	law_data_deinit(&data);
}

static void too_few_cells(void **state)
{
	struct law_data data = { 0 };
	struct law_choice choice;
	struct err *err;

	(void)state;
	for (int i = 0; i < 6; i++)
		law_data_add_total(&data, 100 + 100 * (i % 2), 1, 0, 1e6, 0, 1);
	law_data_finish(&data);
	assert_int_equal(data.n_cells, 2);
	err = law_choose(&data, 1, 100, &choice);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_INCONCLUSIVE);
	assert_non_null(strstr(err_message(err), "there are 2"));
	err_free(err);
	law_data_deinit(&data);
}

/* Repetitions whose M differs by an event are one cell; it is held out as a whole. */
static void repetitions_are_one_cell(void **state)
{
	struct law_data data = { 0 };

	(void)state;
	law_data_add_total(&data, 500, 4, 0, 1e9, 0, 1);
	law_data_add_total(&data, 501, 4, 0, 3e9, 0, 1);
	law_data_add_total(&data, 500, 4, 10, 1e9, 0, 1);
	law_data_add_total(&data, 550, 4, 0, 1e9, 0, 1);
	law_data_finish(&data);
	assert_int_equal(data.n_cells, 3);
	assert_int_equal(data.cells[0].n_runs, 2);
	assert_float_equal(data.cells[0].total_ns, 2e9, 1);
	assert_int_equal(data.runs[1].cell, 0);
	assert_int_equal(data.runs[3].cell, 2);
	law_data_deinit(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_minutes),
		cmocka_unit_test(totals_are_sums_over_events),
		cmocka_unit_test(the_law_that_made_the_totals_is_found),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(same_seed_same_intervals),
		cmocka_unit_test(tasks_that_overlap_are_seen),
		cmocka_unit_test(too_few_cells),
		cmocka_unit_test(repetitions_are_one_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
