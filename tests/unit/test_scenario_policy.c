/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies, ways of writing and scopes in a scenario: which go together, and that each has its row. */
#include "job/scenario/scenario.h"
#include "measure/trial.h"
#include "tool/native/policies.h"
#include "tool/native/plant.h"
#include "unit.h"

static void every_policy_has_its_row(void **state)
{
	size_t n_late = 0;

	(void)state;
	for (size_t i = 0; i < POLICY_N; i++) {
		const struct policy *policy = policy_get((enum bp_policy)i);

		assert_non_null(policy->searches);
		n_late += policy->late;
		assert_true(policy->hooked || policy->late); /* who does not hear of loads comes late */
	}
	assert_int_equal(n_late, 2);
	assert_true(policy_get(POLICY_PATTERN)->late && policy_get(POLICY_DEFERRED)->late);
}

static void every_way_has_its_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < BP_WRITE_N; i++) {
		const struct trap_way *way = trap_way_get((enum bp_write)i);

		assert_non_null(way->plant);
		assert_true(way->again || i == BP_WRITE_UPROBE);
	}
}

static void moments_are_the_marks(void **state)
{
	const struct conf_choice *choices = conf_find(&scenario_table, "breakpoints.deferred_until")->choices;

	(void)state;
	assert_string_equal(choices[DEFERRED_STOP].name, "stop");
	assert_string_equal(choices[DEFERRED_INTERVAL].name, "interval");
	for (size_t i = 0; i < MARK_N; i++)
		assert_string_equal(choices[DEFERRED_MARK_FIRST + i].name, mark_names[i]);
	assert_null(choices[DEFERRED_MARK_FIRST + MARK_N].name);
}

/* Overrides and a part of the refusal; NULL: they go together. */
static void what_does_not_go_together_is_refused(void **state)
{
	static const struct {
		const char *sets[6], *part;
	} cases[] = {
		{ { "breakpoints.policy=new-only" }, NULL },
		{ { "breakpoints.policy=re-resolve-all", "breakpoints.write=page" }, NULL },
		{ { "breakpoints.policy=pattern" }, "'breakpoints.pattern' is empty" },
		{ { "breakpoints.policy=pattern", "breakpoints.pattern=libm*" }, NULL },
		{ { "breakpoints.pattern=libm*" }, "'breakpoints.pattern' has no effect with breakpoints.policy 'reinsert-all'" },
		{ { "breakpoints.deferred_until=stop" }, "'breakpoints.deferred_until' has no effect with breakpoints.policy" },
		{ { "breakpoints.deferred_interval=1s" }, "'breakpoints.deferred_interval' has no effect with breakpoints.policy" },
		{ { "breakpoints.policy=deferred", "breakpoints.deferred_interval=1s" },
		  "has no effect with breakpoints.deferred_until 'import_end'" },
		{ { "breakpoints.policy=deferred" }, NULL },
		{ { "breakpoints.policy=deferred", "load_events=probes" }, "'load_events' is probes" },
		{ { "breakpoints.policy=deferred", "load_events=audit", "breakpoints.count=0" },
		  "'breakpoints.policy' has no effect with load_events 'audit'" },
		{ { "breakpoints.policy=deferred", "tool=null" }, "'breakpoints.policy' has no effect with tool 'null'" },
		{ { "stop=all" }, NULL },
		{ { "stop=all", "load_events=audit", "breakpoints.count=0" }, "'stop' has no effect with load_events 'audit'" },
		{ { "stop=task", "tool=null" }, "'stop' has no effect with tool 'null'" },
		{ { "slow.event=1ms", "tool=null" }, "'slow.event' has no effect with tool 'null'" },
		{ { "slow.event=10ms", "slow.breakpoint=1ms" }, NULL },
		{ { "slow.breakpoint=1ms", "breakpoints.count=0" }, "there are no breakpoints" },
		{ { "breakpoints.reinsert=remove-insert" }, NULL },
		{ { "breakpoints.reinsert=remove-insert", "breakpoints.policy=new-only" }, "nothing is put in again" },
		{ { "breakpoints.write=debug-registers", "breakpoints.count=4" }, NULL },
		{ { "breakpoints.write=debug-registers", "breakpoints.count=5" }, "a thread has 4 debug registers" },
		{ { "breakpoints.write=debug-registers", "breakpoints.reinsert=remove-insert" }, "in one go" },
		{ { "breakpoints.write=uprobe" }, "is never put in again" },
		{ { "breakpoints.write=uprobe", "breakpoints.policy=new-only" }, NULL },
		{ { "breakpoints.write=uprobe", "breakpoints.reinsert=none" }, NULL },
		{ { "breakpoints.write=uprobe", "breakpoints.policy=deferred" }, NULL },
		{ { "breakpoints.write=uprobe", "breakpoints.policy=deferred", "breakpoints.deferred_until=stop" },
		  "no task stops at a uprobe" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_ok(scenario_read(NULL, &s));
		assert_ok(conf_set(&scenario_table, "target=x", &s));
		assert_ok(conf_set(&scenario_table, "breakpoints.count=3", &s));
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].sets) && cases[i].sets[j]; j++)
			assert_ok(conf_set(&scenario_table, cases[i].sets[j], &s));
		if (cases[i].part)
			assert_err_has(scenario_check(&s), cases[i].part);
		else
			assert_ok(scenario_check(&s));
		scenario_deinit(&s);
	}
}

/* Scenarios of before there were policies mean what they meant. */
static void reinsert_none_is_a_policy(void **state)
{
	static const struct {
		const char *set;
		enum bp_policy policy;
	} cases[] = {
		{ "breakpoints.reinsert=none", POLICY_NEW_ONLY },
		{ "breakpoints.reinsert=rewrite", POLICY_REINSERT_ALL },
		{ "breakpoints.reinsert=remove-insert", POLICY_REINSERT_ALL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario s;

		assert_ok(scenario_read(NULL, &s));
		assert_ok(conf_set(&scenario_table, "target=x", &s));
		assert_ok(conf_set(&scenario_table, cases[i].set, &s));
		assert_ok(scenario_check(&s));
		assert_int_equal(s.breakpoints_policy, cases[i].policy);
		scenario_deinit(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_has_its_row),
		cmocka_unit_test(every_way_has_its_row),
		cmocka_unit_test(moments_are_the_marks),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(reinsert_none_is_a_policy),
	};

	return cmocka_run_group_tests_name("scenario_policy", tests, NULL, NULL);
}
