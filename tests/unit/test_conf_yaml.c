/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings read from YAML, and how each error names its place. */
#include "settings.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETTINGS_TEST(yaml_sets_every_type),
		SETTINGS_TEST(empty_files_and_sections_set_nothing),
		SETTINGS_TEST(dotted_keys_are_the_nested_ones),
		SETTINGS_TEST(error_shows_line_and_caret),
		SETTINGS_TEST(long_line_is_cut_around_the_place),
		SETTINGS_TEST(unknown_key_suggests_the_nearest),
		SETTINGS_TEST(shapes_that_do_not_fit),
		SETTINGS_TEST(broken_yaml_is_one_error_with_its_place),
		SETTINGS_TEST(bytes_that_are_no_text),
		SETTINGS_TEST(deep_nesting_is_refused_fast),
		SETTINGS_TEST(file_is_read_and_named_in_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
