/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that are set although nothing heeds them: conditions of an option table. */
#include "lib/conf/conf.h"
#include "unit.h"

struct settings {
	char *tool, *path;
	int mode;
	struct conf_list states;
	int64_t depth, files;
	struct conf_matrix matrix;
};

#define AT(field) .offset = offsetof(struct settings, field)
static const struct conf_choice modes[] = { { "a", NULL }, { "b", NULL }, { "c", NULL }, { 0 } };
static const struct conf_choice states[] = { { "cold", NULL }, { "warm", NULL }, { 0 } };
static const struct conf_option options[] = {
	{ .key = "tool", .type = CONF_STRING, AT(tool), .default_text = "own" },
	{ .key = "mode", .type = CONF_CHOICE, AT(mode), .default_text = "a", .choices = modes },
	{ .key = "states", .type = CONF_CHOICES, AT(states), .default_text = "cold", .choices = states },
	{ .key = "path", .type = CONF_STRING, AT(path), .default_text = "", .heeded_by = "tool!=own,none" },
	{ .key = "depth", .type = CONF_INT, AT(depth), .default_text = "1", .heeded_by = "tool=own mode=b,c" },
	{ .key = "files", .type = CONF_INT, AT(files), .default_text = "0", .heeded_by = "states=cold" },
	{ .key = "matrix", .type = CONF_MATRIX, AT(matrix), .default_text = "", .heeded_by = "job=new" },
};
static const struct conf_table table = { .what = "settings", .options = options, .n_options = ARRAY_SIZE(options) };

static void keys_without_effect_are_refused(void **state)
{
	static const struct {
		const char *sets[3], *message, *hint; /* NULL: it has one */
	} cases[] = {
		{ { NULL }, NULL, NULL },
		{ { "path=x" }, "'path' has no effect with tool 'own'",
		  "set tool to something else than own or none, or leave path out" },
		{ { "path=x", "tool=other" }, NULL, NULL },
		{ { "depth=2" }, "'depth' has no effect with mode 'a'", "set mode to b or c, or leave depth out" },
		{ { "depth=2", "mode=c" }, NULL, NULL },
		{ { "depth=1" }, NULL, NULL }, /* its default is never without effect */
		{ { "depth=2", "mode=b", "tool=other" }, "'depth' has no effect with tool 'other'",
		  "set tool to own, or leave depth out" },
		{ { "files=3", "states=warm" }, "'files' has no effect with states 'warm'",
		  "set states to cold, or leave files out" },
		{ { "files=3", "states=warm,cold" }, NULL, NULL },
		{ { "matrix=mode=a,b" }, "'matrix' has no effect with jobs that are old", "leave it out" },
	};
	static const struct conf_fact old = { "job", "old", "jobs that are old" }, new = { "job", "new", "new jobs" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings s = { 0 };

		conf_defaults(&table, &s);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].sets) && cases[i].sets[j]; j++)
			assert_ok(conf_set(&table, cases[i].sets[j], &s));
		_cleanup_err_ struct err *err = conf_check_heeded(&table, &s, &old);
		if (cases[i].message) {
			assert_non_null(err);
			assert_string_equal(err_message(err), cases[i].message);
			assert_string_equal(err_hint_text(err), cases[i].hint);
		} else {
			assert_ok(no_free_ptr(err));
		}
		if (s.matrix.n) { /* a fact that fits, and one that nobody tells */
			assert_ok(conf_check_heeded(&table, &s, &new));
			assert_ok(conf_check_heeded(&table, &s, NULL));
		}
		conf_deinit(&table, &s);
	}
}

static void help_says_when(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct conf_option named[ARRAY_SIZE(options)];
	const struct conf_table all = { .what = "settings", .options = named, .n_options = ARRAY_SIZE(named) };

	(void)state;
	memcpy(named, options, sizeof(named));
	for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
		named[i].help = "help";
		named[i].group = "All";
	}
	conf_print_help(&all, out);
	fclose(out);
	assert_non_null(strstr(text, "text; only with tool other than own or none\n"));
	assert_non_null(strstr(text, "whole number; default 1; only with tool own and mode\n"));
	assert_null(strstr(text, "job"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_without_effect_are_refused),
		cmocka_unit_test(help_says_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
