/* SPDX-License-Identifier: BSD-3-Clause */
/* What is emitted, against golden files: same spec and seed, same bytes, on every host. */
#include "gen/emit/embed.h"
#include "gen/emit/build.h"
#include "gen/emit/c.h"
#include "golden.h"
#include "smallplan.h"
#include "toolchain.h"

static void check_source(uint32_t library, bool print, const char *golden)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct target_spec spec;
	struct plan plan;

	plan_small(&spec, &plan);
	emit_c_library(&plan, &plan.libraries[library], print, &text, NULL);
	assert_golden(golden, text.text);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

static void test_module(void **state)
{
	(void)state;
	check_source(MODULE1, false, "libmodule1.c");
}

static void test_utility_that_prints(void **state)
{
	(void)state;
	check_source(UTILITY1, true, "libutility1.c");
}

static void test_module_to_stop_at(void **state)
{
	(void)state;
	check_source(BEGIN, false, "libmodulebegin.c");
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
	assert_golden("bodies.c", text.text);
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
	assert_golden("target.mk", makefile.text);
	assert_golden("flags.mk", flags_body.text);
	assert_golden("modules.txt", modules.text);
	assert_int_equal(emit_n_built(&plan, &spec), N_LIBRARIES + 2);
	plan_deinit(&plan);
	spec_deinit(&spec);
}

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
	assert_golden("programs.mk", makefile.text);
	assert_golden("static_table.c", table.text);
	assert_int_equal(emit_n_built(&plan, &spec), 2 * N_LIBRARIES + 9);
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
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_utility_that_prints),
		cmocka_unit_test(test_module_to_stop_at),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_text_depends_on_what_it_says),
		cmocka_unit_test(test_build_files),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_embedded_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
