/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ways to write breakpoints: how often each writes, in which threads, and what it leaves. Counts
 * are exact.
 * Runs alone: a uprobe at a victim's functions takes the traps of other tests away.
 */
#include "marked.h"

/* One load with ten breakpoints, one in the program before: what each way writes in each task. */
static void ways_write_what_they_say(void **state)
{
	static const struct {
		enum bp_write write;
		size_t n;
		uint64_t traps;       /* at the load event, each task */
		uint64_t text_writes; /* for the breakpoints of the library and the program in it */
	} ways[] = {
		{ BP_WRITE_MEM, 10, 11, 11 },
		{ BP_WRITE_POKE, 10, 11, 11 },
		{ BP_WRITE_PAGE, 10, 11, 2 },
	};
	struct spy *spy = *state;
	const char *buf[12];
	uint64_t start_writes = 0;

	choose(spy, POLICY_NEW_ONLY, BP_WRITE_MEM);
	assert_true(marked_run(spy, some(buf, 0, false), "1", "0"));
	start_writes = spy->trial.text_writes; /* of the loader's trap alone */
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct counted counted;

		choose(spy, POLICY_REINSERT_ALL, ways[i].write);
		assert_true(marked_run(spy, some(buf, ways[i].n, true), "1", "0"));
		counted = count_events(&spy->trial);
		assert_int_equal(counted.planted, 2 * 11);
		assert_int_equal(counted.reinserted, 2 * 1); /* that in the program */
		assert_int_equal(counted.traps, 2 * ways[i].traps);
		/* And one at the start. Stepping over a trap of the victim's functions is emulated: no write. */
		assert_int_equal(spy->trial.text_writes - start_writes, 2 * (1 + ways[i].text_writes));
	}
}

static void debug_registers_are_written_in_every_thread(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];
	struct counted counted;

	choose(spy, POLICY_REINSERT_ALL, BP_WRITE_DEBUG_REGISTERS);
	assert_true(marked_run(spy, some(buf, 3, true), "1", "0"));
	counted = count_events(&spy->trial);
	assert_int_equal(counted.planted, 2 * 4);
	assert_int_equal(counted.reinserted, 2 * 1);
	/* At the load: one register again in the only thread; three more as it is let go. */
	assert_int_equal(counted.traps, 2 * (1 + 3));
	assert_int_equal(spy->trial.traps_written - count_events(&spy->trial).traps, 2 * (1 + 2));
	/* Two of four threads run already: these get the old one and the new ones, later ones as they begin. */
	assert_true(marked_run(spy, some(buf, 3, true), "1", "4"));
	assert_hits(&spy->trial, 0, 1, 2 + 4);
	assert_hits(&spy->trial, 1, 3, 2);
	assert_hits(&spy->trial, 3, 4, 1);
	/* Each of 5 threads has 4 addresses written, the two and the main one the first once more. */
	assert_int_equal(spy->trial.traps_written, 2 * (2 + 5 * 4 + 3));
	assert_err_has(spy_run(spy, 1, some(buf, 5, false), "marked", spy->victims, "1", "0"), "4 debug registers");
}

static void a_uprobe_serves_all_tasks(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];
	uint64_t without;

	choose(spy, POLICY_NEW_ONLY, BP_WRITE_UPROBE);
	if (!marked_run(spy, some(buf, 0, false), "7", "0"))
		skip();
	without = (uint64_t)spy->trial.traps_written;
	assert_true(marked_run(spy, some(buf, 10, false), "7", "0"));
	assert_int_equal(spy->trial.traps_written - without, 10);
	assert_hits(&spy->trial, 0, 10, 2 * CALLS);
}

static void tasks_are_let_go_without_debug_registers(void **state)
{
	struct spy *spy = *state;

	/* Ended by the time limit: detached first, and then ended by a signal of ours, not by SIGTRAP. */
	choose(spy, POLICY_NEW_ONLY, BP_WRITE_DEBUG_REGISTERS);
	spy->scenario.time_limit_ns = 300 * NS_PER_MS;
	assert_ok(spy_run(spy, 2, WORDS("clock_nanosleep", "usleep"), "lingers", spy->victims));
	assert_true(spy->trial.timed_out);
}

static void slowness_is_in_its_part(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];

	choose(spy, POLICY_REINSERT_ALL, BP_WRITE_MEM);
	spy->scenario.slow_event_ns = 3 * NS_PER_MS;
	spy->scenario.slow_breakpoint_ns = NS_PER_MS;
	assert_true(marked_run(spy, some(buf, 10, true), "1", "0"));
	for (size_t i = 0; i < spy->trial.n_events; i++) {
		const struct event *event = &spy->trial.events[i];

		assert_true(event->breakpoints_ns >= event->reinserted * NS_PER_MS);
		assert_true(event->plant_ns >= event->planted * NS_PER_MS);
		if (event->class == EVENT_CONSISTENT)
			assert_true(event->linkmap_ns >= 3 * NS_PER_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ways_write_what_they_say, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(debug_registers_are_written_in_every_thread, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_uprobe_serves_all_tasks, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(tasks_are_let_go_without_debug_registers, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(slowness_is_in_its_part, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("bpwrite", tests, NULL, NULL);
}
