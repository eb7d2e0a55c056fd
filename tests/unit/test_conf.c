/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings by their table: defaults, values as text, what is refused, help. */
#include "settings.h"

static void defaults_are_parsed(void **state)
{
	struct settings *s = *state;

	assert_int_equal(s->tasks, 4);
	assert_true(s->baseline);
	assert_true(s->seed == 42);
	assert_true(s->noise == 0.25);
	assert_null(s->name);
	assert_int_equal(s->limit_ns, 600 * NS_PER_S);
	assert_int_equal(s->size_bytes, 4096);
	assert_int_equal(s->command.n, 0);
	assert_int_equal(s->temperature.n, 2);
	assert_int_equal(s->temperature.choices[1], 1);
	assert_int_equal(s->sizes.n, 2);
	assert_int_equal(s->sizes.ints[1], 2);
	assert_int_equal(s->deep, 7);
}

static void overrides(void **state)
{
	struct settings *s = *state;

	assert_ok(SET("tasks=32"));
	assert_ok(SET("breakpoints.count=10"));
	assert_ok(SET("name=a=b"));
	assert_ok(SET("command=ls, -l ,x"));
	assert_ok(SET("temperature=warm,cold"));
	assert_int_equal(s->tasks, 32);
	assert_int_equal(s->bp_count, 10);
	assert_string_equal(s->name, "a=b");
	assert_int_equal(s->command.n, 3);
	assert_string_equal(s->command.strings[1], "-l");
	assert_int_equal(s->temperature.choices[0], 1);
	assert_ok(SET("name="));
	assert_null(s->name);
	assert_ok(SET("command="));
	assert_int_equal(s->command.n, 0);

	assert_err_hint(SET("tasks"), "'tasks' is not of the form key=value", "for example: tasks=4");
	assert_err_has(SET("=4"), "is not of the form key=value");
	assert_err_hint(SET("breakpoints=4"), "'breakpoints' is a section, not a setting", "its keys: count, file");
	assert_err(SET("command=a,,b"), "'command' has an empty member");
	assert_err(SET("temperature=cold,cold"), "'temperature' names 'cold' twice");
	assert_err(SET("temperature=hot"), "'temperature' may only hold cold, warm, not 'hot'");
	assert_err(conf_set_value(&table, "tasks", "0", "--tasks", s),
		   "'--tasks' must be between 1 and 100000, not 0");
}

static void failed_change_leaves_the_old_value(void **state)
{
	struct settings *s = *state;

	assert_ok(SET("name=old"));
	assert_err_has(SET("tasks=0"), "must be");
	assert_err_has(SET("name=\xff"), "must be");
	assert_err_has(SET("temperature=warm,hot"), "may only");
	assert_int_equal(s->tasks, 4);
	assert_string_equal(s->name, "old");
	assert_int_equal(s->temperature.n, 2);
}

static void values_that_are_refused(void **state)
{
	static const char *const texts[] = {
		"tasks=1e6", "tasks=4.0", "tasks= 4", "tasks=4 ", "tasks=0x10", "tasks=1__0", "tasks=_1", "tasks=1_",
		"tasks=99999999999999999999", "tasks=100001", "tasks=-1", "tasks=", "seed=-1", "seed=0x", "seed= 1",
		"seed=18446744073709551616", "seed=1.0", "noise=nan", "noise=inf", "noise=0x1p-1", "noise=1.1", "noise=",
		"noise=0.5x", "noise=1e999", "baseline=banana", "baseline=1", "baseline=", "time_limit=5", "time_limit=5sec",
		"time_limit=-5s", "time_limit=1ns", "time_limit=2h", "time_limit=ms", "time_limit=1e300s", "time_limit=",
		"size=-1", "size=4KiBs", "size=9999999TiB", "open_end=0", "sizes=0", "sizes=1,10", "launcher=srun",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_err_ struct err *err = SET(texts[i]);

		if (!err)
			fail_msg("'%s' was taken", texts[i]);
	}
	assert_err(SET("open_end=0"), "'open_end' must be at least 1, not 0");
	assert_err(SET("time_limit=2h"), "'time_limit' must be between 1ms and 1h, not 2h");
}

static void durations_and_back(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
		const char *back;
	} cases[] = {
		{ "0", 0, "0" }, { "0ms", 0, "0" }, { "1ns", 1, "1ns" }, { "10ms", 10 * NS_PER_MS, "10ms" },
		{ "10 ms", 10 * NS_PER_MS, "10ms" }, { "1.5s", 1500 * NS_PER_MS, "1.5s" },
		{ "2min", 120 * NS_PER_S, "2min" }, { "1H", 3600 * NS_PER_S, "1h" }, { "90s", 90 * NS_PER_S, "90s" },
		{ "1500001us", 1500001 * NS_PER_US, "1500.001ms" }, { ".25us", 250, "250ns" }, { "1e3ms", NS_PER_S, "1s" },
		{ "1234567ns", 1234567, "1234.567us" },
	};
	int64_t ns = -7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ok(conf_parse_duration(cases[i].text, "--t1", &ns));
		assert_int_equal(ns, cases[i].ns);
		_cleanup_free_ char *back = conf_duration_text(ns);
		assert_string_equal(back, cases[i].back);
	}
	for (int64_t n = 1; n < INT64_MAX / 64; n = n * 3 + 7) {
		_cleanup_free_ char *text = conf_duration_text(n);

		assert_ok(conf_parse_duration(text, "--t1", &ns));
		assert_int_equal(ns, n);
	}
	ns = -7;
	assert_err(conf_parse_duration("10", "--t1", &ns),
		   "'--t1' must be a duration such as 10ms, 1.5s or 2min, not '10'");
	assert_int_equal(ns, -7);
}

static void help_has_every_key_under_its_group(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	conf_print_help(&table, out);
	fclose(out);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		assert_non_null(strstr(text, options[i].key));
		if (strcmp(options[i].help, LONG_HELP) != 0)
			assert_non_null(strstr(text, options[i].help));
	}
	assert_non_null(strstr(text, "  of made-up times: the same seed gives the same\n"
				     "                            times, on every machine and with any compiler\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	assert_true(strncmp(text, "Job:\n  tasks                     whole number, 1 to 100000; default 4\n", 70) == 0);
	assert_non_null(strstr(text, "\n\nBreakpoints:\n  breakpoints.count"));
	assert_non_null(strstr(text, "whole number, at least 1; default 1"));
	assert_non_null(strstr(text, "list of cold, warm; default cold,warm"));
	assert_non_null(strstr(text, "one of these; default mpirun\n                            how tasks are started\n"
				     "                              mpirun  of MPI\n"
				     "                              spawn   plain processes\n"));
	assert_null(strstr(strstr(text, "Other:\n") + 1, "Other:\n"));
}

static void parts_follow_one_another(void **state)
{
	static const struct conf_table first = { .options = options, .n_options = 1 };
	static const struct conf_table rest = { .options = options + 1, .n_options = ARRAY_SIZE(options) - 1 };
	static const struct conf_table *const parts[] = { &first, &rest, NULL };
	static const struct conf_table whole = { .what = "scenario", .parts = parts };
	static const char text[] = "tasks: 5\nsizes: [3, 4]\n";
	struct settings *s = *state;

	assert_int_equal(conf_n_options(&whole), ARRAY_SIZE(options));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		assert_string_equal(conf_option_at(&whole, i)->key, options[i].key);
	assert_ok(conf_read_text(&whole, "f", text, sizeof(text) - 1, s));
	assert_int_equal(s->tasks, 5);
	assert_int_equal(s->sizes.ints[1], 4);
	_cleanup_free_ char *of_parts = conf_to_yaml(&whole, s), *of_one = conf_to_yaml(&table, s);
	assert_string_equal(of_parts, of_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETTINGS_TEST(defaults_are_parsed),
		SETTINGS_TEST(overrides),
		SETTINGS_TEST(failed_change_leaves_the_old_value),
		SETTINGS_TEST(values_that_are_refused),
		SETTINGS_TEST(durations_and_back),
		SETTINGS_TEST(help_has_every_key_under_its_group),
		SETTINGS_TEST(parts_follow_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
