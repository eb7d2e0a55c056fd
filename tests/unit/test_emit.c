/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is emitted, against golden files: same spec and seed, same bytes, on every host.
 * After an intended change: GOLDEN_UPDATE=1 build/tests/unit/test_emit, then read the diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/embed.h"
#include "gen/emit_build.h"
#include "gen/emit_c.h"
#include "gen/program.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define GOLDEN_DIR "tests/golden/"

static char gcc[] = "gcc 1.2.3", python[] = "3.9.0", python_cflags[] = "-I/python/include",
	    python_libs[] = "-lpython3.9";
static const struct toolchain toolchain = { .compiler_version = gcc, .python_version = python,
					    .python_cflags = python_cflags, .python_libs = python_libs,
					    .debug = { "-g", "", "", "" } };

static void assert_golden(const char *name, const struct strbuf *text)
{
	_cleanup_strbuf_ struct strbuf want = STRBUF_INIT;
	_cleanup_free_ char *path = fs_join(GOLDEN_DIR, name);
	struct err *err;

	if (getenv("GOLDEN_UPDATE")) {
		err = fs_publish(path, text->text, text->len);
		assert_null(err);
		return;
	}
	err = fs_read(path, &want);
	if (err)
		fail_msg("%s", err_message(err));
	assert_string_equal(text->text, want.text);
}

/* Small enough to be read, with every argument type, a cross function and both kinds. */
static void plan_small_with(const char *setting, struct target_spec *spec, struct plan *plan)
{
	struct err *err = spec_read(NULL, spec);
	static const char *const settings[] = {
		"name=golden", "seed=7", "modules=3", "utilities=2", "functions=5", "utility_functions=4",
		"max_depth=3", "name_length=3", "cross_module=true", "dependencies.fan_out=2",
	};

	assert_null(err);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		err = conf_set(&spec_table, settings[i], spec);
		assert_null(err);
	}
	if (setting) {
		err = conf_set(&spec_table, setting, spec);
		assert_null(err);
	}
	err = spec_check(spec, NULL);
	assert_null(err);
	plan_make(spec, plan);
}

static void plan_small(struct target_spec *spec, struct plan *plan)
{
	plan_small_with(NULL, spec, plan);
}

static void put_plan(const struct plan *plan, struct strbuf *ret)
{
	static const char types[] = { [PLAN_INT] = 'i', [PLAN_LONG] = 'l', [PLAN_FLOAT] = 'f',
				      [PLAN_DOUBLE] = 'd', [PLAN_STRING] = 's' };

	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		strbuf_printf(ret, "%s result %llu needs", library->name, (unsigned long long)library->visit_result);
		for (size_t j = 0; j < library->n_dependencies; j++)
			strbuf_printf(ret, " %s", plan->libraries[library->dependencies[j]].name);
		strbuf_putc(ret, '\n');
		for (uint32_t j = 0; j < library->n_all; j++) {
			const struct plan_function *function = &library->functions[j];
			_cleanup_free_ char *name = plan_function_name(plan, library, j);

			strbuf_printf(ret, "  %s(", name);
			for (unsigned k = 0; k < function->n_args; k++)
				strbuf_putc(ret, types[function->args[k]]);
			strbuf_printf(ret, ") x%u", function->count);
			for (uint32_t k = 0; k < function->n_calls; k++) {
				const struct plan_call *call = &library->calls[function->first_call + k];
				const struct plan_library *other = &plan->libraries[call->library];
				_cleanup_free_ char *callee = plan_function_name(plan, other, call->function);

				strbuf_printf(ret, " %s", callee);
			}
			strbuf_putc(ret, '\n');
		}
	}
	strbuf_printf(ret, "visited %llu calls %llu loaded %zu events %zu\n", (unsigned long long)plan->n_visited,
		      (unsigned long long)plan->n_calls, plan->n_loaded, plan->n_import_events);
}

static void test_plan(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small(&spec, &plan);
	put_plan(&plan, &text);
	assert_golden("plan.txt", &text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

/* Places in the plan of plan_small. */
enum { BEGIN, MODULE0, MODULE1, MODULE2, FINAL, UTILITY0, UTILITY1, N_LIBRARIES };

static void check_source(uint32_t library, bool print, const char *golden)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	plan_small(&spec, &plan);
	emit_c_library(&plan, &plan.libraries[library], print, &text, NULL);
	assert_golden(golden, &text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static void test_module(void **state)
{
	(void)state;
	check_source(MODULE1, false, "libmodule1.c");
}

static void test_module_to_stop_at(void **state)
{
	(void)state;
	check_source(BEGIN, false, "libmodulebegin.c");
}

/* Who depends on whom in each shape. */
static void test_graphs(void **state)
{
	static const char *const settings[] = {
		"dependencies.shape=used", "dependencies.shape=all", "dependencies.shape=chain",
		"dependencies.shape=tree", "dependencies.shape=layers", "begin_links_all=true",
	};
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct target_spec spec;
		struct plan plan;

		plan_small_with("utilities=7", &spec, &plan);
		plan_deinit(&plan);
		assert_null(conf_set(&spec_table, settings[i], &spec));
		plan_make(&spec, &plan);
		strbuf_printf(&text, "%s\n", settings[i]);
		for (size_t j = 0; j < plan.n_libraries; j++) {
			const struct plan_library *library = &plan.libraries[j];

			strbuf_printf(&text, "  %s:", library->name);
			for (size_t k = 0; k < library->n_dependencies; k++)
				strbuf_printf(&text, " %s", plan.libraries[library->dependencies[k]].name + 3);
			strbuf_putc(&text, '\n');
		}
		strbuf_printf(&text, "  calls %llu visited %llu import events %zu\n",
			      (unsigned long long)plan.n_calls, (unsigned long long)plan.n_visited,
			      plan.n_import_events);
		plan_deinit(&plan);
		spec_deinit(&spec);
	}
	assert_golden("graphs.txt", &text);
}

/* Half of the functions: the others are there, and not called. */
static void test_coverage(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small_with("coverage=50", &spec, &plan);
	put_plan(&plan, &text);
	assert_golden("coverage.txt", &text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static void test_utility_that_prints(void **state)
{
	(void)state;
	check_source(UTILITY1, true, "libutility1.c");
}

/* Every kind of body, with a stack and data. */
static void test_bodies(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small(&spec, &plan);
	for (unsigned i = 0; i < BODY_N_KINDS; i++) {
		plan.libraries[UTILITY1].functions[i].body = i;
		plan.libraries[UTILITY1].functions[i].body_size = 5;
		plan.libraries[UTILITY1].functions[i].stack_bytes = i * 100;
	}
	plan.libraries[UTILITY1].data_words = 100;
	emit_c_library(&plan, &plan.libraries[UTILITY1], false, &text, NULL);
	assert_golden("bodies.c", &text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

/* Equal functions have equal text but for their names and numbers: templates rely on it. */
static void test_text_depends_on_what_it_says(void **state)
{
	struct plan_function functions[] = {
		{ .n_args = 2, .args = { PLAN_STRING, PLAN_FLOAT }, .body = BODY_MEMORY, .body_size = 9, .n_calls = 1 },
		{ .n_args = 2, .args = { PLAN_STRING, PLAN_FLOAT }, .body = BODY_MEMORY, .body_size = 9, .first_call = 1,
		  .n_calls = 1 },
		{ .n_args = 1, .args = { PLAN_DOUBLE } },
	};
	struct plan_call calls[] = { { 0, 2 }, { 0, 2 } };
	char name[] = "t", suffix[] = "";
	struct plan_library library = { .kind = LIBRARY_UTILITY, .name = name, .n_functions = 3, .n_all = 3,
					.cross = PLAN_NONE, .entry = PLAN_NONE, .functions = functions,
					.calls = calls, .n_calls = 2, .data_words = 3 };
	struct plan plan = { .libraries = &library, .n_libraries = 1, .name_suffix = suffix };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *first, *second, *end;

	(void)state;
	emit_c_library(&plan, &library, false, &text, NULL);
	first = strstr(text.text, "long t_fn0(char *a0, float a1)\n{");
	second = strstr(text.text, "long t_fn1(char *a0, float a1)\n{");
	end = strstr(text.text, "long t_fn2(double a0)\n{");
	assert_true(first && second && end);
	memcpy(strstr(first, "local = 0;"), "local = 1;", 10);
	assert_int_equal(second - first, end - second);
	assert_memory_equal(first + 10, second + 10, end - second - 10);
}

static void test_build_files(void **state)
{
	_cleanup_strbuf_ struct strbuf makefile = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf flags = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf flags_body = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf modules = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small(&spec, &plan);
	emit_makefile(&plan, &spec, &makefile);
	emit_flags(&spec, &toolchain, &flags);
	emit_module_list(&plan, "lib", &modules);
	/* The first line has our version and the compiler's. */
	assert_non_null(strstr(flags.text, KIT_VERSION "; changes are lost. Compiler: gcc 1.2.3\n"));
	strbuf_puts(&flags_body, strchr(flags.text, '\n') + 1);
	assert_golden("target.mk", &makefile);
	assert_golden("flags.mk", &flags_body);
	assert_golden("modules.txt", &modules);
	assert_int_equal(emit_n_built(&plan, &spec), N_LIBRARIES + 2);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static const char all_programs[] = "programs=host,linked,linked_now,static,bigexe,plain,plain_linked,plain_linked_now,"
				   "plain_static,python";

/* Every program, and objects whose debug information stays beside them. */
static void test_programs(void **state)
{
	_cleanup_strbuf_ struct strbuf makefile = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf table = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	(void)state;
	plan_small_with(all_programs, &spec, &plan);
	spec.debug = DEBUG_SPLIT;
	emit_makefile(&plan, &spec, &makefile);
	emit_static_table(&plan, &table);
	assert_golden("programs.mk", &makefile);
	assert_golden("static_table.c", &table);
	assert_int_equal(emit_n_built(&plan, &spec), 2 * N_LIBRARIES + 9);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

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

/* Each embedded file is the file of targets/, and each program has a main. */
static void test_embedded_files(void **state)
{
	unsigned uses = 0;

	(void)state;
	for (size_t i = 0; i < embed_n_files; i++) {
		_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
		_cleanup_free_ char *path = fs_join("targets", embed_files[i].name);
		struct err *err = fs_read(path, &file);

		assert_null(err);
		assert_int_equal(file.len, embed_files[i].end - embed_files[i].bytes);
		assert_memory_equal(file.text, embed_files[i].bytes, file.len);
		uses |= embed_files[i].use;
	}
	assert_int_equal(uses, EMBED_HOST | EMBED_PLAIN | EMBED_EXTRA | EMBED_DRIVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_utility_that_prints),
		cmocka_unit_test(test_module_to_stop_at),
		cmocka_unit_test(test_graphs),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_text_depends_on_what_it_says),
		cmocka_unit_test(test_build_files),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_manifest_says_what_a_program_shows),
		cmocka_unit_test(test_manifest_has_only_built_programs),
		cmocka_unit_test(test_manifest_says_the_plan),
		cmocka_unit_test(test_embedded_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
