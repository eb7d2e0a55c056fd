/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracers that come to a task at a bad moment, and go at another one: while it makes processes in all ways, has
 * others in its memory, outlives its first thread, does without SIGTRAP, or is frozen. Each is left alive, with
 * its text as it was, and its results are right. Runs alone: a uprobe at the loader's hook puts a trap there.
 */
#include "../unit/unit.h"

#include <poll.h>
#include <sched.h>

#include "freezer.h"
#include "lib/fault.h"
#include "steady.h"

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
	uint64_t planted = 0;

	steady_start(s, activities);
	for (int round = 0; round < rounds; round++) {
		usleep((useconds_t)(round * 613 % 5000));
		assert_ok(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked", "stepped", "victim_add", "never_called")));
		assert_true(s->spy->trial.left_running);
		assert_int_equal(s->spy->trial.tasks[0].left, TASK_LEFT_CLEAN);
		planted += s->spy->trial.tasks[0].breakpoints_planted;
		assert_whole(s);
	}
	assert_true(planted > 0);
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

/* Who runs in the memory is not to be told by the first thread, which has none any more. */
static void a_process_in_the_memory_of_one_without_its_first_thread(void **state)
{
	attach_to(state, "leader,sharing,share,spawn,vfork,load", 30);
}

/* --- without SIGTRAP ----------------------------------------------------------------- */

/* The victim looks itself, in the end, whether SIGTRAP is as it was. */
static void refused_and_left(void **state, const char *activities, const char *why)
{
	struct steady *s = *state;

	steady_start(s, activities);
	for (int round = 0; round < 3; round++) {
		_cleanup_free_ char *pid = mem_printf("pid %d %s", (int)s->pids[0], why);

		assert_err_has(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked", "stepped")), pid);
		assert_untraced(s->pids[0]);
		assert_int_equal(kill(s->pids[0], 0), 0);
		assert_text_clean(s->pids[0]);
	}
	/* Who puts nothing in may come: */
	assert_int_equal(repaired(s->pids[0]), 0);
	ends_well(s);
}

static void one_that_ignores_sigtrap_is_left_alone(void **state)
{
	refused_and_left(state, "ignoring,calls", "ignores SIGTRAP");
}

static void one_that_blocks_sigtrap_is_left_alone(void **state)
{
	refused_and_left(state, "deaf,calls", "handles SIGTRAP and blocks it");
}

/* In posix_spawn and pthread_create all signals are blocked, for a moment. */
static void one_that_handles_sigtrap_and_spawns_is_traced(void **state)
{
	attach_to(state, "handling,spawn,threads", 40);
}

/* --- a tracer that is killed --------------------------------------------------------- */

/* Within a function that is never called, where no comparison with its file looks. */
static taddr place_in(pid_t pid, const char *program)
{
	_cleanup_free_ char *maps_path = mem_printf("/proc/%d/maps", live_tid(pid));
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	struct symidx *index;
	uint64_t value;

	assert_ok(fs_read(maps_path, &maps));
	assert_ok(symidx_create(program, &index));
	assert_true(symidx_find(index, "never_called", &value));
	symidx_destroy(index);
	return strtoull(maps.text, NULL, 16) + value + 5;
}

static void trap_and_be_killed(pid_t pid, taddr place)
{
	pid_t tracer_pid = fork();
	int status;

	if (!tracer_pid) {
		struct tracer tracer;
		struct task *task;

		tracer_init(&tracer);
		tracer.exit_kill = false;
		_exit(tracer_seize(&tracer, pid, 0, &task) || task_take_hold(task) || trap_insert(task, place, 0) ||
		      threads_release(task) || kill(getpid(), SIGKILL));
	}
	assert_int_equal(waitpid(tracer_pid, &status, 0), tracer_pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_was_written_down_is_repaired(void **state)
{
	struct steady *s = *state;
	_cleanup_free_ char *program = fs_join(s->spy->victims, "restless");
	char what[512];
	taddr place;

	skip_with_uprobe();
	steady_start(s, "calls,leader,sharing");
	usleep(20000);
	place = place_in(s->pids[0], program);
	trap_and_be_killed(s->pids[0], place);
	assert_int_equal(text_changes(live_tid(s->pids[0]), what, sizeof(what)), 1);
	assert_int_equal(repaired(s->pids[0]), 1);
	assert_int_equal(text_changes(live_tid(s->pids[0]), what, sizeof(what)), 0);
	assert_int_equal(repaired(s->pids[0]), 0);
	/* And by the next who attaches. */
	trap_and_be_killed(s->pids[0], place);
	assert_ok(attach(s, s->pids, 1, ATTACH_NS, WORDS("marked")));
	assert_int_equal(s->spy->trial.tasks[0].left, TASK_LEFT_CLEAN);
	assert_whole(s);
	ends_well(s);
}

/* --- memory that fails ----------------------------------------------------------------- */

/* Lets a task go with one trap in, the N-th call for its memory failing; whether there were so many. */
static bool leave_with_fault(struct steady *s, taddr place, const char *call, unsigned int n, const char *what)
{
	_cleanup_free_ char *fault = mem_printf("%s:%u:%s", call, n, what);
	struct tracer tracer;
	struct task *task;
	char changes[512];
	struct err *err;
	bool struck;

	tracer_init(&tracer);
	tracer.exit_kill = false;
	assert_ok(tracer_seize(&tracer, s->pids[0], 0, &task));
	assert_ok(task_take_hold(task));
	assert_ok(trap_insert(task, place, 0));
	assert_ok(threads_release(task));
	assert_int_equal(text_changes(s->pids[0], changes, sizeof(changes)), 1);
	assert_ok(fault_set(fault));
	err = task_detach(task);
	struck = fault_has_struck();
	fault_armed = FAULT_NONE;
	/* A failure is told; what is called clean is so. */
	assert_true(err || task->end == TASK_END_CLEAN);
	err_free(err);
	tracer_deinit(&tracer);
	if (text_changes(s->pids[0], changes, sizeof(changes)))
		fail_msg("%s: %s", fault, changes);
	return struck;
}

/* The kernel's EIO says that it is not mapped: a trap that is not seen for that once is not taken for gone. */
static void memory_that_fails_leaves_no_trap(void **state)
{
	struct steady *s = *state;
	_cleanup_free_ char *program = fs_join(s->spy->victims, "restless");
	static const char *const faults[] = { "EIO", "ENOMEM", "short" };
	unsigned int n_struck = 0;
	taddr place;

	skip_with_uprobe();
	steady_start(s, "calls,threads");
	usleep(20000);
	place = place_in(s->pids[0], program);
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		for (int write = 0; write < 2; write++)
			for (unsigned int n = 1;
			     leave_with_fault(s, place, write ? "mem-write" : "mem-read", n, faults[i]); n++)
				n_struck++;
	/* Read before it is taken out, and after. */
	assert_true(n_struck >= 3 * ARRAY_SIZE(faults));
	ends_well(s);
}

/* --- frozen -------------------------------------------------------------------------- */

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
		cmocka_unit_test_setup_teardown(a_spawn_beside_a_load, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_long_vfork, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(processes_in_all_ways, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_process_in_the_same_memory, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_program_that_executes_itself, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(the_first_thread_has_ended, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_process_in_the_memory_of_one_without_its_first_thread, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_ignores_sigtrap_is_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_blocks_sigtrap_is_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_handles_sigtrap_and_spawns_is_traced, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(what_was_written_down_is_repaired, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(memory_that_fails_leaves_no_trap, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_frozen_task_is_named_and_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_is_frozen_meanwhile, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_frozen_by_version_2_is_attached_to, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_is_frozen_meanwhile_by_version_2, harm_setup,
						steady_teardown),
	};

	return cmocka_run_group_tests_name("harm", tests, NULL, NULL);
}
