/* SPDX-License-Identifier: BSD-3-Clause */
/* The manifest of a plan: what it says of libraries, functions and programs is what was planned. */
#include "gen/emit/build.h"
#include "smallplan.h"
#include "toolchain.h"

static void test_manifest_says_what_a_program_shows(void **state)
{
	/* Of all libraries of the plan, and of what an import of all loads. */
	enum { NONE, ALL, LOADED };
	static const struct {
		const char *name, *path, *list, *dir;
		enum manifest_build build;
		bool driver;
		int libraries, events;
	} rows[] = {
		{ "host", "host", "modules.txt", "lib", BUILD_VANILLA, true, LOADED, LOADED },
		{ "linked", "linked", "modules.txt", "lib", BUILD_LINKED, true, ALL, NONE },
		{ "linked_now", "linked_now", "modules-now.txt", "lib-now", BUILD_LINKED, true, ALL, NONE },
		{ "static", "static", "modules.txt", NULL, BUILD_STATIC, true, NONE, NONE },
		{ "bigexe", "bigexe", "modules.txt", "lib", BUILD_VANILLA, true, LOADED, LOADED },
		{ "plain", "plain", "modules.txt", "lib", BUILD_VANILLA, false, LOADED, LOADED },
		{ "plain_linked", "plain_linked", "modules.txt", "lib", BUILD_LINKED, false, ALL, NONE },
		{ "plain_linked_now", "plain_linked_now", "modules-now.txt", "lib-now", BUILD_LINKED, false, ALL, NONE },
		{ "plain_static", "plain_static", "modules.txt", NULL, BUILD_STATIC, false, NONE, NONE },
		{ "python", NULL, "modules.txt", "lib", BUILD_VANILLA, true, LOADED, LOADED },
	};
	struct target_spec spec;
	struct manifest m;
	struct plan plan;

	(void)state;
	plan_small_with(all_programs, &spec, &plan);
	emit_manifest(&plan, &spec, &toolchain, &m);
	assert_int_equal(m.n_programs, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct manifest_program *p = &m.programs[i];
		const size_t libraries[] = { 0, plan.n_libraries, plan.n_loaded };
		const size_t events[] = { 0, 0, plan.n_import_events };

		assert_string_equal(p->name, rows[i].name);
		assert_string_equal(p->path ? p->path : "", rows[i].path ? rows[i].path : "");
		assert_string_equal(p->module_list, rows[i].list);
		assert_string_equal(p->library_dir ? p->library_dir : "", rows[i].dir ? rows[i].dir : "");
		assert_int_equal(p->build, rows[i].build);
		assert_int_equal(p->driver, rows[i].driver);
		assert_int_equal(p->libraries, libraries[rows[i].libraries]);
		assert_int_equal(p->import_events, events[rows[i].events]);
	}
	manifest_deinit(&m);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

/* The interpreter needs nothing built, so it can run any target. */
static void test_manifest_has_only_built_programs(void **state)
{
	struct target_spec spec;
	struct manifest m;
	struct plan plan;

	(void)state;
	plan_small_with("programs=plain_static", &spec, &plan);
	emit_manifest(&plan, &spec, &toolchain, &m);
	assert_int_equal(m.n_programs, 2);
	assert_string_equal(m.programs[0].name, "plain_static");
	assert_string_equal(m.programs[1].name, "python");
	manifest_deinit(&m);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static void test_manifest_says_the_plan(void **state)
{
	struct target_spec spec;
	struct manifest manifest;
	struct plan plan;

	(void)state;
	plan_small(&spec, &plan);
	emit_manifest(&plan, &spec, &toolchain, &manifest);
	assert_int_equal(manifest.n_libraries, N_LIBRARIES);
	assert_int_equal(manifest.n_modules, UTILITY0);
	assert_int_equal(manifest.expect_libraries, plan.n_loaded);
	assert_int_equal(manifest.expect_calls, plan.n_calls);
	for (size_t i = 0; i < manifest.n_libraries; i++) {
		const struct manifest_library *library = &manifest.libraries[i];
		bool to_stop_at = i == BEGIN || i == FINAL;

		assert_int_equal(library->kind, i < UTILITY0 ? LIBRARY_MODULE : LIBRARY_UTILITY);
		assert_int_equal(library->entry != NULL, i < UTILITY0);
		assert_int_equal(library->cross != NULL, i < UTILITY0 && !to_stop_at);
		assert_int_equal(library->n_functions == 0, to_stop_at);
		if (to_stop_at) {
			assert_string_equal(library->entry, i == BEGIN ? "begin_break_here" : "break_here");
		} else {
			_cleanup_free_ char *last = manifest_function_name(library, library->n_functions - 1);
			_cleanup_free_ char *planned =
				plan_function_name(&plan, &plan.libraries[i], library->n_functions - 1);

			assert_string_equal(last, planned);
		}
		assert_int_equal(library->n_dependencies, plan.libraries[i].n_dependencies);
		for (size_t j = 0; j < library->n_functions; j++)
			assert_int_equal(library->calls[j], plan.libraries[i].functions[j].count);
	}
	manifest_deinit(&manifest);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest_says_what_a_program_shows),
		cmocka_unit_test(test_manifest_has_only_built_programs),
		cmocka_unit_test(test_manifest_says_the_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
