/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings written as YAML, which reads back to the same, and as JSON. */
#include "settings.h"

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

static void a_setting_stands_in_json_as_the_whole_has_it(void **state)
{
	static const char *const settings[][2] = {
		{ "time_limit", "1min" }, { "size", "1KiB" },     { "launcher", "spawn" }, { "temperature", "warm,cold" },
		{ "a.b.c", "-1" },	  { "tasks", "no number" }, { "x.y", "unknown" },
	};
	json_t *json = json_pack("{s:{s:i}, s:i}", "a", "other", 1, "tasks", 4);
	_cleanup_free_ char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		conf_json_set(&table, settings[i][0], settings[i][1], json);
	conf_json_set(NULL, "size", "1KiB", json);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "{\"a\":{\"b\":{\"c\":-1},\"other\":1},\"launcher\":\"spawn\",\"size\":\"1KiB\","
				  "\"size_bytes\":1024,\"tasks\":\"no number\",\"temperature\":[\"warm\",\"cold\"],"
				  "\"time_limit_ns\":60000000000,\"x\":{\"y\":\"unknown\"}}");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SETTINGS_TEST(yaml_reads_back_to_the_same),
		SETTINGS_TEST(yaml_is_nested_with_each_section_once),
		SETTINGS_TEST(json_has_units_in_its_keys),
		SETTINGS_TEST(a_setting_stands_in_json_as_the_whole_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
