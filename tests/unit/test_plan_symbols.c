/* SPDX-License-Identifier: BSD-3-Clause */
/* What a model of a real code needs of a plan: exact numbers, short names, stripped shares. */
#include "unit.h"

#include "gen/plan/plan.h"

static void make(const char *const *settings, size_t n, struct target_spec *spec, struct plan *plan)
{
	assert_ok(spec_read(NULL, spec));
	for (size_t i = 0; i < n; i++)
		assert_ok(conf_set(&spec_table, settings[i], spec));
	assert_ok(spec_check(spec, NULL));
	plan_make(spec, plan);
}

#define MAKE(spec, plan, ...)                                                  \
	make((const char *const[]){ __VA_ARGS__, "break_modules=false" },      \
	     ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })) + 1, (spec), (plan))

static void test_no_spread(void **state)
{
	struct target_spec spec;
	struct plan plan;

	(void)state;
	MAKE(&spec, &plan, "modules=7", "utilities=5", "functions=11", "utility_functions=4", "functions_spread=0");
	for (size_t i = 0; i < plan.n_libraries; i++)
		assert_int_equal(plan.libraries[i].n_functions, i < 7 ? 11 : 4);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static void test_short_names(void **state)
{
	struct target_spec spec;
	struct plan plan;
	_cleanup_free_ char *pattern = NULL;
	_cleanup_free_ char *name = NULL;
	_cleanup_free_ char *module_name = NULL;

	(void)state;
	MAKE(&spec, &plan, "modules=2", "utilities=3", "short_names=true", "name_length=3");
	pattern = plan_function_pattern(&plan, &plan.libraries[4]);
	name = plan_function_name(&plan, &plan.libraries[4], 7);
	module_name = plan_function_name(&plan, &plan.libraries[1], 0);
	assert_string_equal(pattern, "u2_{}_ab");
	assert_string_equal(name, "u2_7_ab");
	assert_string_equal(module_name, "m1_0_ab");
	plan_deinit(&plan);
	spec_deinit(&spec);
}

/* As many as asked for, and never far from their share: not the first or the last ones. */
static void check_share(int64_t modules, int64_t utilities, int64_t stripped, int64_t undebugged)
{
	struct target_spec spec = { .modules = modules, .utilities = utilities, .stripped_libraries = stripped,
				    .undebugged_libraries = undebugged };
	int64_t n = modules + utilities, seen[3] = { 0 };

	for (int64_t i = 0; i < n; i++) {
		seen[plan_symbols_of(&spec, i)]++;
		assert_in_range(seen[PLAN_STRIPPED], (i + 1) * stripped / n, (i + 1) * stripped / n + 1);
	}
	assert_int_equal(seen[PLAN_STRIPPED], stripped);
	assert_int_equal(seen[PLAN_NO_DEBUG], undebugged);
	assert_int_equal(seen[PLAN_DEBUG], n - stripped - undebugged);
}

static void test_shares(void **state)
{
	(void)state;
	for (int64_t stripped = 0; stripped <= 13; stripped++)
		for (int64_t undebugged = 0; stripped + undebugged <= 13; undebugged++)
			check_share(9, 4, stripped, undebugged);
	check_share(280, 215, 494, 1);
	check_share(1, 0, 1, 0);
}

static void test_too_many(void **state)
{
	struct target_spec spec;

	(void)state;
	assert_ok(spec_read(NULL, &spec));
	assert_ok(conf_set(&spec_table, "stripped_libraries=6", &spec));
	assert_ok(conf_set(&spec_table, "undebugged_libraries=5", &spec));
	assert_err(spec_check(&spec, NULL), "stripped_libraries and undebugged_libraries are more than the 10 libraries");
	spec_deinit(&spec);
}

static void test_debug_types(void **state)
{
	struct target_spec spec;
	struct plan plan;

	(void)state;
	MAKE(&spec, &plan, "modules=1", "utilities=1", "debug_size=29KB");
	for (size_t i = 0; i < 2; i++)
		assert_in_range(plan.libraries[i].debug_types, 90, 110);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_spread),
		cmocka_unit_test(test_short_names),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_debug_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
