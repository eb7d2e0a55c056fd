/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <math.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/strbuf.h"

struct settings {
	bool baseline;
	int64_t tasks;
	uint64_t seed;
	double noise;
	char *name;
	int launcher;
	int64_t limit_ns, size_bytes, open_end;
	struct conf_list command, temperature, sizes;
	int64_t bp_count;
	char *bp_file;
	int64_t deep;
};

static const char *const launchers[] = { "mpirun", "spawn", NULL };
static const char *const temperatures[] = { "cold", "warm", NULL };

#define LONG_HELP "of made-up times: the same seed gives the same times, on every machine and with any compiler"

#define AT(field) offsetof(struct settings, field)
static const struct conf_option options[] = {
	{ "tasks", CONF_INT, AT(tasks), "4", 1, 100000, NULL, "number of tasks", "Job" },
	{ "launcher", CONF_CHOICE, AT(launcher), "mpirun", 0, 0, launchers, "how tasks are started", "Job" },
	{ "breakpoints.count", CONF_INT, AT(bp_count), "0", 0, 1e6, NULL, "number per task", "Breakpoints" },
	{ "baseline", CONF_BOOL, AT(baseline), "yes", 0, 0, NULL, "an untraced run too", "Job" },
	{ "seed", CONF_SEED, AT(seed), "0x2a", 0, 0, NULL, LONG_HELP, "Other" },
	{ "noise", CONF_DOUBLE, AT(noise), "0.25", 0, 1, NULL, "relative deviation", "Other" },
	{ "name", CONF_STRING, AT(name), "", 0, 0, NULL, "of the record", "Job" },
	{ "time_limit", CONF_DURATION, AT(limit_ns), "10min", 1e6, 3.6e12, NULL, "of one execution", "Job" },
	{ "size", CONF_SIZE, AT(size_bytes), "4KiB", 0, 0, NULL, "of something", "Other" },
	{ "open_end", CONF_INT, AT(open_end), "1", 1, INFINITY, NULL, "from one up", "Other" },
	{ "command", CONF_STRINGS, AT(command), "", 0, 0, NULL, "any program", "Job" },
	{ "temperature", CONF_CHOICES, AT(temperature), "cold,warm", 0, 0, temperatures, "in this order", "Job" },
	{ "sizes", CONF_INTS, AT(sizes), "1, 2", 1, 9, NULL, "some numbers", "Other" },
	{ "breakpoints.file", CONF_STRING, AT(bp_file), "", 0, 0, NULL, "where", "Breakpoints" },
	{ "a.b.c", CONF_INT, AT(deep), "7", 0, 0, NULL, "deep", "Other" },
};
static const struct conf_table table = {
	.what = "scenario",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

static int setup(void **state)
{
	struct settings *s = mem_alloc(sizeof(*s));

	conf_defaults(&table, s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	conf_deinit(&table, *state);
	free(*state);
	return 0;
}

#define READ(text) conf_read_text(&table, "x.yaml", (text), strlen(text), *state)
#define SET(text) conf_set(&table, (text), *state)

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

static void yaml_sets_every_type(void **state)
{
	struct settings *s = *state;

	assert_ok(READ("# why one would run it\n"
		       "tasks: 1_000\nbaseline: off\nseed: 0xffffffffffffffff\nnoise: 5e-1\n"
		       "name: \"a: b # \\u00e9\"\nlauncher: spawn\ntime_limit: 1.5s\nsize: 2MiB\n"
		       "command:\n  - ls\n  - ''\n  - -l,x\ntemperature: warm\nsizes: [3, 4, 5]\n"
		       "breakpoints:\n  count: 10\n  file: /tmp/x y\na: {b: {c: 9}}\n"));
	assert_int_equal(s->tasks, 1000);
	assert_false(s->baseline);
	assert_true(s->seed == UINT64_MAX);
	assert_true(s->noise == 0.5);
	assert_string_equal(s->name, "a: b # \xc3\xa9");
	assert_int_equal(s->launcher, 1);
	assert_int_equal(s->limit_ns, 1500 * NS_PER_MS);
	assert_int_equal(s->size_bytes, 2 << 20);
	assert_int_equal(s->command.n, 3);
	assert_string_equal(s->command.strings[1], "");
	assert_string_equal(s->command.strings[2], "-l,x");
	assert_null(s->command.strings[3]);
	assert_int_equal(s->temperature.n, 1);
	assert_int_equal(s->temperature.choices[0], 1);
	assert_int_equal(s->sizes.n, 3);
	assert_int_equal(s->sizes.ints[2], 5);
	assert_int_equal(s->bp_count, 10);
	assert_string_equal(s->bp_file, "/tmp/x y");
	assert_int_equal(s->deep, 9);
}

static void empty_files_and_sections_set_nothing(void **state)
{
	static const char *const texts[] = { "", "\n\n", "# only a comment\n", "---\n", "--- ~\n...\n", "breakpoints:\n",
					     "breakpoints: {}\n", "name:\n", "{}", "\xef\xbb\xbf", "\xef\xbb\xbf# x" };
	struct settings *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_ok(READ(texts[i]));
	assert_int_equal(s->tasks, 4);
	assert_int_equal(s->bp_count, 0);
	assert_null(s->name);
}

static void dotted_keys_are_the_nested_ones(void **state)
{
	struct settings *s = *state;

	assert_ok(READ("breakpoints.count: 3\na:\n  b.c: 4\n"));
	assert_int_equal(s->bp_count, 3);
	assert_int_equal(s->deep, 4);
	assert_err_has(READ("breakpoints.count: 3\nbreakpoints:\n  count: 4\n"),
		       "x.yaml:3:3: 'breakpoints.count' is given twice, first in line 1");
}

static void error_shows_line_and_caret(void **state)
{
	assert_err(READ("tasks: 4\nbreakpoints:\n  count: many  # of them\n"),
		   "x.yaml:3:10: 'breakpoints.count' must be a whole number, not 'many'\n"
		   "      count: many  # of them\n"
		   "             ^");
	assert_err(READ("sizes: [1, 2,\n   x]"), "x.yaml:2:4: 'sizes' must be a whole number, or a list of them, not 'x'\n"
						  "       x]\n"
						  "       ^");
	/* Characters, not bytes, are counted. */
	assert_err(READ("{name: \xc3\xa9\xc3\xa9, tasks: 0}"), "x.yaml:1:19: 'tasks' must be between 1 and 100000, not 0\n"
							       "    {name: \xc3\xa9\xc3\xa9, tasks: 0}\n"
							       "                      ^");
}

static void long_line_is_cut_around_the_place(void **state)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, "{name: ");
	for (int i = 0; i < 300; i++)
		strbuf_putc(&sb, 'n');
	strbuf_puts(&sb, ", tasks: x}");
	_cleanup_err_ struct err *err = conf_read_text(&table, "x.yaml", sb.text, sb.len, *state);
	assert_non_null(err);
	const char *line = strchr(err_message(err), '\n');
	assert_non_null(line);
	assert_true(strlen(line) < 200);
	const char *caret = strrchr(err_message(err), '\n');
	assert_int_equal(line[strlen(caret) - 1], 'x');
}

static void unknown_key_suggests_the_nearest(void **state)
{
	static const char *const pairs[][2] = {
		{ "task", "tasks" }, { "TASKS", "tasks" }, { "time-limit", "time_limit" }, { "tmie_limit", "time_limit" },
		{ "temprature", "temperature" }, { "count", "breakpoints.count" }, { "breakpoint.count", "breakpoints.count" },
	};

	assert_err_hint(READ("tasks: 3\nbaselin: true\n"),
			"x.yaml:2:1: unknown key 'baselin' in a scenario\n    baselin: true\n    ^", "did you mean 'baseline'?");
	assert_err_hint(READ("breakpoints:\n  cuont: 1"),
			"x.yaml:2:3: unknown key 'breakpoints.cuont' in a scenario\n      cuont: 1\n      ^",
			"did you mean 'count'?");
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_free_ char *assignment = mem_printf("%s=1", pairs[i][0]);
		_cleanup_free_ char *message = mem_printf("unknown key '%s' in a scenario", pairs[i][0]);
		_cleanup_free_ char *hint = mem_printf("did you mean '%s'?", pairs[i][1]);

		assert_err_hint(SET(assignment), message, hint);
	}
	assert_err_hint(SET("breakpoints.elephant=1"), "unknown key 'breakpoints.elephant' in a scenario",
			"known keys: tasks, launcher, breakpoints, baseline, seed, noise, name, time_limit, size, "
			"open_end, command, temperature, sizes, a");
	assert_err_hint(READ("breakpoints: {elephant: 1}"),
			"x.yaml:1:15: unknown key 'breakpoints.elephant' in a scenario\n"
			"    breakpoints: {elephant: 1}\n                  ^",
			"known keys: count, file");
}

static void shapes_that_do_not_fit(void **state)
{
	static const char *const cases[][2] = {
		{ "tasks: [1]", "x.yaml:1:8: 'tasks' must be a whole number, not a list" },
		{ "tasks: {a: 1}", "x.yaml:1:8: 'tasks' must be a whole number, not a mapping" },
		{ "sizes: {a: 1}", "x.yaml:1:8: 'sizes' must be a whole number, or a list of them, not a mapping" },
		{ "sizes: [[1]]", "x.yaml:1:9: a member of 'sizes' may not be a list" },
		{ "sizes: [a: 1]", "a member of 'sizes' may not be a mapping" },
		{ "launcher: [spawn]", "x.yaml:1:11: 'launcher' must be one of mpirun, spawn, not a list" },
		{ "breakpoints: 3", "x.yaml:1:14: 'breakpoints' is a section, not a setting" },
		{ "breakpoints: [1]", "x.yaml:1:14: 'breakpoints' is a section, not a setting" },
		{ "- a", "x.yaml:1:1: a scenario is a mapping of keys to values, not a list" },
		{ "hello", "x.yaml:1:1: a scenario is a mapping of keys to values, not a single value" },
		{ "? [a]\n: b", "x.yaml:1:3: a key must be a word" },
		{ "tasks: 1\ntasks: 1\n", "x.yaml:2:1: 'tasks' is given twice, first in line 1" },
		{ "breakpoints: {}\nbreakpoints: {}\n", "x.yaml:2:1: section 'breakpoints' is given twice" },
		{ "tasks: 1\n---\ntasks: 2\n", "x.yaml:2:1: a second document begins here; a scenario is one" },
		{ "name: &a x\n", "x.yaml:1:8: an anchor (&...) has no use in a scenario" },
		{ "name: *a\n", "an alias has no use in a scenario" },
		{ "name: !!str x\n", "x.yaml:1:7: a tag (!...) has no use in a scenario" },
		{ "name: \"a\\0b\"", "x.yaml:1:8: a value may not hold a NUL byte" },
		{ "tasks:\n", "'tasks' has no value: it must be a whole number" },
		{ "tasks: ~\n", "x.yaml:1:8: 'tasks' has no value: it must be a whole number" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_err_has(READ(cases[i][0]), cases[i][1]);
}

static void broken_yaml_is_one_error_with_its_place(void **state)
{
	static const char *const cases[][2] = {
		{ "tasks: 4\nname: \"open\n", "x.yaml:2:" },
		{ "tasks: 4\n\tname: x\n", "x.yaml:1:" },
		{ "tasks: 4\n  name: x\n", "x.yaml:1:" },
		{ "name: 'a' 'b'\n", "x.yaml:1:" },
		{ "command: [a, b\n", "x.yaml:" },
		{ "@", "x.yaml:1:1: " },
		{ "%YAML 9.9\n---\na: b\n", "x.yaml:1:1: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_err_has(READ(cases[i][0]), cases[i][1]);
}

static void bytes_that_are_no_text(void **state)
{
	static const char nul[] = "tasks: 4\nname: a\0b\n";

	assert_err(conf_read_text(&table, "x.yaml", nul, sizeof(nul) - 1, *state),
		   "x.yaml:2:8: NUL byte in a text file\n    name: a?b\n           ^");
	assert_err(READ("name: \xff"), "x.yaml:1:7: byte 0xff is not UTF-8\n    name: ?\n          ^");
	assert_err_has(READ("name: \xc0\x80"), "byte 0xc0 is not UTF-8");
	assert_err_has(READ("name: \xed\xa0\x80"), "byte 0xed is not UTF-8");
	assert_err_has(READ("name: \xf4\x90\x80\x80"), "byte 0xf4 is not UTF-8");
	assert_err_has(READ("name: \xe2\x82"), "byte 0xe2 is not UTF-8");
	assert_err(SET("name=\xff"), "'name' must be UTF-8 text, not '?'");
	assert_err(SET("command=a,\xff"), "'command' must be UTF-8 text, not '?'");
}

static void deep_nesting_is_refused_fast(void **state)
{
	_cleanup_strbuf_ struct strbuf lists = STRBUF_INIT, maps = STRBUF_INIT, members = STRBUF_INIT;

	strbuf_puts(&members, "command: ");
	for (int i = 0; i < 100000; i++) {
		strbuf_putc(&lists, '[');
		strbuf_puts(&maps, "{a: ");
		strbuf_putc(&members, '[');
	}
	assert_err_has(conf_read_text(&table, "x.yaml", lists.text, lists.len, *state), "not a list");
	assert_err_has(conf_read_text(&table, "x.yaml", maps.text, maps.len, *state), "unknown key 'a.a'");
	assert_err_has(conf_read_text(&table, "x.yaml", members.text, members.len, *state), "may not be a list");
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

static void assert_same(const struct settings *a, const struct settings *b)
{
	json_t *x = conf_to_json(&table, a), *y = conf_to_json(&table, b);

	assert_true(json_equal(x, y));
	json_decref(x);
	json_decref(y);
}

static void yaml_reads_back_to_the_same(void **state)
{
	static const char *const names[] = {
		"plain", "null", "~", "true", "a: b", "# no comment", "-", "---", "...", "'", "\"", "\\", "a\nb\tc\r",
		" spaces ", "\xc3\xa9", "\xc2\x85 next line", "\xe2\x80\xa8", "\x01\x7f", "1", "{", "[", "*x", "&x", "!x", "%x",
		"@x", "\xf0\x9f\x90\x8d", "\xef\xbb\xbf", "a,b", "", "\xef\xbf\xbf",
	};
	struct settings *s = *state;

	assert_ok(READ("tasks: 77\nseed: 18446744073709551615\nnoise: 0.1234567890123\nlauncher: spawn\n"
		       "time_limit: 1234567ns\nsize: 12345\nsizes: [9, 8]\ntemperature: [warm]\nbaseline: no\n"
		       "breakpoints: {count: 5, file: null}\na: {b: {c: -3}}\n"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct settings copy = { 0 };
		_cleanup_free_ char *name = mem_printf("name=%s", names[i]);

		assert_ok(SET(name));
		free(s->command.strings);
		s->command = (struct conf_list){ .n = 2 };
		s->command.strings = mem_calloc(3, sizeof(char *));
		s->command.strings[0] = mem_strdup(names[i]);
		s->command.strings[1] = mem_strdup("x");
		_cleanup_free_ char *yaml = conf_to_yaml(&table, s);
		conf_defaults(&table, &copy);
		assert_ok(conf_read_text(&table, "copy.yaml", yaml, strlen(yaml), &copy));
		assert_same(s, &copy);
		conf_deinit(&table, &copy);
		free(s->command.strings[0]);
		free(s->command.strings[1]);
		s->command.n = 0;
	}
}

static void yaml_is_nested_with_each_section_once(void **state)
{
	_cleanup_free_ char *yaml = conf_to_yaml(&table, *state);

	assert_string_equal(yaml, "tasks: 4\nlauncher: mpirun\nbreakpoints:\n  count: 0\n  file: \"\"\nbaseline: true\n"
				  "seed: 42\nnoise: 0.25\nname: \"\"\ntime_limit: 10min\nsize: 4KiB\nopen_end: 1\n"
				  "command: []\ntemperature: [cold, warm]\nsizes: [1, 2]\na:\n  b:\n    c: 7\n");
}

static void json_has_units_in_its_keys(void **state)
{
	json_t *json = conf_to_json(&table, *state);
	_cleanup_free_ char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, "{\"tasks\":4,\"launcher\":\"mpirun\",\"breakpoints\":{\"count\":0,\"file\":null},"
				  "\"baseline\":true,\"seed\":\"42\",\"noise\":0.25,\"name\":null,"
				  "\"time_limit_ns\":600000000000,\"size_bytes\":4096,\"open_end\":1,\"command\":[],"
				  "\"temperature\":[\"cold\",\"warm\"],\"sizes\":[1,2],\"a\":{\"b\":{\"c\":7}}}");
	json_decref(json);
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
	assert_non_null(strstr(text, "one of mpirun, spawn; default mpirun"));
	assert_null(strstr(strstr(text, "Other:\n") + 1, "Other:\n"));
}

static void file_is_read_and_named_in_errors(void **state)
{
	char path[] = "/tmp/unit.XXXXXX";
	struct settings *s = *state;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_ok(fs_publish(path, "tasks: 9\n", 9));
	assert_ok(conf_read_file(&table, path, s));
	assert_int_equal(s->tasks, 9);
	assert_ok(fs_publish(path, "tasks: x\n", 9));
	_cleanup_free_ char *message = mem_printf("%s:1:8: 'tasks' must be a whole number, not 'x'\n    tasks: x\n           ^", path);
	assert_err(conf_read_file(&table, path, s), message);
	unlink(path);
	_cleanup_free_ char *missing = mem_printf("cannot open '%s': No such file or directory", path);
	assert_err(conf_read_file(&table, path, s), missing);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_parsed),
		TEST(yaml_sets_every_type),
		TEST(empty_files_and_sections_set_nothing),
		TEST(dotted_keys_are_the_nested_ones),
		TEST(error_shows_line_and_caret),
		TEST(long_line_is_cut_around_the_place),
		TEST(unknown_key_suggests_the_nearest),
		TEST(shapes_that_do_not_fit),
		TEST(broken_yaml_is_one_error_with_its_place),
		TEST(bytes_that_are_no_text),
		TEST(deep_nesting_is_refused_fast),
		TEST(overrides),
		TEST(failed_change_leaves_the_old_value),
		TEST(values_that_are_refused),
		TEST(durations_and_back),
		TEST(yaml_reads_back_to_the_same),
		TEST(yaml_is_nested_with_each_section_once),
		TEST(json_has_units_in_its_keys),
		TEST(help_has_every_key_under_its_group),
		TEST(file_is_read_and_named_in_errors),
		TEST(parts_follow_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
