/* SPDX-License-Identifier: BSD-3-Clause */
/* What a comparison says, and which of several findings decides: the sentences of docs/compare.md that no other test
 * holds. */
#include "unit.h"

#include "job/scenario/scenario.h"
#include "madeup.h"
#include "report/compare/print.h"

static void assert_says(const char *text, const char *part, bool says)
{
	if ((strstr(text, part) != NULL) != says)
		fail_msg("'%s' %s '%s'", text, says ? "does not say" : "says", part);
}

/* A record with one variant of each of these. */
static void make_run(const char *id, const struct madeup *variants, size_t n, struct run *run)
{
	struct rng rng;

	rng_init(&rng, 7);
	run_init(run);
	run->id = mem_strdup(id);
	run->host = json_pack("{s:s, s:s, s:s, s:s}", "hostname", id, "glibc", "2.36", "machine", "x86_64", "kernel", id);
	run->scenario = json_pack("{s:s}", "tool", "native");
	for (size_t i = 0; i < n; i++) {
		run_add_variant(run, i ? "b" : "a", NULL, false);
		madeup_run(run, (uint32_t)i, &variants[i], &rng);
	}
}

static void compare_with(const struct run *run, const char *const *settings, struct strbuf *text,
			 struct comparison *ret)
{
	struct tolerances tolerances;

	assert_ok(tolerances_read(NULL, &tolerances));
	tolerances.resamples = 200;
	for (; settings && *settings; settings++)
		assert_ok(conf_set(&tolerances_table, *settings, &tolerances));
	compare_variants(run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, ret);
	comparison_format(ret, text);
	conf_deinit(&tolerances_table, &tolerances);
}

static const struct madeup calm = { .runs = 6, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_WARM };
static const struct madeup wild = { .runs = 6, .noise = 8, .factor = 1, .temperature = TEMPERATURE_WARM };

static void a_tolerance_that_decides_nothing_has_no_digits(void **state)
{
	const struct madeup pair[] = { wild, wild };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct comparison comparison;
	bool any = false;
	struct run run;

	(void)state;
	make_run("r", pair, 2, &run);
	compare_with(&run, NULL, &text, &comparison);
	for (size_t i = 0; i < comparison.parts[0].n_rows; i++)
		any |= comparison.parts[0].rows[i].tolerance >= 10;
	assert_true(any);
	assert_says(text.text, "> 1000 %", true);
	for (const char *at = text.text; (at = strstr(at, " %")); at++) {
		const char *number = at;

		while (number > text.text && number[-1] >= '0' && number[-1] <= '9')
			number--;
		assert_true(at - number <= 4);
	}
	comparison_deinit(&comparison);
	run_deinit(&run);
}

static void no_number_of_runs_may_be_enough(void **state)
{
	static const char *const tight[] = { "metrics=total", "noise=0", "resolution=0.01", "total.relative=0",
					     "total.absolute=0s", NULL };
	const struct madeup pair[] = { wild, wild };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct comparison comparison;
	struct run run;

	(void)state;
	make_run("r", pair, 2, &run);
	/* the two differ by next to nothing beside what they spread */
	for (size_t i = 0; i < run.n_trials; i++)
		run.trial_summaries[i].spans_ns[SPAN_TOTAL] = (i % 6 + 1) * (i % 6 + 1) * (i % 6 + 1) * NS_PER_S;
	compare_with(&run, tight, &text, &comparison);
	assert_int_equal(comparison.verdict, COMPARE_CANNOT_TELL);
	assert_true(comparison_runs_more(&comparison) == COMPARE_NEVER);
	assert_says(text.text, "no number of further runs would decide, at this spread: a quieter machine may", true);
	comparison_deinit(&comparison);
	run_deinit(&run);
}

/* More runs of a tool that fails are not what is missing, nor are those of times that are too small. */
static void more_runs_are_asked_for_only_where_they_help(void **state)
{
	static const char *const large[] = { "metrics=total", "total.absolute=1h", NULL };
	const struct madeup pair[] = { calm, calm };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct comparison comparison;
		struct run run;

		make_run("r", pair, 2, &run);
		if (i)
			trial_contradict(&run.trials[8], "made up");
		compare_with(&run, i ? NULL : large, &text, &comparison);
		assert_int_equal(comparison.verdict, COMPARE_CANNOT_TELL);
		assert_says(text.text, i ? "more of NEW's runs are invalid than of BASE's: 0, then 1" :
					   "every time is below its absolute tolerance: none was tested", true);
		assert_says(text.text, "would decide", false);
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
}

static void worse_goes_before_what_is_missing(void **state)
{
	struct madeup pair[] = { calm, calm };
	struct madeup cold = calm;
	struct rng rng;

	(void)state;
	cold.temperature = TEMPERATURE_COLD;
	for (size_t slower = 0; slower < 2; slower++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct comparison comparison;
		struct run run;

		pair[1].factor = slower ? 2 : 1;
		make_run("r", pair, 2, &run);
		rng_init(&rng, 1);
		madeup_run(&run, 0, &cold, &rng);
		compare_with(&run, NULL, &text, &comparison);
		assert_int_equal(comparison_status(&comparison), slower ? EXIT_REGRESSION : EXIT_INVALID);
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
}

/* Of the machine counts depend on the C library, not on its name or kernel. */
static void counts_alone_may_be_of_another_machine(void **state)
{
	struct compare_options options = { .keys = &scenario_table };
	struct compare_side base = { .name = "A", .n_runs = 1 }, new = { .name = "B", .n_runs = 1 };
	struct tolerances tolerances;
	struct comparison comparison;
	struct run a, b;

	(void)state;
	assert_ok(tolerances_read(NULL, &tolerances));
	options.tolerances = &tolerances;
	make_run("n1", &calm, 1, &a);
	make_run("n2", &calm, 1, &b);
	base.runs = &a;
	new.runs = &b;
	assert_err_has(compare_sides(&base, &new, &options, &comparison), "machine hostname: n1 against n2");
	options.counts_only = true;
	assert_ok(compare_sides(&base, &new, &options, &comparison));
	assert_int_equal(comparison.verdict, COMPARE_SAME);
	assert_int_equal(comparison.differs.n, 2); /* told all the same */
	comparison_deinit(&comparison);
	json_object_set_new(b.host, "glibc", json_string("2.41"));
	assert_err_has(compare_sides(&base, &new, &options, &comparison), "machine glibc: 2.36 against 2.41");
	run_deinit(&a);
	run_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tolerance_that_decides_nothing_has_no_digits),
		cmocka_unit_test(no_number_of_runs_may_be_enough),
		cmocka_unit_test(more_runs_are_asked_for_only_where_they_help),
		cmocka_unit_test(worse_goes_before_what_is_missing),
		cmocka_unit_test(counts_alone_may_be_of_another_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
