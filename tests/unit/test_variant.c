/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario's variants, and the command line of each. */
#include "unit.h"

#include "job/counts/counters.h"
#include "job/scenario/variant.h"
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
	assert_ok(variants_make(&s, &variants, &n));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(variants[i].scenario.program.n, 1);
		assert_int_equal(variants[i].scenario.bind_now.n, 1);
		assert_int_equal(variants[i].scenario.matrix.n + variants[i].scenario.cases.n, 0);
		strbuf_printf(&names, "%s%s", i ? " | " : "", variants[i].name);
	}
	variants_free(variants, n);
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
		{ "target: t\nprogram: [linked, host]", "linked | host" },
		{ "target: t\nprogram: [host, linked]\nbind_now: [off, on]",
		  "host | host+bind_now | linked | linked+bind_now" },
		{ "target: t\nprogram: [host, linked, linked_now, plain_linked_now]\nbind_now: [on, off]",
		  "host+bind_now | host | linked+bind_now | linked | linked_now | plain_linked_now" },
		{ "target: t\nprogram: linked_now\nbind_now: on", "linked_now+bind_now" },
		{ "command: prog", "command" },
		{ "command: prog\nbind_now: [off, on]", "command | command+bind_now" },
		{ "target: t\nmatrix: {aslr: [on, off], tasks: [1, 4]}",
		  "aslr=on tasks=1 | aslr=on tasks=4 | aslr=off tasks=1 | aslr=off tasks=4" },
		{ "target: t\nmatrix: {tasks: 3}", "tasks=3" },
		{ "target: t\nmatrix: {breakpoints: {count: [0, 10]}}", "breakpoints.count=0 | breakpoints.count=10" },
		{ "target: t\nmatrix: {program: [host, linked], bind_now: [on]}",
		  "program=host bind_now=on | program=linked bind_now=on" },
		{ "target: t\nprogram: [host, linked]\nmatrix: {aslr: [on, off]}",
		  "host aslr=on | linked aslr=on | host aslr=off | linked aslr=off" },
		{ "target: t\ncases: [{name: a, wait: spin}, {name: b, breakpoints: {write: poke}}, {name: c}]", "a | b | c" },
		{ "cases: [{name: a, target: t}, {name: b, command: [prog, x]}]\nmatrix: {tasks: [1, 2]}",
		  "a tasks=1 | a tasks=2 | b tasks=1 | b tasks=2" },
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

static void read_scenario(const char *settings, struct scenario *s)
{
	*s = (struct scenario){ 0 };
	conf_defaults(&scenario_table, s);
	assert_ok(conf_read_text(&scenario_table, "s.yaml", settings, strlen(settings), s));
}

/* Each variant is a scenario of its own, resolved as if it had been written so. */
static void test_resolved(void **state)
{
	struct variant *v;
	struct scenario s;
	size_t n;

	(void)state;
	read_scenario("command: prog\ntasks: 7\ncases: [{name: a, acquire: spawn}, {name: b, breakpoints: "
		      "{where: names, names: [f, g]}}]\nmatrix: {tasks: [1, 4], tool: [native]}", &s);
	assert_ok(variants_make(&s, &v, &n));
	assert_int_equal(n, 4);
	assert_int_equal(v[0].scenario.launcher, LAUNCHER_SPAWN);
	assert_int_equal(v[2].scenario.launcher, LAUNCHER_MPIRUN);
	assert_int_equal(v[0].scenario.tasks, 1);
	assert_int_equal(v[3].scenario.tasks, 4);
	assert_int_equal(v[3].scenario.breakpoints_count, 2);
	assert_string_equal(v[3].scenario.breakpoints_names.strings[1], "g");
	assert_string_equal(v[3].scenario.command.strings[0], "prog");
	assert_int_equal(v[3].n_settings, 4);
	assert_string_equal(v[3].settings[1].key, "breakpoints.names");
	assert_string_equal(v[3].settings[1].value, "f,g");
	assert_string_equal(v[3].settings[2].key, "tasks");
	assert_int_equal(s.tasks, 7); /* the one it was made of is as it was */
	variants_free(v, n);
	scenario_deinit(&s);
}

/* If one cannot run, none is there. */
static void test_refused(void **state)
{
	static const struct {
		const char *settings, *message;
	} cases[] = {
		{ "target: t\nmatrix: {tool: [native, none], breakpoints.count: [0, 10]}",
		  "variant 'tool=none breakpoints.count=10': 'breakpoints.count' has no effect with tool 'none'" },
		{ "command: p\nmatrix: {program: [host, linked]}\nprogram: [host, linked]", NULL },
		{ "matrix: {tasks: [1, 2]}", "variant 'tasks=1': nothing to run: neither a target nor a command is given" },
		{ "target: t\nmatrix: {wait: [spin]}\ncases: [{name: a, wait: block}]",
		  "'wait' is in 'matrix' and in the case 'a'" },
		{ "target: t\nmatrix: {aslr: [on, off]}\ncases: [{name: a}, {name: a aslr=on}]", NULL },
		{ "target: t\ncases: [{name: x}, {name: 'x tasks=1'}]\nmatrix: {}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct variant *v;
		struct scenario s;
		struct err *err;
		size_t n;

		read_scenario(cases[i].settings, &s);
		err = variants_make(&s, &v, &n);
		if (cases[i].message) {
			assert_non_null(err);
			assert_string_equal(err_message(err), cases[i].message);
			assert_non_null(err_hint_text(err));
			err_free(err);
		} else {
			assert_null(err);
			variants_free(v, n);
		}
		scenario_deinit(&s);
	}
}

static void test_too_many(void **state)
{
	_cleanup_strbuf_ struct strbuf yaml = STRBUF_INIT;
	struct variant *v;
	struct scenario s;
	size_t n;

	(void)state;
	strbuf_puts(&yaml, "command: p\nmatrix: {tasks: [");
	for (int i = 1; i <= 40; i++)
		strbuf_printf(&yaml, "%s%d", i > 1 ? ", " : "", i);
	strbuf_puts(&yaml, "], null.libraries: [");
	for (int i = 1; i <= 26; i++)
		strbuf_printf(&yaml, "%s%d", i > 1 ? ", " : "", i);
	strbuf_puts(&yaml, "]}\n");
	read_scenario(yaml.text, &s);
	assert_err_hint(variants_make(&s, &v, &n), "'matrix' and 'cases' make more than 1000 variants",
			"sweep fewer keys or values at a time");
	scenario_deinit(&s);
}

static void test_pair(void **state)
{
	struct scenario a, b;
	struct variant *v;
	size_t n;

	(void)state;
	read_scenario("command: prog\nrepetitions: 7\ntemperature: warm\nwait: block", &a);
	read_scenario("command: [prog, -x]\nrepetitions: 2\ntemperature: cold\nwait: spin", &b);
	assert_ok(variants_pair(&a, &b, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].name, "A");
	assert_string_equal(v[1].name, "B");
	assert_int_equal(v[0].n_settings, 0);
	assert_int_equal(v[1].n_settings, 2);
	assert_string_equal(v[1].settings[0].key, "command");
	assert_string_equal(v[1].settings[0].value, "prog,-x");
	assert_string_equal(v[1].settings[1].value, "spin");
	assert_int_equal(v[1].scenario.repetitions, 7);
	assert_int_equal(v[1].scenario.temperature.choices[0], TEMPERATURE_WARM);
	variants_free(v, n);
	assert_ok(conf_set(&scenario_table, "matrix=tasks=1,2", &b));
	assert_err_hint(variants_pair(&a, &b, &v, &n), "side B: it has 2 variants itself",
			"a comparison is of two: leave out 'matrix', 'cases' and lists of programs");
	scenario_deinit(&a);
	scenario_deinit(&b);
}

/* In 2n repetitions each variant stands in each place twice. */
static void test_turns(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 7; n++) {
		unsigned int at[7][7] = { 0 };

		for (uint32_t repetition = 0; repetition < 2 * n; repetition++) {
			unsigned int seen = 0;

			for (size_t place = 0; place < n; place++) {
				size_t variant = variant_in_turn(repetition, place, n);

				assert_in_range(variant, 0, n - 1);
				seen |= 1U << variant;
				at[variant][place]++;
			}
			assert_int_equal(seen, (1U << n) - 1);
		}
		for (size_t i = 0; i < n * n; i++)
			assert_int_equal(at[i / n][i % n], 2);
	}
	assert_int_equal(variant_in_turn(0, 0, 2), 0);
	assert_int_equal(variant_in_turn(1, 0, 2), 1);
	assert_int_equal(variant_in_turn(2, 0, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansion),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_argv),
		cmocka_unit_test(test_callgrind_wrap),
	};

	return cmocka_run_group_tests_name("variant", tests, NULL, NULL);
}
