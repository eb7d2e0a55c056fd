/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings reader with an option of every type: any bytes are settings, which then
 * survive being printed and read again, or one error with a place in the file.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/conf/conf.h"

struct settings {
	struct conf_matrix matrix;
	struct conf_cases cases;
	bool flag;
	int64_t count, limit_ns, size_bytes;
	uint64_t seed;
	double ratio;
	char *text;
	int choice;
	struct conf_list strings, choices, ints;
	int64_t inner;
};

static const struct conf_choice words[] = { { "a", "first" }, { "b", "second" }, { 0 } };

#define AT(field) offsetof(struct settings, field)
static const struct conf_option options[] = {
	{ "f", CONF_BOOL, AT(flag), "no", 0, 0, NULL, "a flag", "All", NULL, false },
	{ "i", CONF_INT, AT(count), "1", 0, 0, NULL, "a number", "All", NULL, false },
	{ "d", CONF_DURATION, AT(limit_ns), "1s", 0, 0, NULL, "a duration", "All", NULL, false },
	{ "b", CONF_SIZE, AT(size_bytes), "1KiB", 0, 0, NULL, "a size", "All", NULL, false },
	{ "s", CONF_SEED, AT(seed), "1", 0, 0, NULL, "a seed", "All", NULL, false },
	{ "r", CONF_DOUBLE, AT(ratio), "1", 0, 0, NULL, "a ratio", "All", NULL, false },
	{ "t", CONF_STRING, AT(text), "", 0, 0, NULL, "a text", "All", NULL, false },
	{ "c", CONF_CHOICE, AT(choice), "a", 0, 0, words, "a choice", "All", NULL, false },
	{ "ts", CONF_STRINGS, AT(strings), "", 0, 0, NULL, "texts", "All", NULL, false },
	{ "cs", CONF_CHOICES, AT(choices), "a", 0, 0, words, "choices", "All", NULL, false },
	{ "is", CONF_INTS, AT(ints), "1", -5, 5, NULL, "numbers", "All", NULL, false },
	{ "m", CONF_MATRIX, AT(matrix), "", 0, 0, NULL, "a matrix", "All", NULL, false },
	{ "cases", CONF_CASES, AT(cases), "", 0, 0, NULL, "cases", "All", NULL, false },
	{ "x.y.z", CONF_INT, AT(inner), "1", 0, 9, NULL, "inside", "All", NULL, false },
};
static const struct conf_table table = {
	.what = "spec",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_reads_back(const struct settings *settings)
{
	_cleanup_free_ char *yaml = conf_to_yaml(&table, settings);
	struct settings copy = { 0 };

	conf_defaults(&table, &copy);
	_cleanup_err_ struct err *err = conf_read_text(&table, "copy", yaml, strlen(yaml), &copy);
	assert(!err);
	json_t *a = conf_to_json(&table, settings), *b = conf_to_json(&table, &copy);
	assert(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	conf_deinit(&table, &copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings settings = { 0 };

	conf_defaults(&table, &settings);
	_cleanup_err_ struct err *err = conf_read_text(&table, "fuzz", (const char *)data, size, &settings);
	if (err)
		assert(strncmp(err_message(err), "fuzz:", 5) == 0);
	else
		assert_reads_back(&settings);
	conf_deinit(&table, &settings);
	return 0;
}
