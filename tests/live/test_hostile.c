/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks that end, or become another program, in the middle of a load; link maps that are none;
 * stops and continues from outside. What can be followed is, all else ends in one clear error.
 */
#include "steady.h"

static void run_dies(struct spy *spy, const char *by)
{
	_cleanup_free_ char *env = mem_printf("DIES_BY=%s", by);

	assert_ok(spy_run_env(spy, 3, WORDS("main"), WORDS("dies", spy->victims), WORDS(env)));
	for (size_t i = 0; i < 3; i++)
		if (i != 1) {
			assert_int_equal(spy->trial.tasks[i].exit_status, 0);
			assert_int_equal(spy->trial.tasks[i].stops[EVENT_ADD], 2);
		}
}

static void an_exit_within_a_load(void **state)
{
	struct spy *spy = *state;

	run_dies(spy, "exit");
	assert_int_equal(spy->trial.tasks[1].exit_status, 7 << 8);
	assert_int_equal(spy->trial.tasks[1].stops[EVENT_ADD], 2);
	assert_int_equal(spy->trial.tasks[1].stops[EVENT_CONSISTENT], 2); /* constructors run after that */
}

/* The new program is followed from its own start: its own loads, and no trap of the old one. */
static void an_exec_within_a_load(void **state)
{
	struct spy *spy = *state;
	const struct trial_task *task;

	run_dies(spy, "exec");
	task = &spy->trial.tasks[1];
	assert_int_equal(task->exit_status, 0);
	assert_string_equal(fs_basename(task->exe), "true");
	assert_int_equal(task->stops[EVENT_ADD], 2 + 1);
	assert_int_equal(task->stops[EVENT_CONSISTENT], 2 + 1);
}

static void damaged_link_maps_are_named(void **state)
{
	static const struct {
		const char *how, *message;
	} damages[] = {
		{ "cycle", "or a cycle" },
		{ "node", "its node at 0x8 cannot be read" },
		{ "name", "cannot read a string at 0x10" },
		{ "endless", "does not end within" },
	};
	struct spy *spy = *state;

	for (int mode = LINKMAP_INCREMENTAL; mode <= LINKMAP_FULL; mode++) {
		for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
			spy->scenario.linkmap = mode;
			assert_err_has(spy_run(spy, 2, WORDS("victim_add"), "damages", spy->victims, damages[i].how),
				       damages[i].message);
		}
	}
}

#define STOPS 300 /* a thread that is let go at a trap and in a group stop is not met in 60 */

/* Whoever stops and continues a task from outside: no load, no call and no signal is lost. */
static void stops_from_outside(void **state)
{
	struct steady *s = *state;
	int status;
	pid_t pid;

	steady_start(s, "busy");
	pid = fork();
	if (!pid) {
		for (int i = 0; i < STOPS; i++) {
			kill(s->pids[0], SIGSTOP);
			usleep(i % 7 * 500);
			sigqueue(s->pids[0], SIGRTMIN, (union sigval){ 0 });
			kill(s->pids[0], SIGCONT);
			usleep(i % 5 * 500);
		}
		_exit(0);
	}
	do {
		assert_ok(attach(s, s->pids, 1, 5 * NS_PER_MS, WORDS("marked", "victim_add")));
		assert_untraced(s->pids[0]);
	} while (!waitpid(pid, &status, WNOHANG));
	kill(s->pids[0], SIGCONT);
	assert_int_equal(repaired(s->pids[0]), 0);
	steady_end(s, 0, STOPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_exit_within_a_load, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(an_exec_within_a_load, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(damaged_link_maps_are_named, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(stops_from_outside, steady_setup, steady_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
