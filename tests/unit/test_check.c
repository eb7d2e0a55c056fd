/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trial that is right has no contradiction; each single lie in it has one, which
 * says so. The right trial is the null tool's, of a small manifest.
 */
#include "nullrun.h"
#include "measure/failure.h"

#include <signal.h>
#include <string.h>

static uint32_t calls[] = { 3, 5 };
static size_t needs_utility[] = { 2 };
static struct manifest_library libraries[] = {
	{ .name = (char *)"libmodule0", .path = (char *)"lib/libmodule0.so", .function_pattern = (char *)"libmodule0_fn{}",
	  .n_functions = 2, .calls = calls, .entry = (char *)"libmodule0_visit",
	  .cross = (char *)"libmodule0_cross", .cross_calls = 4 },
	{ .name = (char *)"libmodule1", .path = (char *)"lib/libmodule1.so", .function_pattern = (char *)"libmodule1_fn{}_x",
	  .n_functions = 2, .calls = calls, .dependencies = needs_utility, .n_dependencies = 1 },
	{ .name = (char *)"libutility0", .path = (char *)"lib/libutility0.so", .kind = LIBRARY_UTILITY,
	  .function_pattern = (char *)"u{}" },
};
static const struct manifest manifest = {
	.target_dir = (char *)"/target", .libraries = libraries, .n_libraries = 3, .n_modules = 2,
	.expect_libraries = 3, .expect_calls = 20, .expect_import_events = 2,
};

static void make_right(struct trial *trial, bool traced)
{
	static char *names[] = { (char *)"libmodule0_fn1", (char *)"libmodule0_cross" };
	static const volatile bool never;
	struct scenario scenario = nullrun_scenario();
	struct tool_request request = { &scenario, &manifest, NULL, names, 2, &never, NULL };

	scenario.tasks = 6;
	trial_init(trial);
	trial->temperature = TEMPERATURE_COLD;
	assert_null(traced ? tool_null.run(&request, trial) : tool_null.run_baseline(&request, trial));
}

static void check_as_target(struct trial *trial)
{
	struct expectation expectation;

	expectation_init(&expectation, &manifest, NULL);
	check_trial(trial, &expectation);
}

static void what_is_right_passes(void **state)
{
	struct trial trial;

	(void)state;
	for (int traced = 0; traced < 2; traced++) {
		make_right(&trial, traced);
		check_as_target(&trial);
		assert_int_equal(trial.n_contradictions, 0);
		trial_deinit(&trial);
	}
}

static void lie_libraries(struct trial *t) { t->tasks[2].target_libraries--; }
static void lie_modules(struct trial *t) { t->tasks[2].report.modules_imported = 1; }
static void lie_calls(struct trial *t) { t->tasks[1].report.calls = -1; }
static void lie_mpi(struct trial *t) { t->tasks[1].report.mpi_test_passed = 0; }
static void lie_stops(struct trial *t) { t->tasks[1].stops[EVENT_ADD]++; }
static void lie_events(struct trial *t) { t->tasks[1].load_events++; }
static void lie_mark(struct trial *t) { t->tasks[3].marks_ns[MARK_MPI_END] = 0; }
static void lie_gone(struct trial *t) { t->tasks[3].gone_early = true; }
static void lie_exit(struct trial *t)
{
	t->tasks[3].exit_status = 7 << 8;
	failure_find(t);
}
static void lie_killed(struct trial *t)
{
	t->tasks[3].exit_status = SIGKILL;
	failure_find(t);
}
static void lie_launcher(struct trial *t)
{
	t->launcher_status = 1 << 8;
	failure_find(t);
}
static void lie_left(struct trial *t) { t->tasks[3].left = TASK_LEFT_NOT_CLEAN; }
static void lie_left_unknown(struct trial *t) { t->tasks[3].left = TASK_LEFT_NOT_KNOWN; }
static void lie_hits(struct trial *t)
{
	t->breakpoints[0].hits--;
	t->tasks[0].breakpoint_hits--;
}
static void lie_hits_by_task(struct trial *t) { t->tasks[0].breakpoint_hits--; }
static void lie_planted(struct trial *t) { t->breakpoints[1].planted_tasks--; }
static void lie_unresolved(struct trial *t)
{
	free(t->breakpoints[1].library);
	t->breakpoints[1].library = NULL;
}
static void lie_warm(struct trial *t)
{
	t->residency.pages = 1000;
	t->residency.pages_resident = 11;
}
static void lie_unproved(struct trial *t) { t->residency.pages = 0; }
static void lie_timeout(struct trial *t) { t->timed_out = true; }
static void lie_interrupt(struct trial *t) { t->interrupted = true; }
/* The first import of rank 5 brings in a library of somebody else instead. */
static void lie_import(struct trial *t)
{
	for (size_t i = 0; i < t->n_events; i++) {
		if (t->events[i].task == 5 && t->events[i].phase == EVENT_IMPORT && t->events[i].added) {
			uint32_t id = trial_library_id(t, "/lib/libother.so");

			t->names[t->events[i].names_at] = id;
			return;
		}
	}
}

static const struct {
	void (*lie)(struct trial *trial);
	const char *said;
} lies[] = {
	{ lie_libraries, "rank 2: 2 libraries of the target, but the manifest says 3" },
	{ lie_modules, "rank 2: 1 modules imported, but the manifest says 2" },
	{ lie_calls, "rank 1: -1 function calls, but the manifest says 20" },
	{ lie_mpi, "rank 1 failed the MPI test" },
	{ lie_stops, "rank 1: 7 stops counted, but the list of stops says 6" },
	{ lie_events, "rank 1: 4 load events counted, but the list of stops says 3" },
	{ lie_mark, "mark 'mpi_end' of 1 of 6 tasks is missing, rank 3's first" },
	{ lie_gone, "rank 3 was gone before its import was over" },
	{ lie_exit, "the job failed: rank 3, the first to fail of 6, exited with status 7; its last words are not known" },
	{ lie_killed, "the job failed: rank 3, the first to fail of 6, was killed by SIGKILL; its last words are not known" },
	{ lie_launcher, "the job failed: the launcher exited with status 1, though no task did so; the job's last words are not known" },
	{ lie_left, "rank 3 was let go, but a trap is left in it, or a thread that has run into one" },
	{ lie_left_unknown, "rank 3 was let go, but a thread of it could not be stopped" },
	{ lie_hits, "breakpoint 'libmodule0_fn1' was hit 29 times, but the manifest predicts 30" },
	{ lie_hits_by_task, "53 breakpoint hits by task, but 54 by breakpoint" },
	{ lie_planted, "breakpoint 'libmodule0_cross' was in 5 of 6 tasks" },
	{ lie_unresolved, "breakpoint 'libmodule0_cross' was never resolved, though the manifest has it" },
	{ lie_warm, "not cold: 11 of 1000 pages (1.1 %) were in the page cache" },
	{ lie_unproved, "no proof that it was cold: the residency of no file was measured" },
	{ lie_timeout, "the time limit ended it" },
	{ lie_interrupt, "it was interrupted" },
	{ lie_import, "rank 5: 1 load events that brought in libraries of the target, but the manifest says 2" },
};

static void each_lie_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct trial trial;

		make_right(&trial, true);
		lies[i].lie(&trial);
		check_as_target(&trial);
		if (trial.n_contradictions != 1)
			fail_msg("%zu contradictions for: %s", trial.n_contradictions, lies[i].said);
		assert_string_equal(trial.contradictions[0], lies[i].said);
		trial_deinit(&trial);
	}
}

/* One counter of a phase is enough, since a processor may lack the other; none is not. */
static void who_counts_has_counted(void **state)
{
	struct trial trial;

	(void)state;
	make_right(&trial, false);
	trial.counter_source = COUNTERS_PERF;
	for (size_t i = 0; i < trial.n_tasks; i++) {
		trial.tasks[i].counters[COUNTED_IMPORT][COUNTER_L1D_MISSES] = 5;
		trial.tasks[i].counters[COUNTED_VISIT][COUNTER_L1I_MISSES] = 0;
	}
	check_as_target(&trial);
	assert_int_equal(trial.n_contradictions, 0);
	trial.tasks[4].counters[COUNTED_VISIT][COUNTER_L1I_MISSES] = -1;
	check_as_target(&trial);
	assert_int_equal(trial.n_contradictions, 1);
	assert_string_equal(trial.contradictions[0], "rank 4: no cache misses of the visit were counted by perf");
	trial_deinit(&trial);
}

static void many_ranks_are_counted(void **state)
{
	struct trial trial;

	(void)state;
	make_right(&trial, true);
	for (size_t i = 0; i < trial.n_tasks; i++)
		trial.tasks[i].target_libraries = 1;
	check_as_target(&trial);
	assert_int_equal(trial.n_contradictions, 5);
	assert_string_equal(trial.contradictions[4], "2 more ranks with other numbers of libraries of the target");
	trial_deinit(&trial);
}

/* Of any program nothing is predicted, but its own counts must agree and it must end as expected. */
static void any_program_is_checked_generically(void **state)
{
	struct expectation expectation;
	struct trial trial;

	(void)state;
	expectation_init(&expectation, NULL, NULL);
	make_right(&trial, true);
	lie_libraries(&trial);
	lie_calls(&trial);
	lie_mark(&trial);
	lie_gone(&trial);
	lie_import(&trial);
	check_trial(&trial, &expectation);
	assert_int_equal(trial.n_contradictions, 0);
	lie_exit(&trial);
	lie_stops(&trial);
	expectation.exit_status = 7;
	check_trial(&trial, &expectation);
	assert_int_equal(trial.n_contradictions, 1); /* the stops */
	expectation.exit_status = 0;
	check_trial(&trial, &expectation);
	assert_int_equal(trial.n_contradictions, 2); /* it failed, which is reason enough for other counts */
	trial_deinit(&trial);
}

static void calls_by_name(void **state)
{
	(void)state;
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn0"), 3);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn1"), 5);
	assert_int_equal(expectation_calls(&manifest, "libmodule1_fn1_x"), 5);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_cross"), 4);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_visit"), 1);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn2"), -1);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn1x"), -1);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn"), -1);
	assert_int_equal(expectation_calls(&manifest, "libmodule1_fn1"), -1);
	assert_int_equal(expectation_calls(&manifest, "libmodule0_fn01"), -1);
	assert_int_equal(expectation_calls(&manifest, "main"), -1);
}

/* Who polls may miss what comes and goes, and which event it was; but sees nothing twice. */
static void who_polls_may_miss_libraries(void **state)
{
	struct trial trial;

	(void)state;
	make_right(&trial, true);
	trial.sampled = true;
	lie_libraries(&trial);
	lie_import(&trial);
	check_as_target(&trial);
	assert_int_equal(trial.n_contradictions, 0);
	trial.tasks[2].target_libraries = 4;
	check_as_target(&trial);
	assert_int_equal(trial.n_contradictions, 1);
	assert_non_null(strstr(trial.contradictions[0], "rank 2: 4 libraries of the target"));
	trial_deinit(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_passes),
		cmocka_unit_test(each_lie_is_found),
		cmocka_unit_test(who_polls_may_miss_libraries),
		cmocka_unit_test(who_counts_has_counted),
		cmocka_unit_test(many_ranks_are_counted),
		cmocka_unit_test(any_program_is_checked_generically),
		cmocka_unit_test(calls_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
