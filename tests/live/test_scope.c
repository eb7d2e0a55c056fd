/* SPDX-License-Identifier: BSD-3-Clause */
/* What is stopped at a load event: the thread, the task, or all tasks. Counts are exact. */
#include "marked.h"

#include <signal.h>

/* Sleeping threads: each that is held costs an interrupt and a continue at each of two stops. */
static void scopes_hold_what_they_say(void **state)
{
	struct spy *spy = *state;
	uint64_t calls[3];

	choose(spy, POLICY_NEW_ONLY, BP_WRITE_MEM);
	for (int scope = SCOPE_THREAD; scope <= SCOPE_ALL; scope++) {
		struct counted counted;

		spy->scenario.stop = scope;
		assert_ok(spy_run(spy, 1, NULL, "marked", spy->victims, "1", "4"));
		assert_all_exited(&spy->trial, 0);
		counted = count_events(&spy->trial);
		assert_int_equal(counted.stops, 2);
		calls[scope] = counted.calls;
	}
	/* Instruction pointer and continue. */
	assert_int_equal(calls[SCOPE_THREAD], 2 * 2);
	assert_int_equal(calls[SCOPE_TASK], 2 * (2 + 2 * 2));
	assert_int_equal(calls[SCOPE_ALL], calls[SCOPE_TASK]);
}

static void scopes_lose_nothing(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];

	for (int scope = SCOPE_THREAD; scope <= SCOPE_ALL; scope++) {
		spy->scenario.stop = scope;
		for (int write = BP_WRITE_MEM; write <= BP_WRITE_DEBUG_REGISTERS; write++) {
			choose(spy, POLICY_REINSERT_ALL, (enum bp_write)write);
			assert_true(marked_run(spy, some(buf, 4, false), "7", "6"));
			assert_hits(&spy->trial, 0, 1, 2 * CALLS + 6);
			assert_hits(&spy->trial, 1, 4, 2 * CALLS);
		}
		choose(spy, POLICY_NEW_ONLY, BP_WRITE_MEM);
		assert_ok(spy_run(spy, 3, WORDS("victim_add"), "loads", spy->victims, "20"));
		assert_all_exited(&spy->trial, 0);
		assert_hits(&spy->trial, 0, 1, 20);
	}
}

/* One task dies in a load; those that stood still for it go on. */
static void a_death_holds_nobody(void **state)
{
	struct spy *spy = *state;

	spy->scenario.stop = SCOPE_ALL;
	for (int round = 0; round < 10; round++) {
		assert_ok(spy_run(spy, 3, NULL, "dies", spy->victims));
		assert_false(spy->trial.timed_out);
		assert_int_equal(spy->trial.tasks[0].exit_status, 0);
		assert_int_equal(spy->trial.tasks[1].exit_status, SIGKILL);
		assert_int_equal(spy->trial.tasks[2].exit_status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(scopes_hold_what_they_say, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(scopes_lose_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_death_holds_nobody, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
