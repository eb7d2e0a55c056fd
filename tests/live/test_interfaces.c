/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces to load events against each other: what the trap at the loader's hook counts,
 * a uprobe, an audit library and the loader's probes count too. Counts are exact.
 * Runs alone: a uprobe at the loader's hook takes the traps of other tests away.
 */
#include "ld/probes.h"
#include "lib/fault.h"
#include "native.h"

#include <signal.h>
#include <unistd.h>

#define ROUNDS "20"

struct counted {
	uint64_t stops[EVENT_N_CLASSES];
	uint64_t load_events, added, removed;
};

static void count(const struct trial *trial, size_t task, struct counted *ret)
{
	*ret = (struct counted){ .load_events = trial->tasks[task].load_events };
	memcpy(ret->stops, trial->tasks[task].stops, sizeof(ret->stops));
	for (size_t i = 0; i < trial->n_events; i++) {
		if (trial->events[i].task != task)
			continue;
		ret->added += trial->events[i].added;
		ret->removed += trial->events[i].removed;
	}
}

/* Runs a victim; false if this machine lacks what the interface needs. */
static bool run(struct spy *spy, enum load_interface interface, const char *const *argv)
{
	spy->scenario.load_events = interface;
	return spy_ran(spy, spy_run_env(spy, 2, NULL, argv, NULL));
}

/* All that tell every stop tell the same ones; `names`: which libraries, too. */
static void assert_same(struct spy *spy, enum load_interface interface, bool names, const char *const *argv)
{
	struct counted expected[2], found;

	assert_true(run(spy, LOAD_EVENTS_RBRK, argv));
	for (size_t i = 0; i < 2; i++)
		count(&spy->trial, i, &expected[i]);
	if (!run(spy, interface, argv))
		skip();
	for (size_t i = 0; i < 2; i++) {
		count(&spy->trial, i, &found);
		for (size_t class = 0; class < EVENT_N_CLASSES; class++)
			if (found.stops[class] != expected[i].stops[class])
				fail_msg("task %zu, class %s: %ju, not %ju", i, event_class_names[class],
					 (uintmax_t)found.stops[class], (uintmax_t)expected[i].stops[class]);
		assert_int_equal(found.load_events, expected[i].load_events);
		if (!names)
			continue;
		assert_int_equal(found.added, expected[i].added);
		assert_int_equal(found.removed, expected[i].removed);
	}
}

static void audit_tells_the_same(void **state)
{
	struct spy *spy = *state;

	assert_same(spy, LOAD_EVENTS_AUDIT, true, WORDS("loads", spy->victims, ROUNDS));
	assert_true(spy->trial.unstopped);
	assert_false(spy->trial.sampled);
	assert_int_equal(spy->trial.ptrace_calls, 0);
	assert_int_equal(spy->trial.tasks[0].libraries_at_end, spy->trial.tasks[0].libraries_at_start);
}

static void uprobe_tells_the_same(void **state)
{
	struct spy *spy = *state;

	assert_same(spy, LOAD_EVENTS_UPROBE, false, WORDS("loads", spy->victims, ROUNDS));
	assert_true(spy->trial.unstopped);
	assert_true(spy->trial.sampled);
	assert_int_equal(spy->trial.ptrace_calls, 0);
}

/* Each event of a watcher is between the task's release and its end, in order. */
static void watched_events_have_their_times(void **state)
{
	static const enum load_interface interfaces[] = { LOAD_EVENTS_AUDIT, LOAD_EVENTS_UPROBE };
	struct spy *spy = *state;

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		int64_t last_ns[2] = { 0 };

		if (!run(spy, interfaces[i], WORDS("loads", spy->victims, ROUNDS)))
			skip();
		for (size_t j = 0; j < spy->trial.n_events; j++) {
			const struct event *event = &spy->trial.events[j];

			assert_true(event->seen_ns > spy->trial.tasks[event->task].exec_ns);
			assert_true(event->seen_ns < spy->trial.phases.ended_ns);
			assert_true(event->seen_ns >= last_ns[event->task]);
			assert_int_equal(event->tid, spy->trial.tasks[event->task].pid);
			last_ns[event->task] = event->seen_ns;
		}
	}
}

/* Slow enough to be seen: each library stays for many looks. */
static void polling_sees_what_stays(void **state)
{
	struct spy *spy = *state;
	struct counted found;

	spy->scenario.poll_interval_ns = NS_PER_MS;
	assert_true(run(spy, LOAD_EVENTS_NONE, WORDS("lingers", spy->victims)));
	for (size_t i = 0; i < 2; i++) {
		count(&spy->trial, i, &found);
		assert_int_equal(found.removed, 1);
		assert_int_equal(found.stops[EVENT_UNLOADED], 1);
		assert_int_equal(found.added, spy->trial.tasks[i].libraries_at_end + 1);
		assert_int_equal(found.load_events, found.stops[EVENT_LOADED] + found.stops[EVENT_UNLOADED]);
	}
	assert_true(spy->trial.sampled);
}

/* Children that a task forks are not its own, and an exec begins anew. */
static void watchers_ignore_children(void **state)
{
	struct spy *spy = *state;

	assert_same(spy, LOAD_EVENTS_AUDIT, true, WORDS("forks"));
	assert_same(spy, LOAD_EVENTS_UPROBE, false, WORDS("forks"));
}

static bool contradicted(const struct trial *trial, const char *by)
{
	for (size_t i = 0; i < trial->n_contradictions; i++)
		if (strstr(trial->contradictions[i], by))
			return true;
	return false;
}

/* Whatever the reason, one that no longer listens says so: what it heard until then is not all. */
static void deafness_contradicts_the_run(void **state)
{
	static const struct {
		enum load_interface interface;
		const char *fault, *by;
		const char *victim;
	} deaf[] = {
		{ LOAD_EVENTS_AUDIT, "hear:20+:EIO", " of its audit library went unheard", "loads" },
		{ LOAD_EVENTS_AUDIT, "hear:100:EIO", ": 1 of ", "loads" },
		{ LOAD_EVENTS_UPROBE, "hear:20+:EIO", " came past the uprobe unheard", "loads" },
		{ LOAD_EVENTS_NONE, "mem-read:60+:EIO", " could not be read any more", "lingers" },
	};
	struct spy *spy = *state;

	spy->scenario.poll_interval_ns = NS_PER_MS;
	for (size_t i = 0; i < ARRAY_SIZE(deaf); i++) {
		struct err *err;
		bool struck;

		spy->scenario.load_events = deaf[i].interface;
		assert_ok(fault_set(deaf[i].fault));
		err = spy_run(spy, 2, NULL, deaf[i].victim, spy->victims, ROUNDS);
		struck = fault_has_struck();
		assert_ok(fault_set(NULL));
		if (spy_lacks(err))
			continue;
		assert_ok(err);
		assert_true(struck);
		if (!contradicted(&spy->trial, deaf[i].by))
			fail_msg("%s: nothing contradicts the run", deaf[i].fault);
		assert_all_exited(&spy->trial, 0);
	}
}

static void debian_has_no_probes(void **state)
{
	struct spy *spy = *state;
	struct probes probes;
	struct err *err;

	spy->scenario.load_events = LOAD_EVENTS_PROBES;
	assert_ok(probes_read("/lib64/ld-linux-x86-64.so.2", &probes));
	err = spy_run(spy, 1, NULL, "loads", spy->victims, ROUNDS);
	if (probes.n) {
		assert_ok(err);
		assert_int_equal(spy->trial.tasks[0].stops[EVENT_LOADED], 1 + 2 * 20);
	} else {
		assert_non_null(err);
		assert_int_equal(err_status(err), EXIT_SKIPPED);
		assert_non_null(strstr(err_message(err), "SystemTap probes"));
		assert_non_null(strstr(err_hint_text(err), "rbrk"));
		assert_int_equal(spy->trial.n_tasks, 0); /* nothing was started */
		err_free(err);
	}
	probes_deinit(&probes);
}

static void a_time_limit_leaves_nothing(void **state)
{
	static const enum load_interface interfaces[] = { LOAD_EVENTS_AUDIT, LOAD_EVENTS_UPROBE, LOAD_EVENTS_NONE };
	struct spy *spy = *state;

	spy->scenario.time_limit_ns = 300 * NS_PER_MS;
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		struct err *err;

		spy->scenario.load_events = interfaces[i];
		err = spy_run(spy, 2, NULL, "/bin/sleep", "1000");
		if (spy_lacks(err))
			continue;
		assert_ok(err);
		assert_true(spy->trial.timed_out);
		for (size_t j = 0; j < 2; j++)
			assert_int_not_equal(kill(spy->trial.tasks[j].pid, 0), 0);
	}
}

static void a_static_program_is_refused(void **state)
{
	static const enum load_interface interfaces[] = { LOAD_EVENTS_PROBES, LOAD_EVENTS_AUDIT, LOAD_EVENTS_UPROBE,
							  LOAD_EVENTS_NONE };
	struct spy *spy = *state;

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++) {
		spy->scenario.load_events = interfaces[i];
		assert_err_has(spy_run(spy, 1, NULL, "static"), "is statically linked");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(audit_tells_the_same, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(uprobe_tells_the_same, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(watched_events_have_their_times, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(polling_sees_what_stays, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(watchers_ignore_children, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(deafness_contradicts_the_run, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(debian_has_no_probes, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_time_limit_leaves_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_static_program_is_refused, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("interfaces", tests, NULL, NULL);
}
