/* SPDX-License-Identifier: BSD-3-Clause */
/* Scenarios: the table's defaults, where errors are shown, checks across keys, command lines. */
#include "unit.h"

#include <unistd.h>

#include "job/scenario/scenario.h"
#include "lib/clock.h"
#include "measure/trial.h"

static void assert_refused(struct err *err, const char *part)
{
	assert_non_null(err);
	if (!strstr(err_message(err), part))
		fail_msg("'%s' is not in '%s'", part, err_message(err));
	assert_int_equal(err_status(err), EXIT_USAGE);
	err_free(err);
}

static void test_defaults(void **state)
{
	struct scenario s;

	(void)state;
	assert_ok(scenario_read(NULL, &s));
	assert_null(s.name);
	assert_string_equal(s.tool, "native");
	assert_null(s.target);
	assert_int_equal(s.program.n, 1);
	assert_int_equal(s.program.choices[0], PROGRAM_HOST);
	assert_int_equal(s.bind_now.n, 1);
	assert_int_equal(s.bind_now.choices[0], BIND_NOW_OFF);
	assert_int_equal(s.counters, COUNTERS_OFF);
	assert_int_equal(s.tasks, 4);
	assert_int_equal(s.launcher, LAUNCHER_MPIRUN);
	assert_string_equal(s.mpirun, "mpirun");
	assert_int_equal(s.aslr, ASLR_ON);
	assert_int_equal(s.temperature.n, 2);
	assert_int_equal(s.temperature.choices[0], TEMPERATURE_COLD);
	assert_int_equal(s.temperature.choices[1], TEMPERATURE_WARM);
	assert_int_equal(s.repetitions, 3);
	assert_true(s.baseline);
	assert_int_equal(s.breakpoints_count, 0);
	assert_int_equal(s.breakpoints_where, BP_SPREAD);
	assert_int_equal(s.breakpoints_reinsert, REINSERT_REWRITE);
	assert_int_equal(s.breakpoints_write, BP_WRITE_MEM);
	assert_int_equal(s.linkmap, LINKMAP_INCREMENTAL);
	assert_int_equal(s.symbols, SYMBOLS_NEEDED);
	assert_int_equal(s.wait, WAIT_ADAPTIVE);
	assert_false(s.cold_drop_caches);
	assert_int_equal(s.time_limit_ns, 600 * NS_PER_S);
	assert_string_equal(s.results, "results/runs");
	assert_int_equal(s.null_t1_ns, 10 * NS_PER_MS);
	assert_int_equal(s.null_t2_ns, NS_PER_MS);
	scenario_deinit(&s);
}

/* All keys have a help that main and man page can print, and a group. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_n_options(&scenario_table); i++) {
		const struct conf_option *option = conf_option_at(&scenario_table, i);

		assert_non_null(option->group);
		assert_true(strlen(option->help) > 10);
		assert_true(option->help[strlen(option->help) - 1] != '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(option->key, conf_option_at(&scenario_table, j)->key);
	}
}

/* A condition names a key of the table and values that it can have, or a fact. */
static void conditions_can_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < conf_n_options(&scenario_table); i++) {
		const struct conf_option *option = conf_option_at(&scenario_table, i);
		_cleanup_free_ char *text = mem_strdup(option->heeded_by ? option->heeded_by : "");

		for (char *rest = text, *one; (one = strsep(&rest, " ")) && *one;) {
			bool negative = strstr(one, "!=");
			char *key = strsep(&one, "="), *value;

			key[strcspn(key, "!")] = '\0';
			if (!strcmp(key, "job"))
				continue;
			assert_non_null(conf_find(&scenario_table, key));
			while ((value = strsep(&one, ","))) {
				_cleanup_(scenario_deinit) struct scenario s = { 0 };

				conf_defaults(&scenario_table, &s);
				assert_ok(conf_set_value(&scenario_table, key, value, option->key, &s));
				assert_true(!negative || !strcmp(key, "tool"));
			}
		}
	}
}

static void test_choices(void **state)
{
	static const char text[] = "program: python\nlauncher: spawn\naslr: off\ntemperature: [warm]\n"
				   "breakpoints: {where: names, names: [f, g], reinsert: remove-insert, write: poke}\n"
				   "link_map: full\nwait: spin\ntime_limit: 90s\ncommand: [prog, -x, a b]\n"
				   "cold: {drop_caches: on, files: [/etc/passwd]}\n";
	struct scenario s;

	(void)state;
	assert_ok(scenario_read(NULL, &s));
	assert_ok(conf_read_text(&scenario_table, "x.yaml", text, strlen(text), &s));
	assert_int_equal(s.program.choices[0], PROGRAM_PYTHON);
	assert_int_equal(s.launcher, LAUNCHER_SPAWN);
	assert_int_equal(s.aslr, ASLR_OFF);
	assert_int_equal(s.temperature.n, 1);
	assert_int_equal(s.temperature.choices[0], TEMPERATURE_WARM);
	assert_int_equal(s.breakpoints_where, BP_NAMES);
	assert_int_equal(s.breakpoints_names.n, 2);
	assert_int_equal(s.breakpoints_reinsert, REINSERT_REMOVE_INSERT);
	assert_int_equal(s.breakpoints_write, BP_WRITE_POKE);
	assert_int_equal(s.linkmap, LINKMAP_FULL);
	assert_int_equal(s.wait, WAIT_SPIN);
	assert_int_equal(s.time_limit_ns, 90 * NS_PER_S);
	assert_int_equal(s.command.n, 3);
	assert_string_equal(s.command.strings[2], "a b");
	assert_true(s.cold_drop_caches);
	assert_ok(conf_set(&scenario_table, "breakpoints.reinsert=none", &s));
	assert_int_equal(s.breakpoints_reinsert, REINSERT_NONE);
	scenario_deinit(&s);
}

static void test_positions(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "tool: native\ntasks: 0\n", "x.yaml:2:8: " },
		{ "breakpoints:\n  count: -1\n", "x.yaml:2:10: " },
		{ "\n\ntask: 4\n", "x.yaml:3:1: " },
		{ "launcher: banana\n", "x.yaml:1:11: " },
		{ "temperature: [cold, hot]\n", "x.yaml:1:21: " },
		{ "time_limit: 10\n", "x.yaml:1:13: " },
		{ "repetitions: 0\n", "x.yaml:1:14: " },
		{ "tasks: [1\n", "x.yaml:" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_ok(scenario_read(NULL, &s));
		assert_refused(conf_read_text(&scenario_table, "x.yaml", cases[i].text, strlen(cases[i].text), &s),
			   cases[i].part);
		scenario_deinit(&s);
	}
}

/* Each is one set of overrides and the error of scenario_check; NULL: none. */
static void test_checks(void **state)
{
	static const struct {
		const char *sets[4], *part;
	} cases[] = {
		{ { "target=x" }, NULL },
		{ { "command=x" }, NULL },
		{ { "tool=null" }, NULL },
		{ { NULL }, "neither a target nor a command" },
		{ { "target=x", "command=y" }, "both a target and a command" },
		{ { "target=x", "tool=" }, "'tool' is empty" },
		{ { "target=x", "mpirun=" }, "'mpirun' is empty" },
		{ { "target=x", "mpirun=", "launcher=spawn", "program=plain" }, NULL },
		{ { "target=x", "program=plain,linked", "launcher=spawn" }, "the program 'linked' is of MPI" },
		{ { "target=x", "tasks=2", "acquire=spawn" }, "the program 'host' is of MPI" },
		{ { "target=x", "tasks=1", "launcher=spawn" }, NULL },
		{ { "target=x", "program=python", "launcher=spawn" }, NULL },
		{ { "target=x", "results=" }, "'results' is empty" },
		{ { "target=x", "launcher=spawn", "launcher_args=-v" }, "'launcher_args' has no effect with launcher 'spawn'" },
		{ { "target=x", "temperature=" }, "'temperature' is empty" },
		{ { "target=x", "temperature=warm", "cold.drop_caches=on" }, "'cold.drop_caches' has no effect with temperature 'warm'" },
		{ { "target=x", "temperature=warm", "cold.files=/etc" }, "'cold.files' has no effect with temperature 'warm'" },
		{ { "target=x", "breakpoints.where=names" }, "'breakpoints.names' is empty" },
		{ { "target=x", "breakpoints.names=f" }, "'breakpoints.names' has no effect with breakpoints.where 'spread'" },
		{ { "target=x", "breakpoints.names=f,g,f", "breakpoints.where=names" }, "has 'f' twice" },
		{ { "target=x", "breakpoints.names=f,g", "breakpoints.where=names", "breakpoints.count=3" }, "is 3, but" },
		{ { "target=x", "breakpoints.names=f,g", "breakpoints.where=names", "breakpoints.count=2" }, NULL },
		{ { "command=x", "breakpoints.count=3" }, "cannot be spread over a command" },
		{ { "target=x", "breakpoints.count=3", "symbols=off" }, "'symbols' is off" },
		{ { "target=x", "breakpoints.count=3", "event_work=links" }, "'event_work' is links" },
		{ { "target=x", "symbols=off" }, NULL },
		{ { "target=x", "name=a/b" }, "cannot be 'a/b'" },
		{ { "tool=null", "null.slope=1us" }, "'null.slope' has no effect with null.law 'constant'" },
		{ { "tool=null", "null.law=linear", "null.exponent=2" }, "'null.exponent' has no effect with null.law 'linear'" },
		{ { "tool=null", "null.law=power", "null.slope=1s", "null.exponent=3" }, "more than a week" },
		{ { "tool=null", "null.t2_resolve=1s", "breakpoints.count=100000" }, "more than a week" },
		{ { "tool=null", "null.law=power", "null.slope=1us", "null.exponent=2" }, NULL },
		{ { "target=x", "null.t1=1us" }, "'null.t1' has no effect with tool 'native'" },
		{ { "target=x", "gdb.mode=inferiors" }, "'gdb.mode' has no effect with tool 'native'" },
		{ { "target=x", "tool=gdb", "gdb.mode=inferiors" }, NULL },
		{ { "target=x", "tool=gdb", "lldb.path=x" }, "'lldb.path' has no effect with tool 'gdb'" },
		{ { "target=x", "tools.count_ptrace=on" }, "'tools.count_ptrace' has no effect with tool 'native'" },
		{ { "target=x", "tool=none", "wait=spin" }, "'wait' has no effect with tool 'none'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_ok(scenario_read(NULL, &s));
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].sets) && cases[i].sets[j]; j++)
			assert_ok(conf_set(&scenario_table, cases[i].sets[j], &s));
		if (cases[i].part)
			assert_refused(scenario_check(&s), cases[i].part);
		else
			assert_ok(scenario_check(&s));
		scenario_deinit(&s);
	}
}

static void test_filled_in(void **state)
{
	static const struct {
		const char *set, *name;
	} cases[] = {
		{ "target=built/tiny/", "tiny" }, { "command=/bin/sleep,1", "sleep" }, { "tool=null", "null" },
	};
	struct scenario s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ok(scenario_read(NULL, &s));
		assert_ok(conf_set(&scenario_table, cases[i].set, &s));
		assert_ok(scenario_check(&s));
		assert_string_equal(s.name, cases[i].name);
		scenario_deinit(&s);
	}
	assert_ok(scenario_read(NULL, &s));
	assert_ok(conf_set(&scenario_table, "command=x", &s));
	assert_ok(conf_set(&scenario_table, "breakpoints.where=names", &s));
	assert_ok(conf_set(&scenario_table, "breakpoints.names=f,g", &s));
	assert_ok(scenario_check(&s));
	assert_int_equal(s.breakpoints_count, 2);
	scenario_deinit(&s);
}

static void test_file(void **state)
{
	char dir[] = "/tmp/test-scenario.XXXXXX";
	static const char text[] = "target: there\ncold: {files: [there, elsewhere]}\n";
	_cleanup_free_ char *path = NULL, *there = NULL, *missing = NULL;
	struct scenario s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	path = fs_join(dir, "my.yaml");
	there = fs_join(dir, "there");
	missing = fs_join(dir, "none.yaml");
	assert_ok(fs_publish(path, text, strlen(text)));
	assert_ok(scenario_read(path, &s));
	assert_string_equal(s.name, "my");
	assert_string_equal(s.target, there); /* neither here nor beside the file: meant beside it */
	assert_string_equal(s.cold_files.strings[0], "there");
	scenario_deinit(&s);
	assert_ok(fs_mkdirs(there));
	assert_ok(scenario_read(path, &s));
	assert_string_equal(s.target, there);
	assert_string_equal(s.cold_files.strings[0], there);
	assert_string_equal(s.cold_files.strings[1], "elsewhere");
	scenario_deinit(&s);
	assert_refused(scenario_read(missing, &s), missing);
	assert_ok(fs_remove_tree(dir));
}

/* Keys that would be without effect, or could not be obeyed, are refused. */
static void test_variant_keys(void **state)
{
	static const struct {
		const char *text, *message; /* NULL: fine */
	} cases[] = {
		{ "target: t\nprogram: [host, linked]\nbind_now: [off, on]\n", NULL },
		{ "target: t\ntool: none\ncounters: callgrind\n", NULL },
		{ "command: prog\nbind_now: on\ntool: none\n", NULL },
		{ "command: prog\nprogram: [host, linked]\n",
		  "several programs are asked for, but there is no target that has them" },
		{ "target: t\nprogram: []\n", "'program' is empty" },
		{ "target: t\nbind_now: []\n", "'bind_now' is empty" },
		{ "target: t\ncounters: perf\n", "'counters' has no effect with tool 'native'" },
		{ "command: prog\ntool: none\ncounters: auto\n",
		  "'counters' are of the phases of a target, but there is none" },
		{ "target: t\ntool: none\ncounters: perf\nprogram: python\n",
		  "the program 'python' cannot count its phases" },
		{ "target: t\nstacks: [start, events, end]\n", NULL },
		{ "target: t\nstacks: off\nsymbols: off\n", NULL },
		{ "target: t\nstacks: []\n", "'stacks' is empty" },
		{ "target: t\nstacks: [off, start]\n", "'stacks' is off and something else" },
		{ "target: t\nstacks: [start, off]\n", "'stacks' is off and something else" },
		{ "target: t\nstacks: end\ntool: 'null'\n", "'stacks' has no effect with tool 'null'" },
		{ "target: t\nstacks: end\nsymbols: off\n",
		  "'symbols' is off, but stacks are asked for, which name functions" },
		{ "target: t\ntool: none\nbaseline: off\n",
		  "nothing would be measured: the tool is none, and 'baseline' is off" },
		{ "target: t\ntool: none\nbreakpoints: {count: 1}\n", "'breakpoints.count' has no effect with tool 'none'" },
		{ "target: t\ntool: none\nbreakpoints: {where: names, names: [f]}\n",
		  "'breakpoints.names' has no effect with tool 'none'" },
		{ "target: t\nload_events: audit\npoll_interval: 100us\n", NULL },
		{ "target: t\npoll_interval: 100us\n", "'poll_interval' has no effect with load_events 'rbrk'" },
		{ "target: t\nload_events: probes\nbreakpoints: {count: 1}\nlink_map: full\n", NULL },
		{ "target: t\nload_events: uprobe\nbreakpoints: {count: 1}\n",
		  "'breakpoints.count' has no effect with load_events 'uprobe'" },
		{ "target: t\nload_events: none\nlink_map: full\n",
		  "'link_map' has no effect with load_events 'none'" },
		{ "target: t\ntracer_threads: 4\nwait: adaptive\nload_events: probes\n", NULL },
		{ "target: t\ntracer_threads: 2\nload_events: uprobe\n",
		  "'tracer_threads' has no effect with load_events 'uprobe'" },
		{ "tool: 'null'\ntracer_threads: 2\n", "'tracer_threads' has no effect with tool 'null'" },
		{ "target: t\ntracer_threads: 2\nstop: all\n",
		  "'stop' is all, but with 2 tracer threads none can stop the others' tasks" },
		{ "target: t\nwait: spin\nload_events: none\n", NULL },
		{ "target: t\nwait: follow\nload_events: none\n",
		  "'wait' is follow, but with load_events none there is no stop to wait for" },
		{ "tool: 'null'\nload_events: audit\n",
		  "'load_events' has no effect with tool 'null'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s = { 0 };

		conf_defaults(&scenario_table, &s);
		assert_ok(conf_read_text(&scenario_table, "s.yaml", cases[i].text, strlen(cases[i].text), &s));
		if (cases[i].message)
			assert_refused(scenario_check(&s), cases[i].message);
		else
			assert_ok(scenario_check(&s));
		scenario_deinit(&s);
	}
}

static void defaults_are_default(void **state)
{
	struct scenario s = { 0 };

	(void)state;
	conf_defaults(&scenario_table, &s);
	for (size_t i = 0; i < conf_n_options(&scenario_table); i++) {
		const struct conf_option *option = conf_option_at(&scenario_table, i);

		if (option->type == CONF_MATRIX || option->type == CONF_CASES)
			continue;
		if (!conf_is_default(&scenario_table, option->key, &s))
			fail_msg("%s", option->key);
	}
	s.wait = WAIT_FOLLOW;
	s.poll_interval_ns++;
	assert_false(conf_is_default(&scenario_table, "wait", &s));
	assert_false(conf_is_default(&scenario_table, "poll_interval", &s));
	conf_deinit(&scenario_table, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(defaults_are_default), cmocka_unit_test(test_table),
		cmocka_unit_test(conditions_can_hold),  cmocka_unit_test(test_choices),
		cmocka_unit_test(test_positions), cmocka_unit_test(test_checks),   cmocka_unit_test(test_filled_in),
		cmocka_unit_test(test_file),     cmocka_unit_test(test_variant_keys),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
