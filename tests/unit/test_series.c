/* SPDX-License-Identifier: BSD-3-Clause */
/* A spec with lists: how many targets, and which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/series.h"

static void read_with(const char *const *settings, struct target_spec *ret)
{
	struct err *err = spec_read(NULL, ret);

	assert_null(err);
	for (; *settings; settings++) {
		err = conf_set(&spec_table, *settings, ret);
		assert_null(err);
	}
}

static const char *const lists[] = { "series.functions=5,50", "series.modules=3,1,2", "utilities=7", NULL };

static void test_count(void **state)
{
	static const char *const none[] = { NULL };
	struct target_spec spec;
	size_t n = 99;

	(void)state;
	read_with(none, &spec);
	assert_null(series_count(&spec, &n));
	assert_int_equal(n, 0);
	spec_deinit(&spec);
	read_with(lists, &spec);
	assert_null(series_count(&spec, &n));
	assert_int_equal(n, 6);
	spec_deinit(&spec);
}

static void test_members(void **state)
{
	static const char *const folders[] = { "m3-u7-f5", "m3-u7-f50", "m1-u7-f5", "m1-u7-f50", "m2-u7-f5", "m2-u7-f50" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *folder = NULL;
		struct target_spec spec;
		size_t n;

		read_with(lists, &spec);
		series_select(&spec, i, &folder);
		assert_string_equal(folder, folders[i]);
		assert_int_equal(spec.utilities, 7);
		assert_int_equal(spec.functions, i % 2 ? 50 : 5);
		assert_null(series_count(&spec, &n)); /* of a member nothing is left to vary */
		assert_int_equal(n, 0);
		spec_deinit(&spec);
	}
}

static void assert_refused(const char *const *settings, const char *words)
{
	struct target_spec spec;
	struct err *err;
	size_t n;

	read_with(settings, &spec);
	err = series_count(&spec, &n);
	assert_non_null(err);
	if (!strstr(err_message(err), words))
		fail_msg("'%s' does not say '%s'", err_message(err), words);
	err_free(err);
	spec_deinit(&spec);
}

static void test_refusals(void **state)
{
	char numbers[400] = "series.utilities=0", functions[400] = "series.functions=1";
	const char *const many[] = { numbers, functions, NULL };
	static const char *const twice[] = { "series.utilities=4,0,4", NULL };

	(void)state;
	assert_refused(twice, "4 twice");
	for (int i = 2; i <= 40; i++) {
		sprintf(numbers + strlen(numbers), ",%d", i);
		sprintf(functions + strlen(functions), ",%d", i);
	}
	assert_refused(many, "more than 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
