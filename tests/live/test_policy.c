/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When breakpoints go in: timely policies miss no call, late ones just those that came before.
 * Counts are exact.
 * Runs alone: a uprobe at a victim's functions takes the traps of other tests away.
 */
#include "marked.h"
#include "measure/missed.h"

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
			if (!marked_run(spy, some(buf, n, false), "7", "4"))
				continue;
			assert_false(spy->trial.late);
			assert_hits(&spy->trial, 0, 1, 2 * CALLS + 4); /* each of the threads calls it once */
			assert_hits(&spy->trial, 1, n, 2 * CALLS);
			for (size_t j = 0; j < n; j++)
				assert_int_equal(spy->trial.breakpoints[j].planted_tasks, 2);
		}
	}
}

/* GDB's way: each name in each library of the map, at each load event. */
static void re_resolving_looks_everywhere(void **state)
{
	struct spy *spy = *state;
	const char *buf[12];
	uint64_t libraries, at_start;

	choose(spy, POLICY_RE_RESOLVE_ALL, BP_WRITE_MEM);
	assert_true(marked_run(spy, some(buf, 10, true), "1", "0"));
	at_start = spy->trial.tasks[0].libraries_at_start;
	libraries = spy->trial.tasks[0].libraries_at_end;
	assert_int_equal(libraries, at_start + 1);
	/* The vDSO has no symbols to look in. */
	assert_int_equal(spy->trial.lookups, 2 * 11 * (libraries - 1));
	assert_int_equal(count_events(&spy->trial).reinserted, 2 * 11);
	assert_int_equal(count_events(&spy->trial).traps, 2 * 10);
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
		assert_true(marked_run(spy, some(buf, 10, true), "7", "2"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timely_policies_miss_nothing, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(re_resolving_looks_everywhere, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(late_policies_miss_what_came_before, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(an_interval_finds_what_stays, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(a_mark_that_is_not_there_is_refused, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(patterns_choose_when_to_search, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
