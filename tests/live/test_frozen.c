/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks in frozen control groups, of both versions: each is left alive, with its text as it was. Runs alone: a uprobe
 * at the loader's hook puts a trap there.
 */
#include "../unit/unit.h"

#include "freezer.h"
#include "harm.h"

static void wait_seized(pid_t pid)
{
	for (int i = 0; i < 20000 && status_field(pid, "TracerPid") == '0'; i++)
		usleep(500);
}

/* With the task in it; false if this machine has none. */
static bool freezer_of(struct freezer *freezer, enum freezer_version version, pid_t pid)
{
	freezer_make(freezer, version);
	if (!freezer->group)
		return false;
	assert_true(freezer_take(freezer, pid));
	return true;
}

static void skip_without_freezer(const char *version)
{
	print_message("left out: control groups of version %s cannot be made here\n", version);
	skip();
}

/* Version 2's is below a plain mount, or beside version 1. */
static bool freezer_2_of(struct freezer *freezer, pid_t pid)
{
	return freezer_of(freezer, FREEZER_V2, pid) || freezer_of(freezer, FREEZER_V2_ALONE, pid);
}

static void freezer_done(struct freezer *freezer, struct steady *s)
{
	ends_well(s);
	freezer_remove(freezer);
}

static void a_frozen_task_is_named_and_left_alone(void **state)
{
	struct steady *s = *state;
	struct freezer freezer;

	steady_start(s, "load,spawn");
	if (!freezer_of(&freezer, FREEZER_V1, s->pids[0]))
		skip_without_freezer("1");
	freezer_set(&freezer, true);
	usleep(100000);
	assert_err_has(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked")), "is frozen");
	freezer_set(&freezer, false);
	usleep(50000);
	assert_untraced(s->pids[0]);
	assert_whole(s);
	freezer_done(&freezer, s);
}

/* Version 2 keeps no tracer away: a frozen thread stops for it, runs nothing meanwhile, and is frozen again after. */
static void a_task_frozen_by_version_2_is_attached_to(void **state)
{
	struct steady *s = *state;
	struct freezer freezer;

	steady_start(s, "load,spawn,threads,vfork");
	if (!freezer_2_of(&freezer, s->pids[0]))
		skip_without_freezer("2");
	for (int round = 0; round < 3; round++) {
		freezer_set(&freezer, true);
		usleep(50000);
		assert_ok(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked", "stepped", "victim_add")));
		assert_int_equal(s->spy->trial.tasks[0].left, TASK_LEFT_CLEAN);
		assert_untraced(s->pids[0]);
		freezer_set(&freezer, false);
		usleep(20000);
		assert_whole(s);
	}
	freezer_done(&freezer, s);
}

static void frozen_meanwhile(struct steady *s, const struct freezer *freezer)
{
	for (int round = 0; round < 6; round++) {
		pid_t pid = fork();

		if (!pid) {
			wait_seized(s->pids[0]);
			/* One that is frozen before is refused, by version 1. */
			for (int i = 0; i < 20000 && !hook_is_trapped(s->pids[0]); i++)
				usleep(500);
			usleep(round * 3000);
			freezer_set(freezer, true);
			usleep(round % 2 ? 300000 : 2500000);
			freezer_set(freezer, false);
			_exit(0);
		}
		assert_ok(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked", "stepped", "victim_add")));
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(s->spy->trial.tasks[0].left, TASK_LEFT_CLEAN);
		usleep(20000);
		assert_whole(s);
	}
}

static void a_task_that_is_frozen_meanwhile(void **state)
{
	struct steady *s = *state;
	struct freezer freezer;

	steady_start(s, "load,calls");
	if (!freezer_of(&freezer, FREEZER_V1, s->pids[0]))
		skip_without_freezer("1");
	frozen_meanwhile(s, &freezer);
	freezer_done(&freezer, s);
}

static void a_task_that_is_frozen_meanwhile_by_version_2(void **state)
{
	struct steady *s = *state;
	struct freezer freezer;

	steady_start(s, "load,calls,spawn");
	if (!freezer_2_of(&freezer, s->pids[0]))
		skip_without_freezer("2");
	frozen_meanwhile(s, &freezer);
	freezer_done(&freezer, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_frozen_task_is_named_and_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_frozen_by_version_2_is_attached_to, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_is_frozen_meanwhile, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_is_frozen_meanwhile_by_version_2, harm_setup, steady_teardown),
	};

	return cmocka_run_group_tests_name("frozen", tests, NULL, NULL);
}
