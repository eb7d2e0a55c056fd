/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tasks' link maps have in common, with address space layout randomisation and without.
 * Two tasks that are randomised stand at one place by chance once in 2^28 runs.
 */
#include "native.h"

#include "measure/summary.h"

#define TASKS 3

static void run(struct spy *spy, int aslr, struct trial_summary *ret)
{
	spy->scenario.aslr = aslr;
	assert_ok(spy_run(spy, TASKS, NULL, "loads", spy->victims, "1"));
	assert_all_exited(&spy->trial, 0);
	trial_summarise(&spy->trial, ret);
	assert_int_equal(ret->maps_read, TASKS);
	assert_int_equal(ret->maps_different_names, 1);
	assert_int_equal(spy->trial.libraries_mapped, spy->trial.tasks[0].libraries_at_end);
}

static void randomised_tasks_differ(void **state)
{
	struct spy *spy = *state;
	struct trial_summary summary;

	run(spy, ASLR_ON, &summary);
	assert_int_equal(summary.maps_different, TASKS);
	assert_int_equal(spy->trial.libraries_same_place, 0);
}

static void others_are_equal(void **state)
{
	struct spy *spy = *state;
	struct trial_summary summary;

	run(spy, ASLR_OFF, &summary);
	assert_int_equal(summary.maps_different, 1);
	assert_int_equal(spy->trial.libraries_same_place, spy->trial.libraries_mapped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(randomised_tasks_differ, spy_setup, spy_teardown),
		cmocka_unit_test_setup_teardown(others_are_equal, spy_setup, spy_teardown),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
