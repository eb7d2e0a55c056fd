/* SPDX-License-Identifier: BSD-3-Clause */
/* `attachstorm model fit` and `predict` as a user types them. */
#include "modelrun.h"

#include <jansson.h>

#define GDB "scenarios/series/gdb-solib.csv"

static void fit_tells_law_and_tail(void **state)
{
	static const char *const words[] = { "fit", "--series", GDB, "--resamples=50", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT, again = STRBUF_INIT;

	(void)state;
	assert_null(run_model(words, &out));
	assert_non_null(strstr(out.text, "gdb without probes: 5 cells, 5 runs; published totals\n"));
	assert_non_null(strstr(out.text, "  * T1 linear "));
	assert_non_null(strstr(out.text, "total grows with M^1.98 from M = 500 to 2,000"));
	assert_non_null(strstr(out.text, "total grows with M^2.03 from M = 500 to 2,000"));
	assert_null(run_model(words, &again));
	assert_string_equal(out.text, again.text);
}

static void fit_as_json(void **state)
{
	static const char *const words[] = { "fit", "--json", "--series", "scenarios/series/lldb-modules.csv", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	json_t *root, *law;

	(void)state;
	assert_null(run_model(words, &out));
	root = json_loads(out.text, 0, NULL);
	assert_non_null(root);
	law = json_array_get(json_object_get(root, "laws"), 0);
	assert_string_equal(json_string_value(json_object_get(law, "name")), "lldb serial");
	assert_float_equal(json_number_value(json_object_get(json_object_get(law, "tail"), "exponent")), 1.66, 0.005);
	assert_int_equal(json_array_size(json_object_get(law, "cells")), 5);
	assert_true(json_is_object(json_object_get(law, "law")));
	assert_null(json_object_get(law, "prediction"));
	json_decref(root);
}

static void predict_has_an_interval(void **state)
{
	static const char *const words[] = { "predict", "--json", "--series", GDB, "--libraries", "4000", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	json_t *root, *p;
	double low, total, high;

	(void)state;
	assert_null(run_model(words, &out));
	root = json_loads(out.text, 0, NULL);
	assert_non_null(root);
	p = json_object_get(json_array_get(json_object_get(root, "laws"), 0), "prediction");
	low = json_number_value(json_object_get(p, "low_ns"));
	total = json_number_value(json_object_get(p, "total_ns"));
	high = json_number_value(json_object_get(p, "high_ns"));
	/* 141 s at 2,000, and twice as many by a law that is nearly a square */
	assert_true(low < 4 * 141e9 && high > 4 * 135e9);
	assert_true(low < total && total < high);
	assert_float_equal(json_number_value(json_object_get(p, "reach")), 2, 1e-9);
	json_decref(root);
}

static void a_plot_is_a_picture(void **state)
{
	char dir[] = "/tmp/test_modelfit.XXXXXX";
	_cleanup_free_ char *path = NULL, *program = fs_find_program("gnuplot");
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT, svg = STRBUF_INIT;
	const char *words[] = { "fit", "--resamples=50", "--series", GDB, "--plot", NULL, NULL };

	(void)state;
	if (!program)
		skip();
	assert_non_null(mkdtemp(dir));
	words[5] = path = fs_join(dir, "law.svg");
	assert_null(run_model(words, &out));
	assert_null(fs_read(path, &svg));
	assert_non_null(strstr(svg.text, "<svg"));
	assert_non_null(strstr(svg.text, "gdb with probes"));
	assert_non_null(strstr(svg.text, "</svg>"));
	assert_null(fs_remove_tree(dir));
}

static void without_gnuplot_the_tables_stay(void **state)
{
	static const char *const words[] = { "fit", "--resamples=50", "--series", GDB, "--plot", "/tmp/never.svg", NULL };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *path = strdup(getenv("PATH"));
	struct err *err;

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	err = run_model(words, &out);
	setenv("PATH", path, 1);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_SKIPPED);
	assert_non_null(strstr(err_message(err), "gnuplot is missing"));
	assert_non_null(strstr(out.text, "gdb with probes: 5 cells"));
	assert_false(fs_exists("/tmp/never.svg"));
	err_free(err);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *words[8];
		const char *said;
	} cases[] = {
		{ { "fit", NULL }, "nothing to fit" },
		{ { "predict", "--series", GDB, NULL }, "nothing to predict" },
		{ { "predict", "--series", GDB, "--libraries", "2.5", NULL }, "not a whole number" },
		{ { "predict", "--series", GDB, "--libraries", "0", NULL }, "--load-events: 0 is not from 1" },
		{ { "predict", "--series", GDB, "--libraries", "2000000", NULL }, "2000000 is not a whole number from 1 to 1e+06" },
		{ { "fit", "--series", GDB, "--resamples", "3", NULL }, "--resamples: 3 is not from 20" },
		{ { "fit", "--series", "/nonexistent.csv", NULL }, "/nonexistent.csv" },
		{ { "fit", "Makefile", NULL }, "'Makefile' is not JSON" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_model_refuses(cases[i].words, cases[i].said);
}

static void too_few_cells_still_have_a_table(void **state)
{
	char path[] = "/tmp/test_modelfit.XXXXXX";
	const char *words[] = { "fit", "--series", path, NULL };
	static const char text[] = "series,libraries,tasks,breakpoints,seconds\na,100,1,0,10\na,200,1,0,40\n";
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct err *err;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = run_model(words, &out);
	unlink(path);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_INCONCLUSIVE);
	assert_non_null(strstr(out.text, "no law "));
	assert_non_null(strstr(out.text, "total grows with M^2.00"));
	err_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fit_tells_law_and_tail),
		cmocka_unit_test(fit_as_json),
		cmocka_unit_test(predict_has_an_interval),
		cmocka_unit_test(a_plot_is_a_picture),
		cmocka_unit_test(without_gnuplot_the_tables_stay),
		cmocka_unit_test(too_few_cells_still_have_a_table),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
