/* SPDX-License-Identifier: BSD-3-Clause */
/* Which functions breakpoints are at: spread evenly, by name, and what cannot be. */
#include "tool/breakpoints.h"
#include "unit.h"

static char names_of[][16] = { "a", "b", "c", "a_fn{}", "b_fn{}_x", "c_fn{}", "made-up" };
static struct manifest_library libraries[] = {
	{ .name = names_of[0], .function_pattern = names_of[3], .n_functions = 10 },
	{ .name = names_of[1], .function_pattern = names_of[4], .n_functions = 1 },
	{ .name = names_of[2], .function_pattern = names_of[5], .n_functions = 9 },
};
static const struct manifest manifest = { .name = names_of[6], .libraries = libraries, .n_libraries = 3 };

static void assert_chosen(int64_t count, const char *const *expected)
{
	struct scenario scenario = { .breakpoints_count = count, .breakpoints_where = BP_SPREAD };
	char **names;
	size_t n;

	assert_ok(breakpoints_choose(&scenario, &manifest, &names, &n));
	assert_int_equal(n, count);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(names[i], expected[i]);
	breakpoints_free(names, n);
}

static void spreads_evenly(void **state)
{
	(void)state;
	assert_chosen(0, NULL);
	assert_chosen(1, (const char *const[]){ "b_fn0_x" }); /* the 11th of 20 */
	assert_chosen(2, (const char *const[]){ "a_fn5", "c_fn4" });
	assert_chosen(4, (const char *const[]){ "a_fn2", "a_fn7", "c_fn1", "c_fn6" });
}

/* All functions once: nothing twice, nothing left out. */
static void takes_every_function_if_asked(void **state)
{
	const char *expected[20];
	char texts[20][8];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(texts[i], sizeof(texts[i]), i < 10 ? "a_fn%d" : i == 10 ? "b_fn%d_x" : "c_fn%d",
			 i < 10 ? i : i == 10 ? 0 : i - 11);
		expected[i] = texts[i];
	}
	assert_chosen(20, expected);
}

static void refuses(void **state)
{
	struct scenario scenario = { .breakpoints_count = 21, .breakpoints_where = BP_SPREAD };
	char **names;
	size_t n;

	(void)state;
	assert_err_hint(breakpoints_choose(&scenario, &manifest, &names, &n),
			"21 breakpoints cannot be spread over the 20 functions of target 'made-up'",
			"lower breakpoints.count");
	assert_err_has(breakpoints_choose(&scenario, NULL, &names, &n), "of a generated target only");
}

static void takes_names_as_given(void **state)
{
	char first[] = "malloc", second[] = "free", *given[] = { first, second };
	struct scenario scenario = { .breakpoints_where = BP_NAMES,
				     .breakpoints_names = { .strings = given, .n = 2 } };
	char **names;
	size_t n;

	(void)state;
	assert_ok(breakpoints_choose(&scenario, NULL, &names, &n));
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "malloc");
	assert_string_equal(names[1], "free");
	breakpoints_free(names, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spreads_evenly),
		cmocka_unit_test(takes_every_function_if_asked),
		cmocka_unit_test(refuses),
		cmocka_unit_test(takes_names_as_given),
	};

	return cmocka_run_group_tests_name("breakpoints", tests, NULL, NULL);
}
