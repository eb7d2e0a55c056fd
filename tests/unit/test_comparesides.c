/* SPDX-License-Identifier: BSD-3-Clause */
/* Which records may stand against each other, and how the result is written down. */
#include "unit.h"

#include "job/scenario/scenario.h"
#include "madeup.h"
#include "report/compare/print.h"

#define STRANGE "a<b>&\"c\"|d_e"

static void assert_text_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

static void one_run(const char *name, uint64_t seed, struct run *run)
{
	static const struct madeup plain = { .runs = 6, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_WARM };
	struct rng rng;

	rng_init(&rng, seed);
	run_init(run);
	run->id = mem_strdup(name);
	run->host = json_pack("{s:s, s:s, s:i}", "hostname", "n1", "glibc", "2.36", "load_1min", (int)seed);
	run->scenario = json_pack("{s:s, s:s, s:{s:i, s:s}, s:i}", "name", name, "tool", "native", "breakpoints",
				  "count", 10, "write", "mem", "poll_interval_ns", 5);
	run->target = json_pack("{s:s, s:s}", "seed", "17", "name", name);
	run_add_variant(run, STRANGE, NULL, false);
	madeup_run(run, 0, &plain, &rng);
}

static struct err *compare_chosen(const struct compare_side *base, const struct compare_side *new,
				  const char *const *vary, bool force, struct comparison *ret)
{
	struct compare_options options = { .vary = vary, .force = force, .keys = &scenario_table };
	_cleanup_(tolerances_deinit) struct tolerances tolerances = { 0 };

	assert_ok(tolerances_read(NULL, &tolerances));
	tolerances.resamples = 200;
	options.tolerances = &tolerances;
	return compare_sides(base, new, &options, ret);
}

static struct err *compare_two(const struct run *a, const struct run *b, const char *const *vary, bool force,
			       struct comparison *ret)
{
	return compare_chosen(&(struct compare_side){ "A", a, 1, NULL }, &(struct compare_side){ "B", b, 1, NULL }, vary,
			      force, ret);
}

static void like_records_are_compared(void **state)
{
	struct comparison comparison;
	struct run a, b;

	(void)state;
	one_run("a", 1, &a);
	one_run("b", 2, &b);
	/* a key that the kit did not have yet, and a number written in another way */
	json_object_set_new(b.scenario, "new_key", json_true());
	json_object_set_new(b.scenario, "poll_interval_ns", json_real(5.0));
	assert_ok(compare_two(&a, &b, NULL, false, &comparison));
	assert_int_equal(comparison.n_parts, 1);
	assert_string_equal(comparison.parts[0].name, STRANGE);
	assert_int_equal(comparison.verdict, COMPARE_SAME);
	assert_int_equal(comparison.n_notes, 0);
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&b);
}

static void differences_are_refused_by_name(void **state)
{
	static const char *const vary_bp[] = { "breakpoints", NULL }, *const vary_poll[] = { "poll_interval", NULL },
				 *const vary_write[] = { "breakpoints.write", NULL };
	static const struct {
		const char *object, *key, *value, *message;
		const char *const *vary; /* lets it pass; NULL: nothing does */
	} cases[] = {
		{ "host", "hostname", "\"n2\"", "machine hostname: n1 against n2", NULL },
		{ "host", "launcher_version", "\"5.0\"", "machine launcher_version: nothing against 5.0", NULL },
		{ "target", "seed", "\"18\"", "target seed: 17 against 18", NULL },
		{ "scenario", "breakpoints", "{\"count\": 11, \"write\": \"mem\"}",
		  "scenario breakpoints.count: 10 against 11", vary_bp },
		{ "scenario", "breakpoints", "{\"count\": 10, \"write\": \"poke\"}",
		  "scenario breakpoints.write: mem against poke", vary_write },
		{ "scenario", "poll_interval_ns", "6", "scenario poll_interval: 5ns against 6ns", vary_poll },
		{ "scenario", "tool", "\"gdb\"", "scenario tool: native against gdb", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct comparison comparison;
		struct run a, b;
		struct err *err;

		one_run("a", 1, &a);
		one_run("b", 2, &b);
		json_object_set_new(cases[i].object[0] == 'h' ? b.host : cases[i].object[0] == 't' ? b.target : b.scenario,
				    cases[i].key, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
		err = compare_two(&a, &b, NULL, false, &comparison);
		assert_non_null(err);
		assert_int_equal(err_status(err), EXIT_INVALID);
		if (!strstr(err_message(err), cases[i].message))
			fail_msg("'%s' does not say '%s'", err_message(err), cases[i].message);
		err_free(err);
		if (cases[i].vary) {
			assert_ok(compare_two(&a, &b, cases[i].vary, false, &comparison));
			assert_int_equal(comparison.n_notes, 0);
			comparison_deinit(&comparison);
		}
		assert_ok(compare_two(&a, &b, NULL, true, &comparison));
		assert_int_equal(comparison.n_notes, 1);
		assert_string_equal(comparison.notes[0], cases[i].message);
		comparison_deinit(&comparison);
		run_deinit(&a);
		run_deinit(&b);
	}
}

/* --- a variant's own settings ----------------------------------------------------- */

/* A record as one_run makes it, and a second variant "own" of it that sets some keys differently. */
static void swept_run(const char *name, const char *key, const char *value, struct run *run)
{
	static const struct madeup plain = { .runs = 6, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_WARM };
	struct run_variant *own;
	struct rng rng;

	one_run(name, 3, run);
	rng_init(&rng, 5);
	own = run_add_variant(run, "own", NULL, false);
	json_object_set_new(own->settings, key, json_string(value));
	madeup_run(run, 1, &plain, &rng);
}

static void a_variants_own_settings_are_its_scenario(void **state)
{
	static const char *const vary_count[] = { "breakpoints.count", NULL };
	struct compare_side swept = { "S", NULL, 1, "own" }, other = { "B", NULL, 1, NULL };
	struct comparison comparison;
	struct run a, b;

	(void)state;
	one_run("b", 2, &b);
	swept_run("s", "breakpoints.count", "11", &a);
	swept.runs = &a;
	other.runs = &b;
	assert_err_has(compare_chosen(&swept, &other, NULL, false, &comparison),
		       "scenario breakpoints.count: 11 against 10");
	assert_ok(compare_chosen(&swept, &other, vary_count, false, &comparison));
	assert_string_equal(comparison.parts[0].name, "own / " STRANGE);
	comparison_deinit(&comparison);
	/* and what the setting makes alike is no difference: "10ms" there, 10,000,000 ns here */
	json_object_set_new(a.scenario, "poll_interval_ns", json_integer(7));
	json_object_set_new(b.scenario, "poll_interval_ns", json_integer(10000000));
	json_object_set_new(a.variants[1].settings, "poll_interval", json_string("10ms"));
	json_object_del(a.variants[1].settings, "breakpoints.count");
	assert_ok(compare_chosen(&swept, &other, NULL, false, &comparison));
	assert_int_equal(comparison.differs.n, 0);
	comparison_deinit(&comparison);
	/* a side of several variants is asked for the one that the other names */
	assert_err_has(compare_chosen(&swept, &(struct compare_side){ "S", &a, 1, NULL }, NULL, false, &comparison),
		       "stands on both sides");
	run_deinit(&a);
	run_deinit(&b);
}

static void namesakes_may_differ_in_what_is_varied(void **state)
{
	static const char *const vary_count[] = { "breakpoints.count", NULL };
	struct comparison comparison;
	struct run a, b;

	(void)state;
	swept_run("a", "breakpoints.count", "11", &a);
	swept_run("b", "breakpoints.count", "12", &b);
	assert_err_has(compare_two(&a, &b, NULL, false, &comparison), "scenario breakpoints.count: 11 against 12");
	assert_ok(compare_two(&a, &b, vary_count, false, &comparison));
	assert_int_equal(comparison.n_parts, 2);
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&b);
}

static void other_programs_are_other_scenarios(void **state)
{
	static const char *const vary[] = { "program", NULL };
	struct comparison comparison;
	struct run a, b;

	(void)state;
	one_run("a", 1, &a);
	one_run("b", 2, &b);
	a.variants[0].program = mem_strdup("host");
	b.variants[0].program = mem_strdup("linked");
	assert_err_has(compare_two(&a, &b, NULL, false, &comparison), "scenario program: host against linked");
	assert_ok(compare_two(&a, &b, vary, false, &comparison));
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&b);
}

/* Two variants of one record: what they differ in is the point, and is told in every format. */
static void what_the_sides_are_is_told(void **state)
{
	struct compare_side base = { "s#" STRANGE, NULL, 1, STRANGE }, new = { "s#own", NULL, 1, "own" };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, junit = STRBUF_INIT, markdown = STRBUF_INIT;
	struct comparison comparison;
	struct run a;
	json_t *json;

	(void)state;
	swept_run("s", "breakpoints.count", "11", &a);
	for (size_t i = 0; i < a.n_trials; i++) {
		a.trials[i].tool = mem_strdup("gdb");
		a.trials[i].tool_version = mem_strdup(a.trials[i].variant ? "GNU gdb 14" : "GNU gdb 13");
	}
	base.runs = new.runs = &a;
	assert_ok(compare_chosen(&base, &new, NULL, false, &comparison));
	comparison_format(&comparison, &text);
	comparison_junit(&comparison, &junit);
	comparison_markdown(&comparison, &markdown);
	json = comparison_json(&comparison);
	assert_text_has(text.text, "new       s#own · s · tool gdb (GNU gdb 14) · n1");
	assert_text_has(text.text, "differs   scenario breakpoints.count: 10 against 11\n");
	assert_text_has(junit.text, "<property name=\"base\" value=\"s#a&lt;b&gt;&amp;&quot;c&quot;|d_e · s · tool gdb (GNU gdb 13) · n1\"/>");
	assert_text_has(junit.text, "<property name=\"differs\" value=\"scenario breakpoints.count: 10 against 11\"/>");
	assert_text_has(markdown.text, "- new: s#own · s · tool gdb (GNU gdb 14) · n1\n");
	assert_text_has(markdown.text, "- differs: scenario breakpoints.count: 10 against 11\n");
	assert_string_equal(json_string_value(json_array_get(json_object_get(
				    json_array_get(json_object_get(json, "sides"), 1), "tools"), 0)), "gdb (GNU gdb 14)");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(json, "differs"), 0), "key")),
			    "breakpoints.count");
	json_decref(json);
	comparison_deinit(&comparison);
	run_deinit(&a);
}

static void records_of_one_side_stand_together(void **state)
{
	struct compare_options options = { .vary = NULL };
	struct compare_side base = { .name = "A", .n_runs = 2 }, new = { .name = "B", .n_runs = 1 };
	_cleanup_(tolerances_deinit) struct tolerances tolerances = { 0 };
	struct comparison comparison;
	struct run runs[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		one_run((const char *const[]){ "r0", "r1", "r2" }[i], i, &runs[i]);
	assert_ok(tolerances_read(NULL, &tolerances));
	options.tolerances = &tolerances;
	base.runs = runs;
	new.runs = &runs[2];
	assert_ok(compare_sides(&base, &new, &options, &comparison));
	assert_int_equal(comparison.parts[0].n_base, 12);
	assert_int_equal(comparison.parts[0].n_new, 6);
	comparison_deinit(&comparison);
	new.variant = "other";
	assert_err_hint(compare_sides(&base, &new, &options, &comparison), "'B' has no variant 'other'",
			"it has '" STRANGE "'");
	/* two records of one side that do not belong together */
	new.variant = NULL;
	json_object_set_new(runs[1].host, "glibc", json_string("2.37"));
	assert_err_has(compare_sides(&base, &new, &options, &comparison), "machine glibc: 2.36 against 2.37");
	for (size_t i = 0; i < 3; i++)
		run_deinit(&runs[i]);
}

/* --- what one side alone has ------------------------------------------------------ */

static void also_cold(struct run *run)
{
	static const struct madeup cold = { .runs = 6, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_COLD };
	struct rng rng;

	rng_init(&rng, 3);
	madeup_run(run, 0, &cold, &rng);
}

static void another_variant(struct run *run)
{
	static const struct madeup other = { .runs = 6, .noise = 0.02, .factor = 1, .temperature = TEMPERATURE_WARM };
	struct rng rng;

	rng_init(&rng, 4);
	run_add_variant(run, "other", NULL, false);
	madeup_run(run, 1, &other, &rng);
}

static void without_calls(struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		run->trials[i].ptrace_calls = -1;
}

static void without_visit(struct run *run)
{
	for (size_t i = 0; i < run->n_trials; i++)
		run->trial_summaries[i].spans_ns[SPAN_VISIT_WORST] = -1;
}

static void cut_short(struct run *run)
{
	run->complete = false;
}

static void compare_one_sided(void (*change)(struct run *), bool of_base, const char *missing,
			      struct strbuf *text, enum exit_status *status_ret, struct strbuf *junit)
{
	struct compare_options options = { .vary = NULL };
	struct compare_side base = { .name = "A", .n_runs = 1 }, new = { .name = "B", .n_runs = 1 };
	_cleanup_(tolerances_deinit) struct tolerances tolerances = { 0 };
	struct comparison comparison;
	struct run a, b;

	one_run("a", 1, &a);
	one_run("b", 2, &b);
	change(of_base ? &a : &b);
	base.runs = &a;
	new.runs = &b;
	assert_ok(tolerances_read(NULL, &tolerances));
	assert_ok(conf_set(&tolerances_table, missing, &tolerances));
	options.tolerances = &tolerances;
	assert_ok(compare_sides(&base, &new, &options, &comparison));
	comparison_format(&comparison, text);
	comparison_junit(&comparison, junit);
	*status_ret = comparison_status(&comparison);
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&b);
}

static void what_one_side_alone_has_is_no_pass(void **state)
{
	static const struct {
		void (*change)(struct run *);
		bool of_base;
		const char *text, *junit;
	} cases[] = {
		{ also_cold, true, STRANGE ", cold: only in BASE\n", "name=\"runs\">\n      <error message=" },
		{ also_cold, false, STRANGE ", cold: only in NEW\n", "name=\"runs\">\n      <error message=" },
		{ another_variant, true, "other, warm: only in BASE\n", "classname=\"other.warm\" name=\"runs\">" },
		{ another_variant, false, "other, warm: only in NEW\n", "classname=\"other.warm\" name=\"runs\">" },
		{ without_calls, true, STRANGE ", warm: ptrace calls: only in NEW\n", "name=\"ptrace_calls\">\n      <error " },
		{ without_calls, false, STRANGE ", warm: ptrace calls: only in BASE\n", "name=\"ptrace_calls\">\n      <error " },
		{ without_visit, false, STRANGE ", warm: visit: only in BASE\n", "name=\"visit\">\n      <error " },
		{ cut_short, true, "record 'a' is not complete", "classname=\"records\" name=\"complete\">" },
		{ cut_short, false, "record 'b' is not complete", "classname=\"records\" name=\"complete\">" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t policy = 0; policy < 2; policy++) {
			_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, junit = STRBUF_INIT;
			enum exit_status status;

			compare_one_sided(cases[i].change, cases[i].of_base,
					  policy ? "missing=cannot-tell" : "missing=incomparable", &text, &status,
					  &junit);
			assert_int_equal(status, policy ? EXIT_INCONCLUSIVE : EXIT_INVALID);
			if (!strstr(text.text, cases[i].text))
				fail_msg("'%s' does not say '%s'", text.text, cases[i].text);
			if (!strstr(junit.text, cases[i].junit))
				fail_msg("'%s' does not say '%s'", junit.text, cases[i].junit);
		}
	}
}

static void no_time_known_is_no_pass(void **state)
{
	struct comparison comparison;
	struct run runs[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		one_run(i ? "b" : "a", i, &runs[i]);
		for (size_t j = 0; j < runs[i].n_trials; j++) {
			for (size_t k = 0; k < SPAN_N; k++)
				runs[i].trial_summaries[j].spans_ns[k] = -1;
			runs[i].trial_summaries[j].t1_ns.n = runs[i].trial_summaries[j].t2_ns.n = 0;
			runs[i].trial_summaries[j].handling_ns.n = 0;
			runs[i].trials[j].tracer_cpu_ns = runs[i].trials[j].tracer_peak_rss_bytes = -1;
		}
	}
	assert_ok(compare_two(&runs[0], &runs[1], NULL, false, &comparison));
	assert_int_equal(comparison_status(&comparison), EXIT_INCONCLUSIVE);
	assert_string_equal(comparison.parts[0].why, "no time is known of any valid run of either side");
	comparison_deinit(&comparison);
	run_deinit(&runs[0]);
	run_deinit(&runs[1]);
}

static void a_record_against_itself_is_refused(void **state)
{
	struct comparison comparison;
	struct run a, again;
	struct err *err;

	(void)state;
	one_run("a", 1, &a);
	one_run("a", 1, &again);
	err = compare_two(&a, &again, NULL, false, &comparison);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_INVALID);
	assert_non_null(strstr(err_message(err), "record 'a' stands on both sides"));
	err_free(err);
	assert_ok(compare_two(&a, &again, NULL, true, &comparison));
	assert_string_equal(comparison.notes[0], "record 'a' stands on both sides");
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&again);
}

static size_t occurrences(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void the_formats_say_the_same(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, junit = STRBUF_INIT, markdown = STRBUF_INIT;
	struct comparison comparison;
	struct run a, b;
	json_t *json;
	char *dumped;

	(void)state;
	one_run("a", 1, &a);
	one_run("b", 2, &b);
	for (size_t i = 0; i < b.n_trials; i++)
		b.trials[i].ptrace_calls = 700;
	assert_ok(compare_two(&a, &b, NULL, false, &comparison));
	comparison_format(&comparison, &text);
	comparison_junit(&comparison, &junit);
	comparison_markdown(&comparison, &markdown);
	json = comparison_json(&comparison);
	assert_non_null(json);
	dumped = json_dumps(json, JSON_REAL_PRECISION(9));
	assert_non_null(dumped);
	assert_non_null(strstr(text.text, "worse          " STRANGE ", warm: ptrace calls: 600, then 700\n"));
	assert_non_null(strstr(junit.text, "classname=\"a&lt;b&gt;&amp;&quot;c&quot;|d_e.warm\" name=\"ptrace_calls\">\n"
					   "      <failure message=\"worse: ptrace calls: 600, then 700\"/>"));
	assert_int_equal(occurrences(junit.text, "<testcase "), comparison.parts[0].n_rows);
	assert_int_equal(occurrences(junit.text, "<failure "), 1);
	assert_non_null(strstr(markdown.text, "| ptrace calls | 600 | 700 | | | | | **worse** |"));
	assert_null(strstr(markdown.text, "<b>"));
	assert_string_equal(json_string_value(json_object_get(json, "verdict")), "worse");
	assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(json, "parts"), 0), "metrics")),
			 comparison.parts[0].n_rows);
	free(dumped);
	json_decref(json);
	comparison_deinit(&comparison);
	run_deinit(&a);
	run_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_records_are_compared),
		cmocka_unit_test(differences_are_refused_by_name),
		cmocka_unit_test(a_variants_own_settings_are_its_scenario),
		cmocka_unit_test(namesakes_may_differ_in_what_is_varied),
		cmocka_unit_test(other_programs_are_other_scenarios),
		cmocka_unit_test(what_the_sides_are_is_told),
		cmocka_unit_test(records_of_one_side_stand_together),
		cmocka_unit_test(what_one_side_alone_has_is_no_pass),
		cmocka_unit_test(no_time_known_is_no_pass),
		cmocka_unit_test(a_record_against_itself_is_refused),
		cmocka_unit_test(the_formats_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
