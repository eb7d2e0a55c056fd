/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native tool against victims: load events, breakpoints, threads, processes, signals,
 * deaths. Counts are exact; nothing is timed.
 */
#include "native.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20

/* Two loads and two unloads a round, and the start-up's own pair. */
static void check_loads(const struct spy *spy, size_t n_tasks)
{
	for (size_t i = 0; i < n_tasks; i++) {
		const struct trial_task *task = &spy->trial.tasks[i];

		assert_int_equal(task->stops[EVENT_ADD], 1 + 2 * ROUNDS);
		assert_int_equal(task->stops[EVENT_DELETE], 2 * ROUNDS);
		assert_int_equal(task->stops[EVENT_CONSISTENT], 1 + 4 * ROUNDS);
		assert_int_equal(task->stops[EVENT_NULL], 0);
		assert_int_equal(task->load_events, 1 + 4 * ROUNDS);
		assert_int_equal(task->libraries_at_start, task->libraries_at_end);
	}
	assert_all_exited(&spy->trial, 0);
}

/*
 * Link-map nodes read. After a load the last known one and the new one, or all of them; after an
 * unload all that were known, in either mode.
 */
static void check_nodes(const struct spy *spy, size_t n_tasks, uint64_t by_loads)
{
	uint64_t at_start = spy->trial.tasks[0].libraries_at_start, n = 0;

	for (size_t i = 0; i < spy->trial.n_events; i++)
		n += spy->trial.events[i].nodes_read;
	assert_int_equal(n, n_tasks * (at_start + ROUNDS * (by_loads + (at_start + 2) + (at_start + 1))));
}

static void loads_are_counted(void **state)
{
	struct spy *spy = *state;
	int64_t bytes_read[LINKMAP_FULL + 1];

	for (int mode = LINKMAP_INCREMENTAL; mode <= LINKMAP_FULL; mode++) {
		uint64_t at_start;

		spy->scenario.linkmap = mode;
		assert_ok(spy_run(spy, 3, NULL, "loads", spy->victims, "20"));
		check_loads(spy, 3);
		at_start = spy->trial.tasks[0].libraries_at_start;
		check_nodes(spy, 3, mode == LINKMAP_FULL ? (at_start + 1) + (at_start + 2) : 2 + 2);
		bytes_read[mode] = spy->trial.bytes_read;
	}
	assert_true(bytes_read[LINKMAP_FULL] > bytes_read[LINKMAP_INCREMENTAL]);
}

/* Each event names what it brought or took. */
static void libraries_are_named(void **state)
{
	struct spy *spy = *state;
	const struct trial *trial = &spy->trial;
	size_t added = 0, removed = 0, other = 0;

	assert_ok(spy_run(spy, 1, NULL, "loads", spy->victims, "20"));
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		for (uint32_t j = 0; j < event->added + event->removed; j++) {
			const char *name = fs_basename(trial->libraries[trial->names[event->names_at + j]]);

			if (strcmp(name, "libvictim.so") && strcmp(name, "libvictim2.so"))
				other++;
			else if (j < event->added)
				added++;
			else
				removed++;
		}
	}
	assert_int_equal(added, 2 * ROUNDS);
	assert_int_equal(removed, 2 * ROUNDS);
	assert_int_equal(other, trial->tasks[0].libraries_at_start);
}

/* The loader's own auditors are told the same, in a run that nobody traces. */
static void loads_equal_an_audit(void **state)
{
	struct spy *spy = *state;
	_cleanup_free_ char *audit = mem_printf("LD_AUDIT=%s/libcountaudit.so", spy->victims);
	_cleanup_free_ char *out = mem_printf("COUNTAUDIT_OUT=%s/audit", spy->dir);
	_cleanup_free_ char *program = fs_join(spy->victims, "loads");
	const char *const argv[] = { program, spy->victims, "20", NULL };
	const char *const env[] = { audit, out, NULL };
	struct job_plan plan = { .argv = argv, .env = env, .n_tasks = 2, .launcher = LAUNCHER_SPAWN, .mpirun = "mpirun",
				 .aslr = true, .dir = spy->dir };
	struct trial untraced;

	trial_init(&untraced);
	assert_ok(job_run_untraced(&plan, spy->scenario.time_limit_ns, &spy->stop, &untraced));
	trial_deinit(&untraced);
	assert_ok(spy_run(spy, 2, NULL, "loads", spy->victims, "20"));
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *path = mem_printf("%s/audit.%zu", spy->dir, i);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		const struct trial_task *task = &spy->trial.tasks[i];
		unsigned long adds, deletes, consistents, libraries;
		uint64_t added = 0;

		assert_ok(fs_read(path, &text));
		assert_int_equal(sscanf(text.text, "%lu %lu %lu %lu", &adds, &deletes, &consistents, &libraries), 4);
		assert_int_equal(task->stops[EVENT_ADD], adds);
		/* Auditors are told of the end of the process too (_dl_fini), debuggers are not. */
		assert_int_equal(task->stops[EVENT_DELETE], deletes - 1);
		assert_int_equal(task->stops[EVENT_CONSISTENT], consistents - 1);
		for (size_t j = 0; j < spy->trial.n_events; j++)
			if (spy->trial.events[j].task == i)
				added += spy->trial.events[j].added;
		assert_int_equal(added, libraries);
	}
}

static void breakpoints_come_and_go_with_their_library(void **state)
{
	static const struct {
		enum bp_reinsert reinsert;
		enum bp_write write;
		unsigned int writes; /* per reinsertion */
	} ways[] = {
		{ REINSERT_REWRITE, BP_WRITE_MEM, 1 },
		{ REINSERT_REMOVE_INSERT, BP_WRITE_MEM, 2 },
		{ REINSERT_REWRITE, BP_WRITE_POKE, 1 },
		{ REINSERT_NONE, BP_WRITE_MEM, 0 }, /* the policy new-only */
	};
	struct spy *spy = *state;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		uint64_t reinserted = 0, planted = 0, traps = 0;

		spy->scenario.breakpoints_reinsert = ways[i].reinsert;
		spy->scenario.breakpoints_write = ways[i].write;
		assert_ok(scenario_check_policy(&spy->scenario));
		assert_ok(spy_run(spy, 2, WORDS("victim_add", "victim_twice", "main"), "loads", spy->victims, "20"));
		check_loads(spy, 2);
		assert_int_equal(spy->trial.breakpoints[0].hits, 2 * ROUNDS);
		assert_int_equal(spy->trial.breakpoints[1].hits, 2 * ROUNDS);
		assert_int_equal(spy->trial.breakpoints[2].hits, 2);
		/* At the end only main is still there. */
		assert_int_equal(spy->trial.breakpoints[0].planted_tasks, 0);
		assert_int_equal(spy->trial.breakpoints[2].planted_tasks, 2);
		for (size_t j = 0; j < spy->trial.n_events; j++) {
			const struct event *event = &spy->trial.events[j];

			reinserted += event->reinserted;
			planted += event->planted;
			traps += event->traps_written;
		}
		assert_int_equal(planted, 2 * (1 + 2 * ROUNDS));
		/* At the load of the first: main; of the second: 2; at the unloads: 2 stay... 1. */
		assert_int_equal(reinserted, ways[i].writes ? 2 * ROUNDS * (1 + 2 + 2 + 1) : 0);
		assert_int_equal(traps, planted + reinserted * ways[i].writes);
	}
}

static void threads_miss_no_breakpoint(void **state)
{
	struct spy *spy = *state;

	assert_ok(spy_run(spy, 2, WORDS("hot_push", "hot_relative", "hot_stack"), "threads", "6", "100"));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(spy->trial.breakpoints[i].hits, 2 * 6 * 100);
	assert_int_equal(spy->trial.tasks[0].threads, 7);
	assert_int_equal(spy->trial.tasks[1].threads, 7);
	assert_all_exited(&spy->trial, 0);
}

static void children_are_let_go_clean(void **state)
{
	struct spy *spy = *state;

	assert_ok(spy_run(spy, 2, WORDS("marked"), "forks"));
	assert_all_exited(&spy->trial, 0);
	assert_int_equal(spy->trial.breakpoints[0].hits, 2 * 2); /* before and after the exec, not the children's */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(spy->trial.tasks[i].children_released, 5);
		assert_int_equal(spy->trial.tasks[i].threads, 1);
	}
}

static void signals_pass(void **state)
{
	struct spy *spy = *state;

	assert_ok(spy_run(spy, 2, WORDS("marked", "stepped"), "signals"));
	assert_all_exited(&spy->trial, 0);
	assert_int_equal(spy->trial.breakpoints[0].hits, 2 * 500);
	assert_int_equal(spy->trial.breakpoints[1].hits, 2 * 2000);
}

static void a_death_ends_its_own_tracing_only(void **state)
{
	struct spy *spy = *state;

	assert_ok(spy_run(spy, 3, NULL, "dies", spy->victims));
	assert_int_equal(spy->trial.tasks[0].exit_status, 0);
	assert_int_equal(spy->trial.tasks[1].exit_status, SIGKILL);
	assert_int_equal(spy->trial.tasks[2].exit_status, 0);
	assert_int_equal(spy->trial.tasks[0].stops[EVENT_ADD], 2);
	/* It died in the constructor, after the loader had told of the library. */
	assert_int_equal(spy->trial.tasks[1].stops[EVENT_ADD], 2);
	assert_int_equal(spy->trial.launcher_status, SIGKILL);
}

static bool process_exists(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static void a_time_limit_leaves_nothing(void **state)
{
	struct spy *spy = *state;

	spy->scenario.time_limit_ns = 300 * NS_PER_MS;
	assert_ok(spy_run(spy, 2, WORDS("nanosleep"), "/bin/sleep", "1000"));
	assert_true(spy->trial.timed_out);
	assert_false(spy->trial.interrupted);
	for (size_t i = 0; i < 2; i++)
		assert_false(process_exists(spy->trial.tasks[i].pid));
}

static void an_interrupt_leaves_nothing(void **state)
{
	struct spy *spy = *state;
	_cleanup_err_ struct err *err = NULL;

	spy->stop = true;
	err = spy_run(spy, 2, NULL, "/bin/sleep", "1000");
	if (err)
		assert_int_equal(err_status(err), EXIT_INTERRUPTED);
	else
		assert_true(spy->trial.interrupted);
	for (size_t i = 0; i < spy->trial.n_tasks; i++)
		assert_false(process_exists(spy->trial.tasks[i].pid));
}

static void a_static_program_is_refused(void **state)
{
	struct spy *spy = *state;

	assert_err_has(spy_run(spy, 1, NULL, "static"), "is statically linked");
	assert_false(process_exists(spy->trial.tasks[0].pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loads_are_counted, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(libraries_are_named, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(loads_equal_an_audit, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(breakpoints_come_and_go_with_their_library, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(threads_miss_no_breakpoint, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(children_are_let_go_clean, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(signals_pass, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_death_ends_its_own_tracing_only, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_time_limit_leaves_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(an_interrupt_leaves_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_static_program_is_refused, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
