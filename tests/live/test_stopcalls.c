/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a stop at a load event takes: system calls of the tracer, counted exactly by kind. Two runs
 * that differ in the number of loads alone: what is left of their difference is the event's.
 */
#include "lib/fault.h"
#include "native.h"

#define LOADS_A 2 /* rounds of the victim: each loads two libraries one by one and unloads both */
#define LOADS_B 12
#define STOPS 8 /* of a round: two for each load and each unload */

/* Calls at a point in a run of so many rounds. */
static unsigned long calls(struct spy *spy, enum fault_point point, int rounds)
{
	_cleanup_free_ char *never = mem_printf("%s:1000000000", fault_name(point));
	char text[16];
	unsigned long n;

	snprintf(text, sizeof(text), "%d", rounds);
	assert_ok(fault_set(never));
	assert_ok(spy_run(spy, 1, NULL, "loads", spy->victims, text));
	n = fault_calls();
	assert_ok(fault_set(NULL));
	assert_all_exited(&spy->trial, 0);
	return n;
}

static const struct expected {
	enum fault_point point;
	unsigned long per_round;
} expected[] = {
	{ FAULT_USER, STOPS }, /* where the thread stands: its instruction pointer alone */
	{ FAULT_CONT, STOPS },
	{ FAULT_REGS, 0 }, /* the hook is left by its second ret */
	{ FAULT_SIGINFO, 0 },
	/* The loader's state and the last node at each; behind a load the new node, then the name
	 * that it points to; behind an unload the whole list in one. */
	{ FAULT_MEM_READ, STOPS + 2 * 2 + 2 * 1 },
	{ FAULT_MEM_OPEN, 0 },
	{ FAULT_MEM_WRITE, 0 },
	{ FAULT_TEXT, 0 },
	{ FAULT_ELF, 0 },
};

static void a_stop_takes_no_more_calls_than_it_must(void **state)
{
	struct spy *spy = *state;

	assert_int_equal(spy_set(spy, "wait=block tracer_threads=1"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		unsigned long few = calls(spy, expected[i].point, LOADS_A);
		unsigned long many = calls(spy, expected[i].point, LOADS_B);

		if (many - few != (LOADS_B - LOADS_A) * expected[i].per_round)
			fail_msg("%s: %lu calls in %d rounds, not %lu in each", fault_name(expected[i].point),
				 many - few, LOADS_B - LOADS_A, expected[i].per_round);
	}
}

/* All that the tracer asks of ptrace at a load event. */
static void events_count_two_requests(void **state)
{
	struct spy *spy = *state;
	size_t n = 0;

	assert_ok(spy_run(spy, 1, NULL, "loads", spy->victims, "3"));
	for (size_t i = 0; i < spy->trial.n_events; i++) {
		const struct event *event = &spy->trial.events[i];

		if (event->seen_ns < spy->trial.phases.continued_ns)
			continue; /* the start-up stop is held for others */
		assert_int_equal(event->ptrace_calls, 2);
		n++;
	}
	assert_int_equal(n, 3 * STOPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stop_takes_no_more_calls_than_it_must, spy_setup,
						spy_teardown),
		cmocka_unit_test_setup_teardown(events_count_two_requests, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("stopcalls", tests, NULL, NULL);
}
