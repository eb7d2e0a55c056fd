/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every way to wait, and several tracer threads: they see the same as one thread that blocks.
 * Counts are exact; nothing is timed.
 */
#include "native.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "lib/progress.h"
#include "trace/waits/waiting.h"

#define ROUNDS 20
#define N_TASKS 4

static const int64_t thread_numbers[] = { 1, 2, 4 };

/*
 * Two loads and two unloads a round, the start-up's own pair, one call to break at in each
 * round, and main.
 */
static void check_loads(const struct trial *trial, size_t n_tasks)
{
	size_t n_added = 0, n_named = 0;

	assert_int_equal(trial->n_events, n_tasks * (2 + 8 * ROUNDS));
	for (size_t i = 0; i < n_tasks; i++) {
		const struct trial_task *task = &trial->tasks[i];

		assert_int_equal(task->rank, i);
		assert_int_equal(task->stops[EVENT_ADD], 1 + 2 * ROUNDS);
		assert_int_equal(task->stops[EVENT_DELETE], 2 * ROUNDS);
		assert_int_equal(task->stops[EVENT_CONSISTENT], 1 + 4 * ROUNDS);
		assert_int_equal(task->load_events, 1 + 4 * ROUNDS);
		assert_int_equal(task->breakpoint_hits, ROUNDS + 1);
		assert_int_equal(task->libraries_at_start, task->libraries_at_end);
	}
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		assert_true(!i || event->begin_ns >= event[-1].begin_ns);
		for (uint32_t j = 0; j < event->added; j++) {
			const char *name = fs_basename(trial->libraries[trial->names[event->names_at + j]]);

			n_added++;
			n_named += !strcmp(name, "libvictim.so") || !strcmp(name, "libvictim2.so");
		}
	}
	assert_int_equal(n_named, n_tasks * 2 * ROUNDS);
	assert_int_equal(n_added, n_named + n_tasks * trial->tasks[0].libraries_at_start);
	assert_int_equal(trial->breakpoints[0].hits, n_tasks * ROUNDS);
	assert_string_equal(fs_basename(trial->breakpoints[0].library), "libvictim.so");
	assert_int_equal(trial->breakpoints[1].planted_tasks, n_tasks);
	assert_all_exited(trial, 0);
}

static void every_wait_sees_the_same(void **state)
{
	struct spy *spy = *state;

	for (int wait = 0; wait < WAIT_N; wait++) {
		spy->scenario.wait = wait;
		for (size_t n = 1; n <= N_TASKS; n += N_TASKS - 1) {
			assert_ok(spy_run(spy, n, WORDS("victim_add", "main"), "loads", spy->victims, "20"));
			check_loads(&spy->trial, n);
		}
	}
}

static void threads_see_the_same(void **state)
{
	struct spy *spy = *state;
	uint64_t ptrace_calls = 0, traps_written = 0;

	spy->scenario.symbols = SYMBOLS_ALL;
	for (size_t i = 0; i < ARRAY_SIZE(thread_numbers); i++) {
		spy->scenario.tracer_threads = thread_numbers[i];
		assert_ok(spy_run(spy, N_TASKS, WORDS("victim_add", "main"), "loads", spy->victims, "20"));
		check_loads(&spy->trial, N_TASKS);
		assert_true(!i || (uint64_t)spy->trial.traps_written == traps_written);
		assert_true(!i || (uint64_t)spy->trial.ptrace_calls == ptrace_calls);
		traps_written = (uint64_t)spy->trial.traps_written;
		ptrace_calls = (uint64_t)spy->trial.ptrace_calls;
	}
}

static void every_wait_goes_with_threads(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 2;
	for (int wait = 0; wait < WAIT_N; wait++) {
		spy->scenario.wait = wait;
		assert_ok(spy_run(spy, N_TASKS, WORDS("victim_add", "main"), "loads", spy->victims, "20"));
		check_loads(&spy->trial, N_TASKS);
	}
}

/* Five tasks for four threads; a thread more than there are tasks is left out. */
static void shares_need_not_be_even(void **state)
{
	static const size_t n_tasks[] = { 5, 3, 1 };
	struct spy *spy = *state;

	progress_quiet();
	spy->scenario.tracer_threads = 4;
	for (size_t i = 0; i < ARRAY_SIZE(n_tasks); i++) {
		assert_ok(spy_run(spy, n_tasks[i], WORDS("victim_add", "main"), "loads", spy->victims, "20"));
		check_loads(&spy->trial, n_tasks[i]);
	}
}

/* Steps over breakpoints hold a task's threads, which are traced by one of ours. */
static void threads_of_tasks_keep_to_theirs(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 3;
	assert_ok(spy_run(spy, 3, WORDS("hot_push", "hot_relative", "hot_stack"), "threads", "6", "100"));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(spy->trial.breakpoints[i].hits, 3 * 6 * 100);
		assert_int_equal(spy->trial.tasks[i].threads, 7);
	}
	assert_all_exited(&spy->trial, 0);
	assert_ok(spy_run(spy, 3, WORDS("marked"), "forks"));
	assert_int_equal(spy->trial.breakpoints[0].hits, 3 * 2);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(spy->trial.tasks[i].children_released, 5);
}

#define CALLS 7

/* Each policy with each way of writing: what two threads see together is what one would. */
static void policies_go_with_threads(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 2;
	for (int policy = POLICY_REINSERT_ALL; policy <= POLICY_NEW_ONLY; policy++) {
		for (int write = BP_WRITE_MEM; write <= BP_WRITE_UPROBE; write++) {
			if (policy == POLICY_REINSERT_ALL && write == BP_WRITE_UPROBE)
				continue; /* refused by the scenario */
			spy->scenario.breakpoints_policy = policy;
			spy->scenario.breakpoints_write = write;
			if (!spy_ran(spy, spy_run(spy, 3, WORDS("hot1", "hot2"), "marked", spy->victims, "7", "2")))
				continue;
			for (size_t i = 0; i < 2; i++) {
				assert_int_equal(spy->trial.breakpoints[i].hits, 3 * 2 * CALLS);
				assert_int_equal(spy->trial.breakpoints[i].planted_tasks, 3);
				for (size_t j = 0; j < 3; j++)
					assert_int_equal(spy->trial.breakpoints[i].rank_hits[j], 2 * CALLS);
			}
		}
	}
}

static void late_policies_go_with_threads(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 2;
	spy->scenario.breakpoints_policy = POLICY_DEFERRED;
	assert_ok(conf_set(&scenario_table, "breakpoints.deferred_until=visit_end", &spy->scenario));
	assert_ok(spy_run(spy, 3, WORDS("hot1"), "marked", spy->victims, "7", "2"));
	assert_true(spy->trial.late);
	assert_int_equal(spy->trial.breakpoints[0].hits, 3 * CALLS); /* half of them came before */
	assert_all_exited(&spy->trial, 0);
}

static void stacks_of_all_shares_are_merged(void **state)
{
	struct spy *spy = *state;
	const struct stacktree *tree = &spy->trial.stacks[STACKS_START];

	spy->scenario.stacks.choices[0] = STACKS_SCENARIO_FIRST + STACKS_START;
	for (size_t i = 0; i < ARRAY_SIZE(thread_numbers); i++) {
		spy->scenario.tracer_threads = thread_numbers[i];
		assert_ok(spy_run(spy, N_TASKS, NULL, "loads", spy->victims, "1"));
		assert_true(tree->n > 1);
		assert_int_equal(tree->nodes[0].stacks, N_TASKS);
		assert_int_equal(tree->nodes[1].stacks, N_TASKS);
		assert_true(spy->trial.phases.first_stack_ns <= spy->trial.phases.last_stack_ns);
	}
}

static void phases_are_of_all_shares(void **state)
{
	struct spy *spy = *state;
	const struct trial_phases *phases = &spy->trial.phases;

	spy->scenario.tracer_threads = 4;
	assert_ok(spy_run(spy, N_TASKS, WORDS("victim_add"), "loads", spy->victims, "20"));
	assert_true(phases->found_ns && phases->found_ns <= phases->acquired_ns);
	for (size_t i = 0; i < N_TASKS; i++)
		assert_true(spy->trial.tasks[i].exec_ns && spy->trial.tasks[i].exec_ns <= phases->stopped_ns);
	assert_true(phases->stopped_ns <= phases->started_ns);
	assert_true(phases->started_ns <= phases->linkmaps_ns);
	assert_true(phases->linkmaps_ns <= phases->symbols_ns);
	assert_true(phases->symbols_ns <= phases->planted_ns);
	assert_true(phases->planted_ns <= phases->continued_ns);
	/* No task goes on before all are ready. */
	for (size_t i = 0; i < spy->trial.n_events; i++)
		assert_true(i < N_TASKS * 2 || spy->trial.events[i].begin_ns >= phases->planted_ns);
}

static bool process_exists(pid_t pid)
{
	return kill(pid, 0) == 0;
}

static void assert_nothing_left(const struct trial *trial)
{
	for (size_t i = 0; i < trial->n_tasks; i++)
		assert_false(process_exists(trial->tasks[i].pid));
}

/* Task 1 is killed in a constructor: its thread goes on with its other tasks, or ends without the others. */
static void a_death_ends_its_own_tracing_only(void **state)
{
	struct spy *spy = *state;

	for (int64_t n = 2; n <= 3; n++) {
		spy->scenario.tracer_threads = n;
		assert_ok(spy_run(spy, 3, NULL, "dies", spy->victims));
		assert_int_equal(spy->trial.tasks[0].exit_status, 0);
		assert_int_equal(spy->trial.tasks[1].exit_status, SIGKILL);
		assert_int_equal(spy->trial.tasks[2].exit_status, 0);
		assert_int_equal(spy->trial.tasks[2].stops[EVENT_ADD], 2);
		assert_int_equal(spy->trial.launcher_status, SIGKILL);
	}
}

static void a_time_limit_leaves_nothing(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 2;
	spy->scenario.time_limit_ns = 300 * NS_PER_MS;
	for (int wait = 0; wait < WAIT_N; wait++) {
		spy->scenario.wait = wait;
		assert_ok(spy_run(spy, 3, WORDS("nanosleep"), "/bin/sleep", "1000"));
		assert_true(spy->trial.timed_out);
		assert_false(spy->trial.interrupted);
		assert_nothing_left(&spy->trial);
	}
}

/* As Ctrl-C does, some time after the tasks have been started. */
static void *stop_soon(void *arg)
{
	struct spy *spy = arg;

	usleep(300000);
	__atomic_store_n(&spy->stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static void an_interrupt_reaches_all(void **state)
{
	struct spy *spy = *state;
	_cleanup_err_ struct err *err = NULL;
	pthread_t stopper;

	spy->scenario.tracer_threads = 3;
	assert_int_equal(pthread_create(&stopper, NULL, stop_soon, spy), 0);
	err = spy_run(spy, 3, NULL, "/bin/sleep", "1000");
	pthread_join(stopper, NULL);
	if (err) /* still starting */
		assert_int_equal(err_status(err), EXIT_INTERRUPTED);
	else
		assert_true(spy->trial.interrupted);
	assert_nothing_left(&spy->trial);
}

/* What one thread cannot go on from ends the others at their meeting. */
static void an_error_reaches_all(void **state)
{
	struct spy *spy = *state;

	spy->scenario.tracer_threads = 2;
	assert_err_has(spy_run(spy, 3, NULL, "/nonexistent/program"), "/nonexistent/program");
	assert_nothing_left(&spy->trial);
	assert_err_has(spy_run(spy, 3, NULL, "static"), "is statically linked");
	assert_nothing_left(&spy->trial);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, spy_setup, spy_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(every_wait_sees_the_same),
		LIVE(threads_see_the_same),
		LIVE(every_wait_goes_with_threads),
		LIVE(shares_need_not_be_even),
		LIVE(threads_of_tasks_keep_to_theirs),
		LIVE(policies_go_with_threads),
		LIVE(late_policies_go_with_threads),
		LIVE(stacks_of_all_shares_are_merged),
		LIVE(phases_are_of_all_shares),
		LIVE(a_death_ends_its_own_tracing_only),
		LIVE(a_time_limit_leaves_nothing),
		LIVE(an_interrupt_reaches_all),
		LIVE(an_error_reaches_all),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("tracers", tests, NULL, NULL);
}
