/* SPDX-License-Identifier: BSD-3-Clause */
/* Matrix and cases: read from YAML and from options, written back, and what is refused. */
#include "unit.h"

#include <stddef.h>

#include "lib/conf/conf.h"

struct settings {
	int64_t tasks;
	int aslr;
	char *name;
	struct conf_list words;
	int64_t count;
	struct conf_matrix matrix;
	struct conf_cases cases;
};

#define AT(field) .offset = offsetof(struct settings, field)
static const struct conf_choice switches[] = { { "on", NULL }, { "off", NULL }, { 0 } };
static const struct conf_option options[] = {
	{ .key = "tasks", .type = CONF_INT, AT(tasks), .default_text = "1", .min = 1, .max = 9 },
	{ .key = "aslr", .type = CONF_CHOICE, AT(aslr), .default_text = "on", .choices = switches },
	{ .key = "name", .type = CONF_STRING, AT(name), .default_text = "", .fixed = true },
	{ .key = "words", .type = CONF_STRINGS, AT(words), .default_text = "" },
	{ .key = "bp.count", .type = CONF_INT, AT(count), .default_text = "0" },
	{ .key = "matrix", .type = CONF_MATRIX, AT(matrix), .default_text = "" },
	{ .key = "cases", .type = CONF_CASES, AT(cases), .default_text = "" },
};
static const struct conf_table table = { .what = "scenario", .options = options, .n_options = ARRAY_SIZE(options) };

static struct err *read_text(const char *text, struct settings *s)
{
	*s = (struct settings){ 0 };
	conf_defaults(&table, s);
	return conf_read_text(&table, "f", text, strlen(text), s);
}

static void assert_json(const struct settings *s, const char *key, const char *want)
{
	json_t *json = conf_to_json(&table, s);
	_cleanup_free_ char *text = json_dumps(json_object_get(json, key), JSON_COMPACT);

	assert_string_equal(text, want);
	json_decref(json);
}

static void matrix_is_read_and_written(void **state)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "matrix: {aslr: [on, off], tasks: [1, 4]}", "{\"aslr\":[\"on\",\"off\"],\"tasks\":[\"1\",\"4\"]}" },
		{ "matrix:\n  bp:\n    count:\n    - 0\n    - 10\n", "{\"bp.count\":[\"0\",\"10\"]}" },
		{ "matrix: {bp.count: 3}", "{\"bp.count\":[\"3\"]}" },
		{ "matrix: {words: [[a, b], c, []]}", "{\"words\":[\"a,b\",\"c\",\"\"]}" },
		{ "matrix: {}", "{}" },
		{ "matrix:", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings s, back, copy = { 0 };

		assert_ok(read_text(cases[i].yaml, &s));
		assert_json(&s, "matrix", cases[i].json);
		_cleanup_free_ char *yaml = conf_to_yaml(&table, &s);
		assert_ok(read_text(yaml, &back));
		assert_json(&back, "matrix", cases[i].json);
		conf_copy(&table, &s, &copy);
		conf_deinit(&table, &s);
		assert_json(&copy, "matrix", cases[i].json);
		conf_deinit(&table, &back);
		conf_deinit(&table, &copy);
	}
}

static void cases_are_read_and_written(void **state)
{
	static const char want[] = "[{\"name\":\"a b\",\"tasks\":\"2\"},{\"name\":\"c\",\"bp.count\":\"3\",\"words\":\"x,y\"},"
				   "{\"name\":\"d\"}]";
	struct settings s, back, copy = { 0 };

	(void)state;
	assert_ok(read_text("cases:\n- {name: a b, tasks: 2}\n- {bp: {count: 3}, words: [x, y], name: c}\n- name: d\n", &s));
	assert_json(&s, "cases", want);
	_cleanup_free_ char *yaml = conf_to_yaml(&table, &s);
	assert_ok(read_text(yaml, &back));
	assert_json(&back, "cases", want);
	conf_copy(&table, &s, &copy);
	conf_deinit(&table, &s);
	assert_json(&copy, "cases", want);
	conf_deinit(&table, &back);
	conf_deinit(&table, &copy);
}

static void options_add_keys(void **state)
{
	struct settings s;

	(void)state;
	assert_ok(read_text("matrix: {aslr: [on, off]}", &s));
	assert_ok(conf_set_value(&table, "matrix", "tasks=1,4", "--matrix", &s));
	assert_ok(conf_set_value(&table, "matrix", "aslr=off", "--matrix", &s));
	assert_json(&s, "matrix", "{\"aslr\":[\"off\"],\"tasks\":[\"1\",\"4\"]}");
	assert_err(conf_set_value(&table, "matrix", "tasks=1,12", "--matrix", &s),
		   "--matrix: 'tasks' must be between 1 and 9, not 12");
	assert_err(conf_set_value(&table, "matrix", "tasks=1,1", "--matrix", &s), "--matrix: 'tasks' has the value '1' twice");
	assert_err(conf_set_value(&table, "matrix", "tasks", "--matrix", &s),
		   "'tasks' is not of the form KEY=VALUE,VALUE");
	assert_err(conf_set_value(&table, "matrix", "taks=1", "--matrix", &s), "--matrix: unknown key 'taks' in a scenario");
	assert_json(&s, "matrix", "{\"aslr\":[\"off\"],\"tasks\":[\"1\",\"4\"]}");
	assert_ok(conf_set_value(&table, "matrix", "", "--matrix", &s));
	assert_json(&s, "matrix", "{}");
	assert_err(conf_set_value(&table, "cases", "a", "cases", &s), "'cases' are read from a file only");
	conf_deinit(&table, &s);
}

static void what_does_not_fit_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *yaml, *message;
	} cases[] = {
		{ "matrix: {aslr: [on, of]}", "f:1:21: 'aslr' must be one of on, off, not 'of'" },
		{ "matrix: {tasks: [1, 10]}", "f:1:21: 'tasks' must be between 1 and 9, not 10" },
		{ "matrix: {tasks: []}", "f:1:18: 'tasks' has no values" },
		{ "matrix: {tasks: [1, 1]}", "f:1:21: 'tasks' has the value '1' twice" },
		{ "matrix: {tasks: {a: 1}}", "f:1:17: a value of 'tasks' may not be a mapping" },
		{ "matrix: {tasks: [[1]]}", "f:1:18: a value of 'tasks' may not be a list" },
		{ "matrix: {words: [[[a]]]}", "f:1:19: a member of a value of 'words' must be one value" },
		{ "matrix: {words: [['a,b']]}", "f:1:20: a member of a swept list may not be empty or hold a comma" },
		{ "matrix: {taks: [1]}", "f:1:10: unknown key 'taks' in a scenario" },
		{ "matrix: {name: [a, b]}", "f:1:10: 'name' cannot be swept: a scenario has one for all of its variants" },
		{ "matrix: {matrix: [a]}", "f:1:10: 'matrix' cannot be swept" },
		{ "matrix: {cases: [a]}", "f:1:10: 'cases' cannot be swept" },
		{ "matrix: {tasks: [1], tasks: [2]}", "f:1:22: 'tasks' is given twice" },
		{ "matrix: {bp: 1}", "f:1:14: 'bp' is a section, not a setting" },
		{ "matrix: [tasks]", "f:1:9: 'matrix' must be a mapping of keys to lists of values" },
		{ "matrix: tasks", "f:1:9: 'matrix' must be a mapping of keys to lists of values" },
		{ "matrix: {[a]: 1}", "a key must be a word" },
		{ "cases: {a: 1}", "f:1:8: 'cases' must be a list of mappings of keys to values" },
		{ "cases: [a]", "f:1:9: a case is a mapping of keys to values" },
		{ "cases: [{tasks: 1}]", "f:1:9: a case has no name" },
		{ "cases: [{name: a}, {name: a}]", "f:1:20: there are two cases with the name 'a'" },
		{ "cases: [{name: a, name: b}]", "f:1:25: 'name' is given twice" },
		{ "cases: [{name: [a]}]", "f:1:16: 'name' must be text" },
		{ "cases: [{name: a, tasks: 12}]", "f:1:26: 'tasks' must be between 1 and 9, not 12" },
		{ "cases: [{name: a, tasks: [1, 2]}]", "f:1:26: a value of 'tasks' may not be a list" },
		{ "cases: [{name: a, tasks: 1, tasks: 2}]", "f:1:29: 'tasks' is given twice" },
		{ "matrix: {tasks: [1]}\nmatrix: {tasks: [1]}", "f:2:1: 'matrix' is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings s;
		struct err *err = read_text(cases[i].yaml, &s);

		assert_non_null(err);
		if (!strstr(err_message(err), cases[i].message))
			fail_msg("%s: '%s' is not in '%s'", cases[i].yaml, cases[i].message, err_message(err));
		err_free(err);
		conf_deinit(&table, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix_is_read_and_written),
		cmocka_unit_test(cases_are_read_and_written),
		cmocka_unit_test(options_add_keys),
		cmocka_unit_test(what_does_not_fit_is_refused_with_its_place),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
