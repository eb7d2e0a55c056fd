/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attaching to tasks that run: their link maps are read at once, their loads followed, and
 * they are left as they were found, whoever dies. Rounds without end leave no trap byte,
 * lose no signal and leak no descriptor.
 *
 * Runs alone: a uprobe at a victim's function takes the traps of other tests away.
 */
#include "../unit/unit.h"

#include <sys/prctl.h>

#include "elf/segment.h"
#include "ld/uprobe.h"
#include "steady.h"

#define ROUNDS 1000 /* ATTACH_ROUNDS in the environment for another number */

static void link_maps_are_read_at_once(void **state)
{
	struct steady *s = *state;
	const struct trial *trial = &s->spy->trial;

	steady_start(s, "quiet");
	steady_start(s, "quiet");
	assert_ok(attach(s, s->pids, 2, 50 * NS_PER_MS, WORDS("never_called")));
	assert_true(trial->left_running);
	assert_false(trial->timed_out);
	assert_string_equal(trial->acquire, "list");
	assert_int_equal(trial->n_events, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct trial_task *task = &trial->tasks[i];

		assert_int_equal(task->acquired_at, TASK_AT_RUNNING);
		assert_int_equal(task->pid, s->pids[i]);
		assert_non_null(strstr(task->exe, "steady"));
		/* the program, the vDSO, libc and the loader */
		assert_int_equal(task->libraries_at_start, 4);
		assert_int_equal(task->stops[EVENT_NULL], 1);
		assert_int_equal(task->breakpoints_planted, 1);
		assert_int_equal(task->threads, 4);
		assert_int_equal(task->exit_status, -1);
		assert_untraced(s->pids[i]);
		assert_int_equal(repaired(s->pids[i]), 0);
		steady_end(s, i, 0);
	}
}

static void loads_are_followed_to_the_end(void **state)
{
	struct steady *s = *state;
	const struct trial_task *task;
	pid_t pid;

	steady_start(s, "quiet");
	pid = fork();
	if (!pid) { /* three loads, and the end */
		wait_traced(s->pids[0]);
		for (int i = 0; i < 3; i++)
			sigqueue(s->pids[0], SIGRTMIN + 1, (union sigval){ 0 });
		kill(s->pids[0], SIGTERM);
		_exit(0);
	}
	assert_ok(attach(s, s->pids, 1, 0, WORDS("victim_add")));
	/* The tracer has waited for its task, though it is a child of this process, and for no other. */
	assert_int_equal(waitpid(s->pids[0], NULL, 0), -1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	s->pids[0] = 0;
	task = &s->spy->trial.tasks[0];
	assert_false(s->spy->trial.left_running);
	assert_int_equal(task->exit_status, 0);
	assert_int_equal(task->stops[EVENT_ADD], 3);
	assert_int_equal(task->stops[EVENT_DELETE], 3);
	assert_int_equal(task->stops[EVENT_CONSISTENT], 6);
	assert_int_equal(task->breakpoint_hits, 3);
}

static void many_rounds_leave_no_trace(void **state)
{
	struct steady *s = *state;
	const char *wanted = getenv("ATTACH_ROUNDS");
	int rounds = wanted ? atoi(wanted) : ROUNDS;
	size_t descriptors = 0;
	uint64_t hits = 0, loads = 0;

	steady_start(s, "busy");
	for (int round = 0; round < rounds; round++) {
		assert_int_equal(sigqueue(s->pids[0], SIGRTMIN, (union sigval){ 0 }), 0);
		/* By bytes in all ways, and by debug registers. */
		s->spy->scenario.breakpoints_write = round % (BP_WRITE_DEBUG_REGISTERS + 1);
		assert_ok(attach(s, s->pids, 1, 2 * NS_PER_MS, WORDS("marked", "victim_add", "never_called")));
		assert_true(s->spy->trial.left_running);
		hits += s->spy->trial.tasks[0].breakpoint_hits;
		loads += s->spy->trial.tasks[0].stops[EVENT_ADD];
		assert_untraced(s->pids[0]);
		if (round % 20 == 0)
			assert_int_equal(repaired(s->pids[0]), 0);
		if (round == 0)
			descriptors = open_descriptors();
	}
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(repaired(s->pids[0]), 0);
	assert_text_clean(s->pids[0]);
	assert_true(hits > 0);
	assert_true(loads > 0);
	steady_end(s, 0, rounds);
}

/* A process of ours that traces a task, and waits to be killed. */
static pid_t other_tracer(pid_t pid)
{
	pid_t tracer_pid = fork();
	int status;

	if (!tracer_pid) {
		struct tracer tracer;
		struct task *task;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tracer_init(&tracer);
		tracer.exit_kill = false;
		_exit(tracer_seize(&tracer, pid, 0, &task) || kill(getpid(), SIGSTOP));
	}
	assert_int_equal(waitpid(tracer_pid, &status, WUNTRACED), tracer_pid);
	assert_true(WIFSTOPPED(status));
	return tracer_pid;
}

static void a_second_tracer_is_named_and_nothing_half_attached(void **state)
{
	struct steady *s = *state;
	pid_t tracer;
	struct err *err;

	for (int i = 0; i < 3; i++)
		steady_start(s, "quiet");
	tracer = other_tracer(s->pids[1]);
	err = attach(s, s->pids, 3, 50 * NS_PER_MS, WORDS("marked"));
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), "rank 1: cannot trace pid"));
	assert_non_null(strstr(err_hint_text(err), "traces it already"));
	err_free(err);
	assert_untraced(s->pids[0]);
	assert_untraced(s->pids[2]);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(repaired(s->pids[i]), 0);
		steady_end(s, i, 0);
	}
}

static void tasks_that_have_ended_are_passed_over(void **state)
{
	struct steady *s = *state;
	pid_t pids[MAX_TASKS];
	siginfo_t info;

	steady_start(s, "quiet");
	pids[0] = fork();
	if (!pids[0])
		_exit(0); /* a zombie: nobody takes its status yet */
	assert_int_equal(waitid(P_PID, (id_t)pids[0], &info, WEXITED | WNOWAIT), 0);
	pids[1] = s->pids[0];
	pids[2] = 0x3ffffe;
	assert_ok(attach(s, pids, 3, 50 * NS_PER_MS, NULL));
	assert_int_equal(s->spy->trial.tasks[0].libraries_at_start, -1); /* nobody saw any */
	assert_int_equal(s->spy->trial.tasks[1].libraries_at_start, 4);
	assert_int_equal(s->spy->trial.tasks[2].libraries_at_start, -1);
	assert_err_has(attach(s, pids + 2, 1, NS_PER_MS, NULL), "(1) have ended before they could be traced");
	steady_end(s, 0, 0);
}

/* Tasks that end at any point of being attached: over, or followed, never an error of ours. */
static void a_task_that_dies_meanwhile(void **state)
{
	struct steady *s = *state;

	for (int round = 0; round < 120; round++) {
		pid_t pids[2];

		s->n = 0;
		steady_start(s, "busy");
		steady_start(s, "busy");
		memcpy(pids, s->pids, sizeof(pids));
		pid_t killer = fork();
		if (!killer) {
			usleep(round % 40 * 150);
			_exit(kill(pids[1], SIGKILL));
		}
		assert_ok(attach(s, pids, 2, 30 * NS_PER_MS, WORDS("marked")));
		assert_true(s->spy->trial.tasks[0].libraries_at_start >= 4);
		assert_int_equal(s->spy->trial.tasks[0].exit_status, -1);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
		assert_int_equal(repaired(pids[0]), 0);
		kill(pids[1], SIGKILL);
		waitpid(pids[1], NULL, __WALL);
		steady_end(s, 0, 0);
		close(s->out[0]);
		close(s->out[1]);
		s->n = 0;
	}
}

/* A harness that follows the first task, with breakpoints, and is killed. */
static void attach_and_be_killed(struct steady *s)
{
	pid_t harness = fork();
	int status;

	if (!harness) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(attach(s, s->pids, 1, 0, WORDS("never_called", "victim_add")) != NULL);
	}
	wait_traced(s->pids[0]);
	assert_int_equal(kill(harness, SIGKILL), 0);
	assert_int_equal(waitpid(harness, &status, 0), harness);
}

/* The harness by SIGKILL: the task runs on, with the traps, which a repair takes out. */
static void a_killed_harness_is_repaired(void **state)
{
	struct steady *s = *state;
	char what[512];

	steady_start(s, "quiet");
	attach_and_be_killed(s);
	assert_untraced(s->pids[0]);
	assert_int_equal(kill(s->pids[0], 0), 0);
	assert_int_equal(text_changes(s->pids[0], what, sizeof(what)), 2); /* the loader's hook, never_called */
	assert_int_equal(repaired(s->pids[0]), 2);
	assert_text_clean(s->pids[0]);
	assert_int_equal(repaired(s->pids[0]), 0);
	/* A load now comes past the hook. */
	assert_int_equal(sigqueue(s->pids[0], SIGRTMIN + 1, (union sigval){ 0 }), 0);
	steady_end(s, 0, 0);
}

/* What is left in debug registers is in no text: each thread has its own. */
static void debug_registers_of_a_killed_harness_are_repaired(void **state)
{
	struct steady *s = *state;

	steady_start(s, "quiet");
	s->spy->scenario.breakpoints_write = BP_WRITE_DEBUG_REGISTERS;
	attach_and_be_killed(s);
	assert_int_equal(repaired(s->pids[0]), 1 + 4); /* the loader's hook; never_called in each thread */
	assert_int_equal(repaired(s->pids[0]), 0);
	steady_end(s, 0, 0);
}

/* A uprobe's int3 is in every process that maps the file, and not ours to take out. */
static void a_uprobe_is_no_trap(void **state)
{
	struct steady *s = *state;
	_cleanup_free_ char *path = fs_join(s->spy->victims, "steady");
	struct segment segment;
	struct uprobe *uprobe;
	struct symidx *index;
	uint64_t value;
	char what[512];
	struct err *err;

	assert_ok(symidx_create(path, &index));
	assert_true(symidx_find(index, "never_called", &value));
	symidx_destroy(index);
	assert_ok(segment_read(path, value, &segment));
	err = uprobe_open(path, value - segment.addr + segment.offset, &uprobe);
	segment_deinit(&segment);
	if (err) {
		print_message("skipped: %s\n", err_message(err));
		err_free(err);
		skip();
	}
	steady_start(s, "quiet");
	assert_true(text_changes(s->pids[0], what, sizeof(what)) > 0);
	assert_int_equal(repaired(s->pids[0]), 0);
	assert_true(text_changes(s->pids[0], what, sizeof(what)) > 0);
	/* The tool's own traps beside it come and go. */
	assert_ok(attach(s, s->pids, 1, 20 * NS_PER_MS, WORDS("marked", "victim_add")));
	assert_int_equal(repaired(s->pids[0]), 0);
	/* One cannot be where it is. */
	assert_err_has(attach(s, s->pids, 1, 20 * NS_PER_MS, WORDS("never_called")), "there is a trap already");
	assert_int_equal(repaired(s->pids[0]), 0);
	uprobe_close(uprobe);
	assert_text_clean(s->pids[0]);
	steady_end(s, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(link_maps_are_read_at_once, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(loads_are_followed_to_the_end, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(many_rounds_leave_no_trace, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_second_tracer_is_named_and_nothing_half_attached, steady_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(tasks_that_have_ended_are_passed_over, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_dies_meanwhile, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_killed_harness_is_repaired, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(debug_registers_of_a_killed_harness_are_repaired, steady_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(a_uprobe_is_no_trap, steady_setup, steady_teardown),
	};

	return cmocka_run_group_tests_name("attach", tests, NULL, NULL);
}
