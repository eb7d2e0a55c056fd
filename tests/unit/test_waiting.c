/* SPDX-License-Identifier: BSD-3-Clause */
/* The rule of the adaptive wait with made-up waits; that waiting puts the affinity back. */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "trace/waits/waiting.h"

#define SOON_NS INT64_C(20000)
#define LATE_NS INT64_C(3000000)

/* A full history of waits of one length, of one task but for `others`, on a machine of two cores. */
static struct wait_history made_up(int64_t waited_ns, unsigned int others, unsigned int runnable)
{
	struct wait_history history = { .n = WAIT_HISTORY, .runnable = runnable, .cores = 2 };

	for (unsigned int i = 0; i < WAIT_HISTORY; i++) {
		history.waited_ns[i] = waited_ns;
		history.same_task[i] = i >= others;
	}
	return history;
}

static enum wait_mode chosen(struct wait_history history)
{
	return waiting_choose(&history);
}

static void rule_chooses(void **state)
{
	(void)state;
	/* One task that stops often, a core free: to its core. */
	assert_int_equal(chosen(made_up(SOON_NS, 0, 2)), WAIT_FOLLOW);
	assert_int_equal(chosen(made_up(SOON_NS, WAIT_HISTORY / 4, 2)), WAIT_FOLLOW);
	/* Several: nobody to follow. */
	assert_int_equal(chosen(made_up(SOON_NS, WAIT_HISTORY / 4 + 1, 2)), WAIT_SPIN);
	assert_int_equal(chosen(made_up(SOON_NS, WAIT_HISTORY, 1)), WAIT_SPIN);
	/* Stops that are far apart: polling would burn a core for nothing. */
	assert_int_equal(chosen(made_up(LATE_NS, 0, 1)), WAIT_BLOCK);
	assert_int_equal(chosen(made_up(LATE_NS, WAIT_HISTORY, 1)), WAIT_BLOCK);
	/* Busy cores: whatever the waits were. */
	assert_int_equal(chosen(made_up(SOON_NS, 0, 3)), WAIT_BLOCK);
	assert_int_equal(chosen(made_up(SOON_NS, WAIT_HISTORY, 33)), WAIT_BLOCK);
}

static void some_long_waits_are_forgiven(void **state)
{
	struct wait_history history = made_up(SOON_NS, 0, 2);

	(void)state;
	for (unsigned int i = 0; i < WAIT_HISTORY / 4; i++)
		history.waited_ns[i] = LATE_NS;
	assert_int_equal(waiting_choose(&history), WAIT_FOLLOW);
	history.waited_ns[WAIT_HISTORY / 4] = LATE_NS;
	assert_int_equal(waiting_choose(&history), WAIT_BLOCK);
}

static void nothing_known_blocks(void **state)
{
	struct wait_history history = made_up(SOON_NS, 0, 2);

	(void)state;
	history.n = WAIT_HISTORY - 1;
	assert_int_equal(waiting_choose(&history), WAIT_BLOCK);
	history = made_up(SOON_NS, 0, 0); /* /proc/loadavg could not be read */
	assert_int_equal(waiting_choose(&history), WAIT_BLOCK);
}

/* Whoever waits without a child is told so, and may run where it could before. */
static void affinity_is_put_back(void **state)
{
	cpu_set_t before, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	for (int mode = 0; mode < WAIT_N; mode++) {
		struct waiting waiting;
		int status;

		waiting_init(&waiting, (enum wait_mode)mode);
		waiting_stopped(&waiting, getpid(), getpid());
		for (unsigned int i = 0; i < 4 * WAIT_HISTORY; i++) {
			assert_int_equal(waiting_next(&waiting, -1, &status), -1);
			assert_int_equal(errno, ECHILD);
		}
		waiting_deinit(&waiting);
		assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
		assert_true(CPU_EQUAL(&before, &after));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_chooses),
		cmocka_unit_test(some_long_waits_are_forgiven),
		cmocka_unit_test(nothing_known_blocks),
		cmocka_unit_test(affinity_is_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
