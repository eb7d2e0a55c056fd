/* SPDX-License-Identifier: BSD-3-Clause */
/* Target specs: defaults, derived values, checks over several keys. Ranges and messages
 * of single keys are conf's tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/spec.h"

static void read_ok(const char *path, struct target_spec *ret)
{
	struct err *err = spec_read(path, ret);

	assert_null(err);
	err = spec_check(ret, path);
	assert_null(err);
}

static void assert_refused(struct target_spec *spec, const char *words)
{
	_cleanup_err_ struct err *err = spec_check(spec, NULL);

	assert_non_null(err);
	if (!strstr(err_message(err), words))
		fail_msg("'%s' does not say '%s'", err_message(err), words);
	assert_int_equal(err_status(err), EXIT_USAGE);
	spec_deinit(spec);
}

static void set(struct target_spec *spec, const char *assignment)
{
	struct err *err = conf_set(&spec_table, assignment, spec);

	if (err)
		fail_msg("%s: %s", assignment, err_message(err));
}

static void test_defaults(void **state)
{
	struct target_spec spec;

	(void)state;
	read_ok(NULL, &spec);
	assert_string_equal(spec.name, "pynamic");
	assert_int_equal(spec.max_depth, 10);
	assert_int_equal(spec.utility_fan_out, 4);
	assert_int_equal(spec.utility_functions, spec.functions);
	assert_true(spec_has_program(&spec, PROGRAM_HOST));
	assert_true(spec_has_program(&spec, PROGRAM_PLAIN));
	assert_int_equal(spec.cflags.n, 1);
	spec_deinit(&spec);
}

static void test_specs_in_repository(void **state)
{
	static const struct {
		const char *path, *name;
		int64_t modules, utilities, functions, name_length;
	} specs[] = {
		{ "targets/tiny.yaml", "tiny", 6, 4, 20, 10 },
		{ "targets/small.yaml", "small", 40, 24, 1850, 60 },
		{ "targets/llnl.yaml", "llnl", 280, 215, 1850, 150 },
		{ "targets/nersc8.yaml", "nersc8", 280, 215, 1850, 100 },
		{ "targets/procurement.yaml", "procurement", 550, 350, 1250, 150 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct target_spec spec;

		read_ok(specs[i].path, &spec);
		assert_string_equal(spec.name, specs[i].name);
		assert_int_equal(spec.modules, specs[i].modules);
		assert_int_equal(spec.utilities, specs[i].utilities);
		assert_int_equal(spec.functions, specs[i].functions);
		assert_int_equal(spec.utility_functions, specs[i].functions);
		assert_int_equal(spec.name_length, specs[i].name_length);
		assert_true(spec.cross_module);
		spec_deinit(&spec);
	}
}

static void test_name_from_file(void **state)
{
	struct target_spec spec;
	struct err *err;

	(void)state;
	err = spec_read(NULL, &spec);
	assert_null(err);
	err = spec_check(&spec, "some/where.d/mine.v2.yaml");
	assert_null(err);
	assert_string_equal(spec.name, "mine.v2");
	spec_deinit(&spec);
}

static void test_resolved_spec_reads_back(void **state)
{
	struct target_spec spec, again = { 0 };
	_cleanup_free_ char *yaml = NULL;
	json_t *a, *b;
	struct err *err;

	(void)state;
	read_ok("targets/small.yaml", &spec);
	set(&spec, "seed=0xffffffffffffffff");
	set(&spec, "programs=plain");
	yaml = conf_to_yaml(&spec_table, &spec);
	conf_defaults(&spec_table, &again);
	err = conf_read_text(&spec_table, "again", yaml, strlen(yaml), &again);
	assert_null(err);
	a = conf_to_json(&spec_table, &spec);
	b = conf_to_json(&spec_table, &again);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	spec_deinit(&spec);
	spec_deinit(&again);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *assignment, *words;
	} cases[] = {
		{ "name=a/b", "cannot be 'a/b'" },
		{ "name=..", "cannot be '..'" },
		{ "compiler.cc=", "compiler.cc is empty" },
		{ "python=", "python is empty" },
		{ "mpicc=", "mpicc is empty" },
		{ "body.size=", "body.size is empty" },
		{ "compiler.cc=gcc; rm x", "cannot hold" },
		{ "compiler.flags=-O0,$(x)", "cannot hold" },
		{ "compiler.include_dirs=a`b`", "cannot hold" },
		{ "compiler.include_dirs=a b", "cannot hold" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target_spec spec;
		struct err *err = spec_read(NULL, &spec);

		assert_null(err);
		set(&spec, cases[i].assignment);
		assert_refused(&spec, cases[i].words);
	}
}

/* Settings that are fine one by one. */
static void test_refused_together(void **state)
{
	static const struct {
		const char *first, *second, *words;
	} cases[] = {
		{ "begin_links_all=true", "break_modules=false", "no libmodulebegin" },
		{ "dependencies.shape=all", "utilities=6000", "would be linked with 6000 others" },
		{ "begin_links_all=true", "modules=6000", "would be linked with 6000 others" },
		{ "modules=40", "functions=1000000", NULL },
		{ "modules=1000", "dependencies.fan_out=100000", NULL },
		{ "max_depth=10000", "body.stack=1MB", "bytes of stack" },
		{ "dependencies.shape=chain", "body.stack=1kB", NULL },
		{ "max_depth=10000", "body.stack=0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target_spec spec;
		struct err *err = spec_read(NULL, &spec);

		assert_null(err);
		set(&spec, "utilities=0");
		set(&spec, cases[i].first);
		set(&spec, cases[i].second);
		if (cases[i].words) {
			assert_refused(&spec, cases[i].words);
			continue;
		}
		err = spec_check(&spec, NULL);
		if (err)
			fail_msg("%s", err_message(err));
		spec_deinit(&spec);
	}
}

static void test_too_many_calls(void **state)
{
	struct target_spec spec;
	struct err *err = spec_read(NULL, &spec);

	(void)state;
	assert_null(err);
	set(&spec, "modules=40");
	set(&spec, "functions=1000000");
	set(&spec, "utility_functions=1");
	set(&spec, "calls.utility=100");
	assert_refused(&spec, "might be called more than");
}

static void test_bodies_of_no_kind(void **state)
{
	struct target_spec spec;
	struct err *err = spec_read(NULL, &spec);

	(void)state;
	assert_null(err);
	set(&spec, "body.size=0,4");
	set(&spec, "body.integer=0");
	set(&spec, "body.floating=0");
	set(&spec, "body.memory=0");
	set(&spec, "body.branchy=0");
	assert_refused(&spec, "all their weights are 0");
}

static void test_too_many_functions(void **state)
{
	struct target_spec spec;
	struct err *err = spec_read(NULL, &spec);

	(void)state;
	assert_null(err);
	set(&spec, "modules=100000");
	set(&spec, "functions=1000000");
	assert_refused(&spec, "functions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_specs_in_repository),
		cmocka_unit_test(test_name_from_file),
		cmocka_unit_test(test_resolved_spec_reads_back),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refused_together),
		cmocka_unit_test(test_too_many_calls),
		cmocka_unit_test(test_bodies_of_no_kind),
		cmocka_unit_test(test_too_many_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
