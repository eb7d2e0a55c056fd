/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts of made-up runs: no false alarms, no missed regression, each rule by itself. */
#include "unit.h"

#include "madeup.h"

static const struct madeup plain = { .runs = 7, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_WARM };

static struct tolerances tolerances_of(size_t resamples)
{
	struct tolerances tolerances;

	assert_ok(tolerances_read(NULL, &tolerances));
	tolerances.resamples = resamples;
	return tolerances;
}

static void two_variants(const struct madeup *base, const struct madeup *new, uint64_t seed, struct run *run)
{
	struct rng rng;

	rng_init(&rng, seed);
	run_init(run);
	run->id = mem_strdup("made-up");
	run_add_variant(run, "a", NULL, false);
	run_add_variant(run, "b", NULL, false);
	madeup_run(run, 0, base, &rng);
	madeup_run(run, 1, new, &rng);
}

static enum compare_verdict verdict_of(const struct madeup *base, const struct madeup *new, uint64_t seed,
				       size_t resamples)
{
	_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(resamples);
	struct comparison comparison;
	enum compare_verdict verdict;
	struct run run;

	two_variants(base, new, seed, &run);
	compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
	verdict = comparison.verdict;
	comparison_deinit(&comparison);
	run_deinit(&run);
	return verdict;
}

/* 1,000 comparisons of a tool with itself at each noise: fewer than 1 in 100 may be called worse. */
static void no_false_alarms(void **state)
{
	static const double noises[] = { 0.02, 0.1, 0.3 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(noises); i++) {
		size_t worse = 0, unclear = 0;

		for (size_t j = 0; j < 1000; j++) {
			struct madeup same = plain;
			enum compare_verdict verdict;

			same.runs = 5 + j % 6;
			same.noise = noises[i];
			verdict = verdict_of(&same, &same, 1000 * i + j, 200);
			worse += verdict == COMPARE_WORSE;
			unclear += verdict == COMPARE_CANNOT_TELL;
		}
		if (worse >= 10)
			fail_msg("noise %g: %zu of 1,000 called worse", noises[i], worse);
		/* with runs this much alike there is also next to nothing that could not be told */
		if (noises[i] <= 0.1)
			assert_in_range(unclear, 0, 2);
	}
}

static void planted_regression_is_caught(void **state)
{
	(void)state;
	for (size_t i = 0; i < 200; i++) {
		struct madeup base = plain, slow = plain;

		base.runs = slow.runs = 5 + i % 6;
		base.noise = slow.noise = i % 2 ? 0.02 : 0.3;
		slow.per_event_ns = 2 * NS_PER_MS;
		assert_int_equal(verdict_of(&base, &slow, i, 200), COMPARE_WORSE);
		/* and undoing it is none, though wild runs may leave other metrics open */
		assert_in_range(verdict_of(&slow, &base, i, 200), COMPARE_BETTER,
				i % 2 ? COMPARE_BETTER : COMPARE_CANNOT_TELL);
	}
}

static void four_runs_cannot_tell(void **state)
{
	struct madeup base = plain, slow = plain;

	(void)state;
	base.runs = 4;
	slow.per_event_ns = 2 * NS_PER_MS;
	assert_int_equal(verdict_of(&base, &slow, 1, 200), COMPARE_CANNOT_TELL);
	assert_int_equal(verdict_of(&base, &plain, 1, 200), COMPARE_CANNOT_TELL);
}

static void wild_runs_cannot_tell(void **state)
{
	struct madeup wild = plain;

	(void)state;
	wild.runs = 5;
	wild.noise = 1.5;
	assert_int_equal(verdict_of(&wild, &wild, 3, 200), COMPARE_CANNOT_TELL);
}

/* An import of 2 ms in one side and 200 ms in some runs of the other: noise may hide it, and excludes nothing. */
static void beyond_the_resolution_cannot_be_told(void **state)
{
	static const int64_t base_ms[] = { 100, 110, 90, 105, 95, 100 }, new_ms[] = { 100, 420, 95, 440, 90, 430 };
	struct madeup six = plain;
	_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(200);
	struct comparison comparison;
	struct run run;

	(void)state;
	six.runs = 6;
	two_variants(&six, &six, 1, &run);
	for (size_t i = 0; i < run.n_trials; i++)
		run.trial_summaries[i].spans_ns[SPAN_IMPORT_WORST] = (i < 6 ? base_ms[i] : new_ms[i - 6]) * NS_PER_MS;
	compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
	for (size_t i = 0; i < comparison.parts[0].n_rows; i++) {
		const struct compare_row *row = &comparison.parts[0].rows[i];

		if (row->metric != &gate_metrics[GATE_IMPORT])
			continue;
		assert_true(row->tolerance > 1 && row->ratio.high > 4);
		assert_int_equal(row->verdict, COMPARE_CANNOT_TELL);
	}
	assert_int_equal(comparison.verdict, COMPARE_CANNOT_TELL);
	comparison_deinit(&comparison);
	/* what is below the absolute tolerance on both sides is not tested, and not called the same */
	for (size_t i = 0; i < run.n_trials; i++)
		run.trial_summaries[i].spans_ns[SPAN_IMPORT_WORST] /= 20;
	compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
	for (size_t i = 0; i < comparison.parts[0].n_rows; i++)
		if (comparison.parts[0].rows[i].metric == &gate_metrics[GATE_IMPORT])
			assert_int_equal(comparison.parts[0].rows[i].verdict, COMPARE_NOT_TESTED);
	assert_int_equal(comparison.verdict, COMPARE_SAME);
	comparison_deinit(&comparison);
	run_deinit(&run);
}

static void a_slower_machine_is_not_a_slower_tool(void **state)
{
	struct madeup base = plain, slow = plain;

	(void)state;
	slow.factor = 1.3;
	assert_int_equal(verdict_of(&base, &slow, 1, 200), COMPARE_WORSE);
	base.untraced = slow.untraced = true;
	/* memory is no time: more of it is not the machine's doing */
	for (uint64_t seed = 0; seed < 5; seed++) {
		_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(200);
		struct comparison comparison;
		struct run run;

		two_variants(&base, &slow, seed, &run);
		compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
		assert_true(comparison.parts[0].drift > 0.25 && comparison.parts[0].drift < 0.35);
		for (size_t i = 0; i < comparison.parts[0].n_rows; i++) {
			const struct compare_row *row = &comparison.parts[0].rows[i];

			assert_int_equal(row->verdict, row->metric->kind == GATE_MEMORY ? COMPARE_WORSE : COMPARE_SAME);
		}
		comparison_deinit(&comparison);
		run_deinit(&run);
	}
}

static void cold_and_warm_stand_apart(void **state)
{
	struct madeup warm = plain, cold = plain;
	_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(200);
	struct comparison comparison;
	struct rng rng;
	struct run run;

	(void)state;
	cold.temperature = TEMPERATURE_COLD;
	two_variants(&warm, &warm, 1, &run);
	rng_init(&rng, 2);
	madeup_run(&run, 0, &cold, &rng);
	cold.per_event_ns = 2 * NS_PER_MS;
	madeup_run(&run, 1, &cold, &rng);
	compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
	assert_int_equal(comparison.n_parts, 2);
	assert_int_equal(comparison.parts[0].temperature, TEMPERATURE_COLD);
	assert_int_equal(comparison.parts[0].verdict, COMPARE_WORSE);
	assert_int_equal(comparison.parts[1].verdict, COMPARE_SAME);
	assert_int_equal(comparison.parts[1].n_base, 7);
	assert_int_equal(comparison_status(&comparison), EXIT_REGRESSION);
	comparison_deinit(&comparison);
	run_deinit(&run);
}

/* --- counts ----------------------------------------------------------------------- */

static const struct compare_row *row_of(const struct comparison *comparison, enum gate_metric_id id)
{
	for (size_t i = 0; i < comparison->parts[0].n_rows; i++)
		if (comparison->parts[0].rows[i].metric == &gate_metrics[id])
			return &comparison->parts[0].rows[i];
	fail_msg("no row '%s'", gate_metrics[id].key);
	return NULL;
}

/* Variant 1's counts changed by `change` for each of its trials; then a comparison. */
static void compare_changed(void (*change)(struct trial *, struct trial_summary *, size_t), struct tolerances *tolerances,
			    struct comparison *ret)
{
	struct run run;

	two_variants(&plain, &plain, 1, &run);
	for (size_t i = 0; i < run.n_trials; i++)
		if (run.trials[i].variant == 1)
			change(&run.trials[i], &run.trial_summaries[i], i);
	compare_variants(&run, 0, 1, &(struct compare_options){ .tolerances = tolerances }, ret);
	run_deinit(&run);
}

static void more_calls(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)summary, (void)i;
	trial->ptrace_calls++;
}

static void fewer_calls(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)summary, (void)i;
	trial->ptrace_calls--;
}

static void other_classes(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)trial, (void)i;
	summary->stops[EVENT_IMPORT][EVENT_CONSISTENT]--;
	summary->stops[EVENT_IMPORT][EVENT_NULL]++;
}

static void fewer_events(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)trial, (void)i;
	summary->load_events--;
}

static void calls_that_vary(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)summary;
	trial->ptrace_calls += i % 5;
}

static void twice_the_calls_that_vary(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)summary;
	trial->ptrace_calls += 600 + i % 5;
}

static void an_invalid_one(struct trial *trial, struct trial_summary *summary, size_t i)
{
	(void)summary;
	if (i % 7 == 0)
		trial_contradict(trial, "made up");
}

static void counts_are_compared_exactly(void **state)
{
	static const struct {
		void (*change)(struct trial *, struct trial_summary *, size_t);
		enum gate_metric_id row;
		enum compare_verdict of_row, of_all;
	} cases[] = {
		{ more_calls, GATE_PTRACE_CALLS, COMPARE_WORSE, COMPARE_WORSE },
		{ fewer_calls, GATE_PTRACE_CALLS, COMPARE_BETTER, COMPARE_BETTER },
		{ other_classes, GATE_STOPS_CONSISTENT, COMPARE_CHANGED, COMPARE_SAME },
		{ other_classes, GATE_STOPS, COMPARE_SAME, COMPARE_SAME },
		{ fewer_events, GATE_LOAD_EVENTS, COMPARE_WORSE, COMPARE_WORSE },
		{ calls_that_vary, GATE_PTRACE_CALLS, COMPARE_SAME, COMPARE_SAME },
		{ twice_the_calls_that_vary, GATE_PTRACE_CALLS, COMPARE_WORSE, COMPARE_WORSE },
		{ an_invalid_one, GATE_STOPS, COMPARE_SAME, COMPARE_CANNOT_TELL },
	};
	_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(200);
	struct comparison comparison;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		compare_changed(cases[i].change, &tolerances, &comparison);
		assert_int_equal(row_of(&comparison, cases[i].row)->verdict, cases[i].of_row);
		assert_int_equal(comparison.verdict, cases[i].of_all);
		comparison_deinit(&comparison);
	}
	assert_ok(conf_set(&tolerances_table, "counts.ptrace_calls=0.01", &tolerances));
	compare_changed(more_calls, &tolerances, &comparison);
	assert_int_equal(comparison.verdict, COMPARE_SAME);
	comparison_deinit(&comparison);
}

static void tolerances_are_read(void **state)
{
	const char *text = "alpha: 0.01\nt1:\n  relative: 0.5\n  absolute: 1ms\ncounts:\n  stops: 0.1\n";
	_cleanup_(tolerances_deinit) struct tolerances tolerances = tolerances_of(200);

	(void)state;
	assert_ok(conf_read_text(&tolerances_table, "t.yaml", text, strlen(text), &tolerances));
	assert_true(tolerances.relative[GATE_T1 - GATE_FIRST_TIME] == 0.5);
	assert_int_equal(tolerances.absolute[GATE_T1 - GATE_FIRST_TIME], NS_PER_MS);
	assert_true(tolerances.counts[GATE_STOPS] == 0.1);
	assert_err_has(conf_set(&tolerances_table, "runs=4", &tolerances), "runs");
	/* every metric that decides has its keys */
	for (size_t i = 0; i < GATE_N; i++) {
		_cleanup_free_ char *key = i < GATE_FIRST_TIME ? mem_printf("counts.%s=0.5", gate_metrics[i].key) :
								 mem_printf("%s.relative=0.5", gate_metrics[i].key);

		if (gate_metrics[i].kind == GATE_DETAIL)
			continue;
		assert_ok(conf_set(&tolerances_table, key, &tolerances));
		assert_true((i < GATE_FIRST_TIME ? tolerances.counts[i] : tolerances.relative[i - GATE_FIRST_TIME]) == 0.5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_false_alarms),
		cmocka_unit_test(planted_regression_is_caught),
		cmocka_unit_test(four_runs_cannot_tell),
		cmocka_unit_test(wild_runs_cannot_tell),
		cmocka_unit_test(beyond_the_resolution_cannot_be_told),
		cmocka_unit_test(a_slower_machine_is_not_a_slower_tool),
		cmocka_unit_test(cold_and_warm_stand_apart),
		cmocka_unit_test(counts_are_compared_exactly),
		cmocka_unit_test(tolerances_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
