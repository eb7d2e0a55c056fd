/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost model: the paper's own numbers, then `attachstorm model` as a user types it. */
#include "measure/model.h"

#include "modelrun.h"
#include "nullrun.h"

static void the_papers_numbers(void **state)
{
	struct cost_model model = { .t1_ns = 10e6, .t2_ns = 1e6 };

	(void)state;
	assert_float_equal(cost_model_total_ns(&model, 500, 500, 10) / 60e9, 83.333, 0.001);
	assert_float_equal(cost_model_total_ns(&model, 500, 500, 0) / 60e9, 41.667, 0.001);
	assert_float_equal(cost_model_total_ns(&model, 0, 500, 10), 0, 0);
}

static void as_the_readme_says(void **state)
{
	const char *const words[] = { "--libraries", "500", "--tasks=500", "--breakpoints", "10", "--t1", "10ms",
				      "--t2", "1ms", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	(void)state;
	assert_null(run_model(words, &out));
	assert_string_equal(out.text, "500 load events x 500 tasks x (10.0 ms + 10 breakpoints x 1.00 ms)\n"
				      "83.3 minutes, of which 41.7 for the events alone\n");
}

static void as_json(void **state)
{
	const char *const words[] = { "--json", "--libraries", "500", "--tasks", "500", "--t1", "10ms", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	json_t *root, *one;

	(void)state;
	assert_null(run_model(words, &out));
	root = json_loads(out.text, 0, NULL);
	assert_non_null(root);
	one = json_array_get(json_object_get(root, "predictions"), 0);
	assert_float_equal(json_number_value(json_object_get(one, "total_ns")), 2.5e12, 1);
	assert_float_equal(json_number_value(json_object_get(one, "events_ns")), 2.5e12, 1);
	assert_float_equal(json_number_value(json_object_get(one, "breakpoints")), 0, 0);
	json_decref(root);
}

static char *write_record(uint64_t breakpoints, char *dir)
{
	struct scenario scenario = nullrun_scenario();
	struct run run;
	char *path;

	scenario.breakpoints_count = breakpoints;
	assert_non_null(mkdtemp(dir));
	nullrun_make(&scenario, 1, &run);
	run.host = json_pack("{s:s}", "kernel", "6.1.0");
	assert_null(run_write(&run, dir, &path));
	run_deinit(&run);
	return path;
}

/* 12 us + 10 x 1.9 us at 100 events in 4 tasks, and at what was asked for. */
static void from_a_record(void **state)
{
	char dir[] = "/tmp/test_model.XXXXXX";
	_cleanup_free_ char *path = write_record(10, dir);
	const char *const words[] = { path, NULL };
	const char *const bigger[] = { path, "--tasks", "1000", "--libraries", "500", "--breakpoints", "0", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT, out_bigger = STRBUF_INIT;

	(void)state;
	assert_null(run_model(words, &out));
	assert_non_null(strstr(out.text, "measured by made-up, Linux 6.1.0\n"));
	assert_non_null(strstr(out.text, "cold\n"));
	assert_non_null(strstr(out.text, "warm\n"));
	assert_non_null(strstr(out.text, "T1  12.0 µs mean, 12.0 µs median  (12.0 µs to 12.0 µs, n = 400)"));
	assert_non_null(strstr(out.text, "100 load events x 4 tasks, 10 breakpoints:"));
	assert_non_null(strstr(out.text, "12.4 milliseconds, of which 4.80 for the events alone"));
	assert_null(run_model(bigger, &out_bigger));
	assert_non_null(strstr(out_bigger.text, "6.00 seconds, of which 6.00 for the events alone"));
	assert_null(fs_remove_tree(dir));
}

static void no_prediction_without_a_measurement(void **state)
{
	char dir[] = "/tmp/test_model.XXXXXX";
	_cleanup_free_ char *path = write_record(0, dir);
	const char *const words[] = { path, "--breakpoints", "5", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct err *err = run_model(words, &out);

	(void)state;
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), "measured no reinsertion"));
	assert_string_equal(out.text, "");
	err_free(err);
	assert_null(fs_remove_tree(dir));
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *words[8];
		const char *said;
	} cases[] = {
		{ { NULL }, "--load-events, --tasks and --t1 are needed" },
		{ { "--t1", "10ms", "--tasks", "5", NULL }, "are needed" },
		{ { "--libraries", "5", "--tasks", "0", "--t1", "1ms", NULL }, "--tasks: 0 is not from 1 to 1e+09" },
		{ { "--libraries", "x", NULL }, "--load-events: 'x' is not a number" },
		{ { "--libraries", "1e999", NULL }, "is not a number" },
		{ { "--libraries", "-5", NULL }, "--load-events: -5 is not from 0" },
		{ { "--tasks", "1e300", NULL }, "--tasks: 1e300 is not from 1" },
		{ { "--t1", "10", NULL }, "--t1" },
		{ { "--libraries=5", "--tasks=5", "--t1=1ms", "--breakpoints=1", NULL }, "needs --t2" },
		{ { "record.json", "--t1", "1ms", NULL }, "do not go with a record" },
		{ { "a.json", "b.json", NULL }, "more than one record" },
		{ { "/nonexistent/record.json", NULL }, "/nonexistent/record.json" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_model_refuses(cases[i].words, cases[i].said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_papers_numbers),
		cmocka_unit_test(as_the_readme_says),
		cmocka_unit_test(as_json),
		cmocka_unit_test(from_a_record),
		cmocka_unit_test(no_prediction_without_a_measurement),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
