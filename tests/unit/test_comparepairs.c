/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs that were made in turns are compared pair by pair: what both of a pair share cancels. */
#include "unit.h"

#include "madeup.h"
#include "report/compare/print.h"

/* What makes up two variants whose runs took turns. */
struct turns {
	size_t runs;
	double noise;  /* of each time by itself: deviation of its logarithm */
	double shared; /* of all times of both runs of a repetition */
	double factor; /* of B's times */
};

static double normal(struct rng *rng)
{
	double u = 1 - rng_unit(rng), v = rng_unit(rng);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static void make_turns(const struct turns *turns, uint64_t seed, struct run *run)
{
	struct madeup side = { .runs = turns->runs, .noise = turns->noise, .factor = 1,
			       .temperature = TEMPERATURE_WARM };
	struct rng rng;

	rng_init(&rng, seed);
	run_init(run);
	run->id = mem_strdup("turns");
	run_add_variant(run, "a", NULL, false);
	run_add_variant(run, "b", NULL, false);
	madeup_run(run, 0, &side, &rng);
	side.factor = turns->factor;
	madeup_run(run, 1, &side, &rng);
	for (size_t i = 0; i < turns->runs; i++) {
		double shared = exp(turns->shared * normal(&rng));

		for (size_t j = i; j < run->n_trials; j += turns->runs) {
			struct trial_summary *summary = &run->trial_summaries[j];

			for (size_t k = 0; k < SPAN_N; k++)
				summary->spans_ns[k] *= shared;
			summary->t1_ns.p50 *= shared;
			summary->t2_ns.p50 *= shared;
			summary->handling_ns.p50 *= shared;
			run->trials[j].tracer_cpu_ns *= shared;
			run->trials[j].tracer_peak_rss_bytes *= shared;
		}
	}
}

static void compare_turns(const struct run *run, const char *setting, struct comparison *ret)
{
	_cleanup_(tolerances_deinit) struct tolerances tolerances = { 0 };

	assert_ok(tolerances_read(NULL, &tolerances));
	tolerances.resamples = 200;
	if (setting)
		assert_ok(conf_set(&tolerances_table, setting, &tolerances));
	compare_variants(run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, ret);
}

static enum compare_verdict verdict_of(const struct turns *turns, uint64_t seed, const char *setting)
{
	struct comparison comparison;
	enum compare_verdict verdict;
	struct run run;

	make_turns(turns, seed, &run);
	compare_turns(&run, setting, &comparison);
	verdict = comparison.verdict;
	comparison_deinit(&comparison);
	run_deinit(&run);
	return verdict;
}

/* 1,000 comparisons of a tool with itself at each noise: at most 1 in 200 may be called worse. */
static void no_false_alarms(void **state)
{
	static const double noises[] = { 0.02, 0.1, 0.3, 0.6 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(noises); i++) {
		size_t worse = 0;

		for (size_t j = 0; j < 1000; j++) {
			const struct turns same = { 10 + j % 7, noises[i], 0.3, 1 };

			worse += verdict_of(&same, 1000 * i + j, NULL) == COMPARE_WORSE;
		}
		if (worse > 5)
			fail_msg("noise %g: %zu of 1,000 called worse", noises[i], worse);
	}
}

/* A machine that is three times as slow now and then: two groups show nothing, pairs do. */
static void what_pairs_share_cancels(void **state)
{
	const struct turns slower = { 12, 0.02, 0.6, 1.2 };
	struct comparison comparison;
	size_t found = 0, found_as_groups = 0;
	struct run run;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		found += verdict_of(&slower, i, NULL) == COMPARE_WORSE;
		make_turns(&slower, i, &run);
		for (size_t j = 0; j < run.n_trials; j++) /* no two of one repetition */
			run.trials[j].repetition = (uint32_t)j;
		compare_turns(&run, NULL, &comparison);
		assert_int_equal(comparison.parts[0].n_pairs, 0);
		found_as_groups += comparison.verdict == COMPARE_WORSE;
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
	assert_int_equal(found, 100);
	assert_int_equal(found_as_groups, 0);
}

/* Phase 1 alone, 700 ms more of 750, on a machine whose runs differ by a quarter, and together by a third: within 12 pairs. */
static void a_slow_start_is_found_within_twelve_pairs(void **state)
{
	const struct turns slower = { 12, 0.25, 0.3, 1450 / 750.0 };
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		found += verdict_of(&slower, i, "metrics=phase1") == COMPARE_WORSE;
	assert_in_range(found, 190, 200);
}

static void too_few_pairs_are_groups(void **state)
{
	/* tests, pairs: 2^(1 - pairs) x tests must come below 0.02 */
	static const struct { const char *setting; size_t runs, pairs; } cases[] = {
		{ NULL, 9, 0 },		  { NULL, 10, 10 },
		{ "metrics=phase1", 6, 0 }, { "metrics=phase1", 7, 7 },
		{ "pairs.alpha=0.002", 12, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct turns same = { cases[i].runs, 0.02, 0, 1 };
		struct comparison comparison;
		struct run run;

		make_turns(&same, 1, &run);
		compare_turns(&run, cases[i].setting, &comparison);
		assert_int_equal(comparison.parts[0].n_pairs, cases[i].pairs);
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
}

static void a_run_without_its_other_is_left_out(void **state)
{
	const struct turns same = { 14, 0.02, 0, 1 };
	struct comparison comparison;
	struct run run;

	(void)state;
	make_turns(&same, 1, &run);
	trial_contradict(&run.trials[0], "made up");
	trial_contradict(&run.trials[14 + 3], "made up");
	compare_turns(&run, NULL, &comparison);
	assert_int_equal(comparison.parts[0].n_base, 13);
	assert_int_equal(comparison.parts[0].n_new, 13);
	assert_int_equal(comparison.parts[0].n_pairs, 12);
	comparison_deinit(&comparison);
	run_deinit(&run);
}

/* Fewer metrics are fewer tests, and the output says how many. */
static void the_number_of_tests_is_said(void **state)
{
	static const struct { const char *setting; size_t tests; const char *text; } cases[] = {
		{ NULL, 10, "12 valid runs against 12; 12 pairs; 10 tests\n" },
		{ "metrics=phase1,total,stops", 2, "; 12 pairs; 2 tests\n" },
		{ "metrics=total", 1, "; 12 pairs; 1 test\n" },
	};
	const struct turns same = { 12, 0.02, 0, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct comparison comparison;
		struct run run;

		make_turns(&same, 1, &run);
		compare_turns(&run, cases[i].setting, &comparison);
		comparison_format(&comparison, &text);
		if (comparison.parts[0].tests != cases[i].tests || !strstr(text.text, cases[i].text))
			fail_msg("%zu tests, not %zu: %s", comparison.parts[0].tests, cases[i].tests, text.text);
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
}

/* "Cannot tell" says how many more runs would; made, they do in most cases. */
static void cannot_tell_says_what_would(void **state)
{
	size_t unclear = 0, decided = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct turns wild = { 12, 0.8, 0, 1 };
		struct comparison comparison;
		struct run run;
		size_t more;

		make_turns(&wild, i, &run);
		compare_turns(&run, "metrics=total", &comparison);
		more = comparison_runs_more(&comparison);
		comparison_format(&comparison, &text);
		assert_int_equal(more > 0, comparison.verdict == COMPARE_CANNOT_TELL);
		if (more && more != COMPARE_NEVER && more < 200) {
			_cleanup_free_ char *said = mem_printf("%zu more run%s a side would decide", more,
							       more == 1 ? "" : "s");

			if (!strstr(text.text, said))
				fail_msg("'%s' does not say '%s'", text.text, said);
			unclear++;
			wild.runs += more;
			decided += verdict_of(&wild, i + 1000, "metrics=total") != COMPARE_CANNOT_TELL;
		}
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
	assert_in_range(unclear, 20, 100);
	assert_in_range(decided, unclear * 2 / 3, unclear);
}

/* Each look at a run that goes on until it is decided has half the alpha of the one before. */
static void looks_share_alpha(void **state)
{
	const struct turns same = { 14, 0.02, 0, 1 };
	struct comparison comparison;
	struct run run;

	(void)state;
	make_turns(&same, 1, &run);
	run.looks = 2;
	compare_turns(&run, "metrics=total", &comparison);
	assert_true(comparison.parts[0].alpha == 0.02 / 4);
	assert_int_equal(comparison.parts[0].n_pairs, 14);
	comparison_deinit(&comparison);
	run_deinit(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_false_alarms),
		cmocka_unit_test(what_pairs_share_cancels),
		cmocka_unit_test(a_slow_start_is_found_within_twelve_pairs),
		cmocka_unit_test(too_few_pairs_are_groups),
		cmocka_unit_test(a_run_without_its_other_is_left_out),
		cmocka_unit_test(the_number_of_tests_is_said),
		cmocka_unit_test(cannot_tell_says_what_would),
		cmocka_unit_test(looks_share_alpha),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
