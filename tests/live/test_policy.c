/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When breakpoints go in, how they are written and what is stopped, against a victim that calls
 * ten functions of a library before and after a phase mark. Counts are exact.
 * Runs alone: a uprobe at a victim's functions takes the traps of other tests away.
 */
#include "native.h"

#include <signal.h>

#include "measure/missed.h"

#define CALLS 7

static const char *const hot[] = { "hot0", "hot1", "hot2", "hot3", "hot4", "hot5", "hot6", "hot7", "hot8", "hot9",
				   "in_program", NULL };

/* Ends with NULL: the first n of hot, and in_program if that is asked for. */
static const char *const *some(const char *buf[12], size_t n, bool program)
{
	size_t i = 0;

	for (; i < n; i++)
		buf[i] = hot[i];
	if (program)
		buf[i++] = hot[10];
	buf[i] = NULL;
	return buf;
}

static void choose(struct spy *spy, enum bp_policy policy, enum bp_write write)
{
	spy->scenario.breakpoints_policy = policy;
	spy->scenario.breakpoints_write = write;
}

/* False if this machine lacks what the way of writing needs. */
static bool run(struct spy *spy, const char *const *breakpoints, const char *calls, const char *threads)
{
	struct err *err = spy_run(spy, 2, breakpoints, "marked", spy->victims, calls, threads);

	if (err && err_status(err) == EXIT_SKIPPED) {
		print_message("skipped: %s\n", err_message(err));
		err_free(err);
		return false;
	}
	assert_ok(err);
	for (size_t i = 0; i < spy->trial.n_contradictions; i++)
		fail_msg("%s", spy->trial.contradictions[i]);
	assert_all_exited(&spy->trial, 0);
	return true;
}

static void assert_hits(const struct trial *trial, size_t from, size_t to, uint64_t each_rank)
{
	for (size_t i = from; i < to; i++) {
		const struct trial_breakpoint *bp = &trial->breakpoints[i];

		for (size_t j = 0; j < trial->n_tasks; j++)
			if (bp->rank_hits[j] != each_rank)
				fail_msg("'%s', rank %zu: %ju hits, not %ju", bp->function, j,
					 (uintmax_t)bp->rank_hits[j], (uintmax_t)each_rank);
		assert_int_equal(bp->hits, each_rank * trial->n_tasks);
	}
}

/* Every timely policy sees every call by every way of writing, in threads old and new. */
static void timely_policies_miss_nothing(void **state)
{
	static const enum bp_policy policies[] = { POLICY_REINSERT_ALL, POLICY_RE_RESOLVE_ALL, POLICY_NEW_ONLY };
	struct spy *spy = *state;
	const char *buf[12];

	for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
		for (int write = BP_WRITE_MEM; write <= BP_WRITE_UPROBE; write++) {
			size_t n = write == BP_WRITE_DEBUG_REGISTERS ? 4 : 10;

			if (write == BP_WRITE_UPROBE && policies[i] == POLICY_REINSERT_ALL)
				continue; /* refused: see test_scenario_policy */
			choose(spy, policies[i], (enum bp_write)write);
			if (!run(spy, some(buf, n, false), "7", "4"))
				continue;
			assert_false(spy->trial.late);
			assert_hits(&spy->trial, 0, 1, 2 * CALLS + 4); /* each of the threads calls it once */
			assert_hits(&spy->trial, 1, n, 2 * CALLS);
			for (size_t j = 0; j < n; j++)
				assert_int_equal(spy->trial.breakpoints[j].planted_tasks, 2);
		}
	}
}

/* Events after phase 1, of both tasks: sums of what they counted. */
struct counted {
	uint64_t reinserted, planted, traps;
	uint64_t calls, stops;
};

static struct counted count(const struct trial *trial)
{
	struct counted ret = { 0 };

	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *event = &trial->events[i];

		ret.reinserted += event->reinserted;
		ret.planted += event->planted;
		if (event->begin_ns < trial->phases.continued_ns)
			continue;
		ret.traps += event->traps_written;
		ret.calls += event->ptrace_calls;
		ret.stops++;
	}
	return ret;
}

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
	assert_true(run(spy, some(buf, 0, false), "1", "0"));
	start_writes = spy->trial.text_writes; /* of the loader's trap alone */
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct counted counted;

		choose(spy, POLICY_REINSERT_ALL, ways[i].write);
		assert_true(run(spy, some(buf, ways[i].n, true), "1", "0"));
		counted = count(&spy->trial);
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
	assert_true(run(spy, some(buf, 3, true), "1", "0"));
	counted = count(&spy->trial);
	assert_int_equal(counted.planted, 2 * 4);
	assert_int_equal(counted.reinserted, 2 * 1);
	/* At the load: one register again in the only thread; three more as it is let go. */
	assert_int_equal(counted.traps, 2 * (1 + 3));
	assert_int_equal(spy->trial.traps_written - count(&spy->trial).traps, 2 * (1 + 2));
	/* Two of four threads run already: these get the old one and the new ones, later ones as they begin. */
	assert_true(run(spy, some(buf, 3, true), "1", "4"));
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
	if (!run(spy, some(buf, 0, false), "7", "0"))
		skip();
	without = (uint64_t)spy->trial.traps_written;
	assert_true(run(spy, some(buf, 10, false), "7", "0"));
	assert_int_equal(spy->trial.traps_written - without, 10);
	assert_hits(&spy->trial, 0, 10, 2 * CALLS);
}

/* GDB's way: each name in each library of the map, at each load event. */
static void re_resolving_looks_everywhere(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];
	uint64_t libraries, at_start;

	choose(spy, POLICY_RE_RESOLVE_ALL, BP_WRITE_MEM);
	assert_true(run(spy, some(buf, 10, true), "1", "0"));
	at_start = spy->trial.tasks[0].libraries_at_start;
	libraries = spy->trial.tasks[0].libraries_at_end;
	assert_int_equal(libraries, at_start + 1);
	/* The vDSO has no symbols to look in. */
	assert_int_equal(spy->trial.lookups, 2 * 11 * (libraries - 1));
	assert_int_equal(count(&spy->trial).reinserted, 2 * 11);
	assert_int_equal(count(&spy->trial).traps, 2 * 10);
}

static void expect(struct trial *trial, size_t n, int64_t each_rank)
{
	for (size_t i = 0; i < n; i++)
		trial->breakpoints[i].expected_hits = each_rank * (int64_t)trial->n_tasks;
	missed_compute(trial);
}

/* Ten functions are called before visit_end and as often after it; in_program between the two. */
static void late_policies_miss_what_came_before(void **state)
{
	static const struct {
		const char *until;
		uint64_t seen; /* calls of each function in each rank, of 2 * CALLS */
	} moments[] = {
		{ "import_begin", 0 }, { "import_end", 2 * CALLS }, { "visit_end", CALLS }, { "stop", CALLS },
		{ "exit", 0 },
	};
	struct spy *spy = *state;
	const char *buf[12];

	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		_cleanup_free_ char *setting = mem_printf("breakpoints.deferred_until=%s", moments[i].until);
		struct trial *trial = &spy->trial;

		assert_ok(conf_set(&scenario_table, setting, &spy->scenario));
		choose(spy, POLICY_DEFERRED, BP_WRITE_PAGE);
		assert_true(run(spy, some(buf, 10, true), "7", "2"));
		assert_true(trial->late);
		assert_true(trial->sampled);
		/* Of loads nothing is seen but the start-up's pair. */
		for (size_t j = 0; j < 2; j++)
			assert_int_equal(trial->tasks[j].stops[EVENT_ADD], 1);
		/* The threads call the first at the end. */
		assert_hits(trial, 0, 1, moments[i].seen + (moments[i].seen ? 2 : 0));
		assert_hits(trial, 1, 10, moments[i].seen);
		assert_hits(trial, 10, 11, 1);
		expect(trial, 10, 2 * CALLS);
		for (size_t j = 1; j < 10; j++) {
			assert_int_equal(trial->breakpoints[j].missed, 2 * (2 * CALLS - moments[i].seen));
			assert_int_equal(trial->breakpoints[j].n_rank_missed, 2);
			for (size_t k = 0; k < 2; k++)
				assert_int_equal(trial->breakpoints[j].rank_missed[k], 2 * CALLS - moments[i].seen);
		}
	}
}

static void an_interval_finds_what_stays(void **state)
{
	struct spy *spy = *state;
	const struct trial *trial = &spy->trial;
	uint64_t added = 0;

	choose(spy, POLICY_DEFERRED, BP_WRITE_MEM);
	assert_ok(conf_set(&scenario_table, "breakpoints.deferred_until=interval", &spy->scenario));
	assert_ok(conf_set(&scenario_table, "breakpoints.deferred_interval=50ms", &spy->scenario));
	assert_ok(spy_run(spy, 2, WORDS("victim_add"), "lingers", spy->victims));
	assert_all_exited(trial, 0);
	for (size_t i = 0; i < trial->n_events; i++)
		if (trial->events[i].class == EVENT_LOADED)
			added += trial->events[i].added;
	assert_int_equal(added, 2 * 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(trial->tasks[i].stops[EVENT_UNLOADED], 1);
	assert_string_equal(fs_basename(trial->breakpoints[0].library), "libvictim.so");
	assert_int_equal(trial->breakpoints[0].planted_tasks, 0); /* unloaded again */
}

static void a_mark_that_is_not_there_is_refused(void **state)
{
	struct spy *spy = *state;

	choose(spy, POLICY_DEFERRED, BP_WRITE_MEM);
	assert_err_has(spy_run(spy, 1, WORDS("victim_add"), "loads", spy->victims, "1"), "pynamic_phase");
}

/* What does not match waits for what does; then all are found. */
static void patterns_choose_when_to_search(void **state)
{
	static const struct {
		const char *pattern;
		uint64_t add, twice; /* calls seen in each of 20 rounds */
	} patterns[] = {
		{ "libvictim*.so", 20, 20 }, { "libvictim2.so", 20, 20 }, { "libvictim.so", 20, 0 }, { "nothing*", 0, 0 },
		{ "*/victims/libvictim2.so", 20, 20 },
	};
	struct spy *spy = *state;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		_cleanup_free_ char *setting = mem_printf("breakpoints.pattern=%s", patterns[i].pattern);

		choose(spy, POLICY_PATTERN, BP_WRITE_MEM);
		assert_ok(conf_set(&scenario_table, setting, &spy->scenario));
		assert_ok(spy_run(spy, 2, WORDS("victim_add", "victim_twice", "main"), "loads", spy->victims, "20"));
		assert_all_exited(&spy->trial, 0);
		assert_true(spy->trial.late);
		assert_false(spy->trial.sampled);
		assert_hits(&spy->trial, 0, 1, patterns[i].add);
		assert_hits(&spy->trial, 1, 2, patterns[i].twice);
		assert_hits(&spy->trial, 2, 3, 1);
		for (size_t j = 0; j < 2; j++)
			assert_int_equal(spy->trial.tasks[j].stops[EVENT_ADD], 1 + 2 * 20);
	}
}

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
		counted = count(&spy->trial);
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
			assert_true(run(spy, some(buf, 4, false), "7", "6"));
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

static void slowness_is_in_its_part(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];

	choose(spy, POLICY_REINSERT_ALL, BP_WRITE_MEM);
	spy->scenario.slow_event_ns = 3 * NS_PER_MS;
	spy->scenario.slow_breakpoint_ns = NS_PER_MS;
	assert_true(run(spy, some(buf, 10, true), "1", "0"));
	for (size_t i = 0; i < spy->trial.n_events; i++) {
		const struct event *event = &spy->trial.events[i];

		assert_true(event->breakpoints_ns >= event->reinserted * NS_PER_MS);
		assert_true(event->plant_ns >= event->planted * NS_PER_MS);
		if (event->class == EVENT_CONSISTENT)
			assert_true(event->linkmap_ns >= 3 * NS_PER_MS);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timely_policies_miss_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(ways_write_what_they_say, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(debug_registers_are_written_in_every_thread, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_uprobe_serves_all_tasks, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(re_resolving_looks_everywhere, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(late_policies_miss_what_came_before, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(an_interval_finds_what_stays, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_mark_that_is_not_there_is_refused, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(patterns_choose_when_to_search, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(scopes_hold_what_they_say, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(scopes_lose_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_death_holds_nobody, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(slowness_is_in_its_part, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(tasks_are_let_go_without_debug_registers, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
