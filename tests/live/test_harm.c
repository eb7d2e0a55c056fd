/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracers that come to a task at a bad moment, and go at another one: while it makes processes in all ways, has
 * others in its memory, outlives its first thread, does without SIGTRAP, or is frozen. Each is left alive, with
 * its text as it was, and its results are right.
 */
#include "../unit/unit.h"

#include <poll.h>
#include <sched.h>
#include <sys/stat.h>

#include "steady.h"

#define FREEZER "/sys/fs/cgroup/freezer"
#define ATTACH_NS (20 * NS_PER_MS)

static int harm_setup(void **state)
{
	struct steady *s;
	int failed = steady_setup(state);

	if (failed)
		return failed;
	s = *state;
	s->program = "restless";
	return 0;
}

/* The zombie of a first thread has no memory: any other one's is the same. */
static pid_t live_tid(pid_t pid)
{
	pid_t tid = process_live_tid(pid);

	assert_true(tid > 0);
	return tid;
}

static void assert_whole(const struct steady *s)
{
	const struct trial_task *task = &s->spy->trial.tasks[0];
	char what[512];

	assert_int_equal(task->exit_status, -1);
	assert_int_equal(kill(s->pids[0], 0), 0);
	/* A library may be on its way in: what was left by us stays. */
	for (int i = 0; text_changes(live_tid(s->pids[0]), what, sizeof(what)); i++) {
		if (i == 100)
			skip_with_uprobe();
		if (i == 100)
			fail_msg("pid %d: %s", s->pids[0], what);
		usleep(2000);
	}
}

static void ends_well(struct steady *s)
{
	char text[32] = "";
	int status;

	pid_t pid;

	/* Again and again: one that comes just before an exec is lost. */
	do {
		kill(s->pids[0], SIGTERM);
		usleep(2000);
		pid = waitpid(s->pids[0], &status, WNOHANG | __WALL);
	} while (!pid);
	assert_int_equal(pid, s->pids[0]);
	s->pids[0] = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("the task has status 0x%x", status);
	assert_true(read(s->out[0], text, sizeof(text) - 1) > 0);
	close(s->out[0]);
	s->n = 0;
}

/* `rounds` attaches to one task with these activities, at any point of them. */
static void attach_to(void **state, const char *activities, int rounds)
{
	struct steady *s = *state;

	steady_start(s, activities);
	for (int round = 0; round < rounds; round++) {
		usleep((useconds_t)(round * 613 % 5000));
		assert_ok(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked", "stepped", "victim_add", "never_called")));
		assert_true(s->spy->trial.left_running);
		assert_whole(s);
	}
	ends_well(s);
}

static void a_spawn_beside_a_load(void **state)
{
	attach_to(state, "spawn,load", 60);
}

static void a_long_vfork(void **state)
{
	attach_to(state, "slow,load", 15);
}

static void processes_in_all_ways(void **state)
{
	attach_to(state, "spawn,fork,vfork,slow,share,threads,signals,load", 40);
}

static void a_process_in_the_same_memory(void **state)
{
	attach_to(state, "sharing,load", 20);
}

static void a_program_that_executes_itself(void **state)
{
	attach_to(state, "exec,load,vfork,share", 40);
}

static void the_first_thread_has_ended(void **state)
{
	attach_to(state, "leader,load,spawn", 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_spawn_beside_a_load, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_long_vfork, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(processes_in_all_ways, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_process_in_the_same_memory, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_program_that_executes_itself, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(the_first_thread_has_ended, harm_setup, steady_teardown),
	};

	return cmocka_run_group_tests_name("harm", tests, NULL, NULL);
}
