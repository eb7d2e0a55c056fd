/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario's variants, and the command line of each. */
#include "unit.h"

#include "job/counters.h"
#include "job/variant.h"
#include "lib/strbuf.h"
#include "measure/trial.h"

static char *names_of(const char *settings)
{
	struct strbuf names = STRBUF_INIT;
	struct variant *variants;
	struct scenario s = { 0 };
	size_t n;

	conf_defaults(&scenario_table, &s);
	assert_ok(conf_read_text(&scenario_table, "s.yaml", settings, strlen(settings), &s));
	variants_make(&s, &variants, &n);
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *name = variant_name(variants[i].program, variants[i].bind_now);

		strbuf_printf(&names, "%s%s", i ? " " : "", name);
	}
	free(variants);
	scenario_deinit(&s);
	return strbuf_steal(&names);
}

static void test_expansion(void **state)
{
	static const struct {
		const char *settings, *want;
	} cases[] = {
		{ "target: t", "host" },
		{ "target: t\nbind_now: on", "host+bind_now" },
		{ "target: t\nprogram: [linked, host]", "linked host" },
		{ "target: t\nprogram: [host, linked]\nbind_now: [off, on]",
		  "host host+bind_now linked linked+bind_now" },
		{ "target: t\nprogram: [host, linked, linked_now, plain_linked_now]\nbind_now: [on, off]",
		  "host+bind_now host linked+bind_now linked linked_now plain_linked_now" },
		{ "target: t\nprogram: linked_now\nbind_now: on", "linked_now+bind_now" },
		{ "command: prog", "command" },
		{ "command: prog\nbind_now: [off, on]", "command command+bind_now" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *names = names_of(cases[i].settings);

		assert_string_equal(names, cases[i].want);
	}
}

static void assert_argv(char **argv, const char *want)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	for (size_t i = 0; argv[i]; i++)
		strbuf_printf(&got, "%s%s", i ? "|" : "", argv[i]);
	assert_string_equal(got.text, want);
	variant_argv_free(argv);
}

static void check_argv(const char *program, const struct manifest *m, bool mpi, const char *want)
{
	const struct variant variant = { .program = program };
	struct scenario s = { 0 };
	char **argv;

	conf_defaults(&scenario_table, &s);
	assert_ok(conf_set(&scenario_table, "command=prog,a b", &s));
	assert_ok(variant_argv(&s, &variant, m, mpi, &argv));
	assert_argv(argv, want);
	scenario_deinit(&s);
}

static void test_argv(void **state)
{
	static char list[] = "modules.txt", list_now[] = "modules-now.txt";
	struct manifest_program programs[] = {
		{ .name = (char *)"host", .path = (char *)"host", .driver = true, .module_list = list },
		{ .name = (char *)"linked_now", .path = (char *)"linked_now", .driver = true, .module_list = list_now },
		{ .name = (char *)"plain", .path = (char *)"plain", .module_list = list },
		{ .name = (char *)"python", .driver = true, .module_list = list },
	};
	struct manifest m = { .target_dir = (char *)"/t", .name = (char *)"tiny", .python = (char *)"/usr/bin/python3",
			      .driver = (char *)"driver.py", .programs = programs, .n_programs = ARRAY_SIZE(programs) };
	const struct variant linked = { .program = "linked" };
	const struct scenario s = { 0 };
	char **argv;

	(void)state;
	check_argv("host", &m, true, "/t/host|/t/driver.py|/t/modules.txt");
	check_argv("host", &m, false, "/t/host|/t/driver.py|--no-mpi|/t/modules.txt");
	check_argv("plain", &m, true, "/t/plain|/t/modules.txt");
	check_argv("plain", &m, false, "/t/plain|/t/modules.txt");
	check_argv("linked_now", &m, true, "/t/linked_now|/t/driver.py|/t/modules-now.txt");
	check_argv("python", &m, true, "/usr/bin/python3|/t/driver.py|/t/modules.txt");
	check_argv(NULL, NULL, true, "prog|a b");
	assert_err_hint(variant_argv(&s, &linked, &m, true, &argv), "target 'tiny' has no program 'linked'",
			"add linked to 'programs' in its spec and generate it again");
}

/* What counts stands before the program, and every task has a file of its own. */
static void test_callgrind_wrap(void **state)
{
	char **argv = mem_calloc(3, sizeof(*argv));
	size_t n = 0;

	(void)state;
	argv[0] = mem_strdup("/t/host");
	argv[1] = mem_strdup("x");
	argv = callgrind_wrap(argv);
	assert_string_equal(argv[0], "valgrind");
	while (argv[n])
		n++;
	assert_string_equal(argv[n - 2], "/t/host");
	assert_string_equal(argv[n - 1], "x");
	assert_non_null(strstr(argv[n - 3], "%p"));
	variant_argv_free(argv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_callgrind_wrap),
	};

	return cmocka_run_group_tests_name("variant", tests, NULL, NULL);
}
