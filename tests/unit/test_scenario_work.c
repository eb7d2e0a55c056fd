/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of the work of events: what each value means, and what is refused together. */
#include "job/scenario/scenario.h"
#include "measure/trial.h"
#include "unit.h"

static struct err *check(const char *settings, struct scenario *ret)
{
	_cleanup_free_ char *words = mem_strdup(settings);
	char *rest = words, *word;

	*ret = (struct scenario){ 0 };
	conf_defaults(&scenario_table, ret);
	assert_ok(conf_set(&scenario_table, "command=true", ret));
	while ((word = strsep(&rest, " ")))
		if (*word)
			assert_ok(conf_set(&scenario_table, word, ret));
	return scenario_check(ret);
}

static void each_value_says_what_is_read(void **state)
{
	static const struct {
		const char *settings;
		enum symbols_mode symbols;
		bool stacks;
	} cases[] = {
		{ "", SYMBOLS_NEEDED, false },
		{ "symbols=all", SYMBOLS_ALL, false },
		{ "event_work=links", SYMBOLS_OFF, false },
		{ "event_work=links symbols=off", SYMBOLS_OFF, false },
		{ "event_work=symbols", SYMBOLS_ALL, false },
		{ "event_work=lines", SYMBOLS_ALL, false },
		{ "event_work=stack", SYMBOLS_NEEDED, true },
		{ "event_work=stack stacks=events", SYMBOLS_NEEDED, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_ok(check(cases[i].settings, &s));
		assert_ok(scenario_check(&s)); /* checked again, it stays as it is */
		assert_int_equal(s.symbols, cases[i].symbols);
		assert_int_equal(scenario_wants_stacks(&s), cases[i].stacks);
		assert_int_equal(s.stacks.n, 1);
		scenario_deinit(&s);
	}
}

static void stacks_that_were_asked_for_stay(void **state)
{
	struct scenario s;

	(void)state;
	assert_ok(check("event_work=stack stacks=start,end", &s));
	assert_int_equal(s.stacks.n, 3);
	assert_int_equal(s.stacks.choices[2], STACKS_SCENARIO_FIRST + STACKS_EVENTS);
	scenario_deinit(&s);
}

static void what_has_no_effect_is_refused(void **state)
{
	static const struct {
		const char *settings, *message;
	} cases[] = {
		{ "event_work=links symbols=all", "'event_work' is links, but 'symbols' says otherwise" },
		{ "event_work=lines symbols=off", "'event_work' is lines, but 'symbols' says otherwise" },
		{ "event_work=symbols tool=gdb", "'event_work' has no effect with tool 'gdb'" },
		{ "share=none tool=null", "'share' has no effect with tool 'null'" },
		{ "share=maps load_events=audit", "'share' has no effect with load_events 'audit'" },
		{ "share=none stacks=start",
		  "'share' is none, but stacks are asked for, which are named by one walker" },
		{ "index_folder=/tmp/x", "'index_folder' has no effect with index 'off'" },
		{ "index=on event_work=links", "'index' is on, but no symbols are read" },
		{ "tool_temperature=warm", "'tool_temperature' is warm, but the tool remembers nothing" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_err(check(cases[i].settings, &s), cases[i].message);
		scenario_deinit(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_says_what_is_read),
		cmocka_unit_test(stacks_that_were_asked_for_stay),
		cmocka_unit_test(what_has_no_effect_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
