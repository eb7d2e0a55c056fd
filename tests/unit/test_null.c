/* SPDX-License-Identifier: BSD-3-Clause */
/* The null tool closes the loop: what it puts in, the summary gives back. */
#include "nullrun.h"

#include "measure/loadevent.h"

#include <math.h>
#include <string.h>

static void without_noise_exactly(void **state)
{
	struct scenario scenario = nullrun_scenario();
	const struct summary *s;
	struct run run;

	(void)state;
	nullrun_make(&scenario, 2, &run);
	assert_true(run_is_valid(&run));
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		s = &run.variants[0].summaries[i];
		assert_int_equal(s->n_traced, 2);
		assert_int_equal(s->n_untraced, 2);
		assert_int_equal(s->t1_ns.n, 2 * 4 * 100);
		assert_float_equal(s->t1_ns.min, NULLRUN_T1_NS, 0);
		assert_float_equal(s->t1_ns.max, NULLRUN_T1_NS, 0);
		assert_float_equal(s->t2_ns.min, NULLRUN_T2_NS, 0);
		assert_float_equal(s->t2_ns.max, NULLRUN_T2_NS, 0);
		assert_float_equal(s->load_events_per_task, 100, 0);
		assert_float_equal(s->breakpoints, 10, 0);
		assert_float_equal(s->model_ratio.p50, 1, 1e-12);
		assert_float_equal(s->odd_sequences, 0, 0);
		/* each task also has the load event of its start */
		assert_float_equal(s->load_events, 4 * 101, 0);
		assert_true(s->ratio[SPAN_IMPORT_WORST].p50 > 1);
	}
	run_deinit(&run);
}

/* Event i finds 3 start-up libraries and i more; resolving is handling, not reinsertion. */
static void laws_exactly(void **state)
{
	static const struct {
		enum null_law law;
		double exponent;
	} cases[] = { { NULL_LAW_LINEAR, 1 }, { NULL_LAW_POWER, 1.5 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario scenario = nullrun_scenario();
		struct load_events loads;
		struct trial trial;
		double m = 3;

		scenario.tasks = 1;
		scenario.null_law = cases[i].law;
		scenario.null_exponent = cases[i].exponent;
		scenario.null_slope_ns = 500;
		scenario.null_t2_resolve_ns = 7;
		trial_init(&trial);
		trial.traced = true;
		nullrun_trial(&scenario, NULL, &trial);
		load_events_find(&trial, &loads);
		assert_int_equal(loads.n, 101);
		for (size_t j = 1; j < loads.n; j++, m++) {
			double t1_ns = NULLRUN_T1_NS + 500 * pow(m, cases[i].exponent) + 10 * 7 * m;

			assert_float_equal((double)loads.events[j].t1_ns, t1_ns, 1);
			assert_int_equal(loads.events[j].breakpoints_ns, 10 * NULLRUN_T2_NS);
		}
		load_events_deinit(&loads);
		trial_deinit(&trial);
	}
}

/* A serial tool that is always busy: what a stop adds to the job is what handling it takes. */
static void full_cost_is_handling_when_busy(void **state)
{
	struct scenario scenario = nullrun_scenario();
	double handling_ns = NULLRUN_T1_NS + 10 * NULLRUN_T2_NS;
	struct run run;

	(void)state;
	scenario.tasks = 1;
	nullrun_make(&scenario, 1, &run);
	assert_float_equal(run.variants[0].summaries[TEMPERATURE_WARM].job_cost_per_stop_ns.p50, handling_ns / 2, 1e-6);
	assert_float_equal(run.variants[0].summaries[TEMPERATURE_WARM].task_cost_per_stop_ns.p50, handling_ns / 2, 1e-6);
	run_deinit(&run);
}

static void with_noise_within_five_percent(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct run run;

	(void)state;
	scenario.null_noise = 0.1;
	nullrun_make(&scenario, 2, &run);
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &run.variants[0].summaries[i];

		assert_float_equal(s->t1_ns.p50, NULLRUN_T1_NS, 0.05 * NULLRUN_T1_NS);
		assert_float_equal(s->t2_ns.p50, NULLRUN_T2_NS, 0.05 * NULLRUN_T2_NS);
		/* a relative deviation of 0.1 puts the percentiles at about 12.8 % */
		assert_float_equal(s->t1_ns.p90 / s->t1_ns.p50, 1.137, 0.03);
		assert_float_equal(s->model_ratio.p50, 1, 0.05);
	}
	run_deinit(&run);
}

static void one_seed_one_trial(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct trial a, b, c;

	(void)state;
	scenario.null_noise = 0.3;
	trial_init(&a);
	trial_init(&b);
	trial_init(&c);
	a.traced = b.traced = c.traced = true;
	c.repetition = 1;
	nullrun_trial(&scenario, NULL, &a);
	nullrun_trial(&scenario, NULL, &b);
	nullrun_trial(&scenario, NULL, &c);
	assert_int_equal(a.n_events, b.n_events);
	assert_memory_equal(a.events, b.events, a.n_events * sizeof(*a.events));
	assert_int_equal(a.n_events, c.n_events);
	assert_true(memcmp(a.events, c.events, a.n_events * sizeof(*a.events)) != 0);
	trial_deinit(&a);
	trial_deinit(&b);
	trial_deinit(&c);
}

/* The made-up tracer is serial: no two stops overlap, and the list is in order. */
static void stops_do_not_overlap(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct trial trial;

	(void)state;
	scenario.null_noise = 0.5;
	trial_init(&trial);
	trial.traced = true;
	nullrun_trial(&scenario, NULL, &trial);
	assert_int_equal(trial.n_contradictions, 0);
	for (size_t i = 1; i < trial.n_events; i++)
		assert_true(trial.events[i].begin_ns >= trial.events[i - 1].done_ns);
	for (size_t i = 0; i < trial.n_events; i++)
		assert_true(trial.events[i].begin_ns >= trial.events[i].seen_ns);
	trial_deinit(&trial);
}

/* Module 0 needs utilities 1 and 2, module 3 needs 2 only, module 4 was brought in by 3: a null event. */
static void follows_a_manifest(void **state)
{
	size_t of0[] = { 1 }, of1[] = { 2 }, of3[] = { 2, 4 };
	uint32_t calls[] = { 3, 5 };
	struct manifest_library libraries[] = {
		{ .name = (char *)"libmodule0", .path = (char *)"lib/libmodule0.so", .dependencies = of0, .n_dependencies = 1,
		  .function_pattern = (char *)"libmodule0_fn{}", .n_functions = 2, .calls = calls },
		{ .name = (char *)"libutility0", .path = (char *)"lib/libutility0.so", .kind = LIBRARY_UTILITY,
		  .dependencies = of1, .n_dependencies = 1, .function_pattern = (char *)"u0_{}" },
		{ .name = (char *)"libutility1", .path = (char *)"lib/libutility1.so", .kind = LIBRARY_UTILITY,
		  .function_pattern = (char *)"u1_{}" },
		{ .name = (char *)"libmodule1", .path = (char *)"lib/libmodule1.so", .dependencies = of3, .n_dependencies = 2,
		  .function_pattern = (char *)"libmodule1_fn{}" },
		{ .name = (char *)"libmodule2", .path = (char *)"lib/libmodule2.so",
		  .function_pattern = (char *)"libmodule2_fn{}" },
	};
	struct manifest manifest = {
		.target_dir = (char *)"/target", .libraries = libraries, .n_libraries = 5, .n_modules = 3,
		.expect_libraries = 5, .expect_calls = 8, .expect_import_events = 2,
	};
	struct scenario scenario = nullrun_scenario();
	char *names[] = { (char *)"libmodule0_fn1", (char *)"elsewhere" };
	static const volatile bool never;
	struct tool_request request = { &scenario, &manifest, NULL, names, 2, &never, NULL };
	struct expectation expectation;
	struct load_events loads;
	struct trial trial;

	(void)state;
	trial_init(&trial);
	assert_null(tool_null.run(&request, &trial));
	expectation_init(&expectation, &manifest, NULL);
	check_trial(&trial, &expectation);
	assert_int_equal(trial.n_contradictions, 0);
	assert_int_equal(trial.tasks[0].target_libraries, 5);
	assert_int_equal(trial.tasks[3].stops[EVENT_NULL], 1);
	assert_int_equal(trial.tasks[3].load_events, 4); /* start, and three imports */
	assert_int_equal(trial.breakpoints[0].hits, 5 * 4);
	assert_int_equal(trial.breakpoints[1].expected_hits, -1);
	load_events_find(&trial, &loads);
	assert_int_equal(loads.events[4].added, 3); /* the first import of rank 0 */
	assert_string_equal(trial.libraries[trial.names[trial.events[loads.events[4].last].names_at + 2]],
			    "/target/lib/libutility1.so");
	load_events_deinit(&loads);
	trial_deinit(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_noise_exactly),
		cmocka_unit_test(laws_exactly),
		cmocka_unit_test(full_cost_is_handling_when_busy),
		cmocka_unit_test(with_noise_within_five_percent),
		cmocka_unit_test(one_seed_one_trial),
		cmocka_unit_test(stops_do_not_overlap),
		cmocka_unit_test(follows_a_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
