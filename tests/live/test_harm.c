/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracers that come to a task at a bad moment, and go at another one: while it makes processes in all ways, has
 * others in its memory, outlives its first thread, or does without SIGTRAP. Each is left alive, with
 * its text as it was, and its results are right. Runs alone: a uprobe at the loader's hook puts a trap there.
 */
#include "../unit/unit.h"

#include "harm.h"
#include "lib/fault.h"

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

/*
 * Who executes a program waits until the traced threads of its process are reaped, and who seizes another one
 * waits for it: once they waited for each other.
 */
static void a_program_that_executes_itself_while_it_is_seized(void **state)
{
	struct steady *s = *state;
	unsigned int n_seized = 0;

	steady_start(s, "execs,calls,threads,signals,spawn");
	alarm(100);
	for (int round = 0; round < 300; round++) {
		struct tracer tracer;
		struct task *task;
		struct err *err;

		tracer_init(&tracer);
		tracer.exit_kill = false;
		err = tracer_seize(&tracer, s->pids[0], 0, &task);
		if (!err) {
			n_seized++;
			assert_ok(task_detach(task));
			assert_int_equal(task->end, TASK_END_CLEAN);
		} else if (!err_is_gone(err)) {
			fail_msg("round %d: %s", round, err_message(err));
		}
		err_free(err);
		tracer_deinit(&tracer);
		usleep(round * 7 % 500);
	}
	alarm(0);
	assert_untraced(s->pids[0]);
	assert_int_equal(n_seized, 300);
	ends_well(s);
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

/* Its memory lives on, with a process in it that comes past the traps: they are taken out when the task ends. */
static void a_task_that_is_outlived_by_a_process_in_its_memory(void **state)
{
	struct steady *s = *state;

	for (int round = 0; round < 6; round++) {
		char text[64] = "";
		size_t n = 0;
		ssize_t got;
		pid_t pid;

		steady_start(s, round % 2 ? "outlived,load,calls" : "outlived,calls");
		usleep(20000);
		pid = fork();
		if (!pid) {
			for (int i = 0; i < 20000 && !hook_is_trapped(s->pids[0]); i++)
				usleep(500);
			usleep((useconds_t)round * 2000);
			kill(s->pids[0], SIGTERM);
			_exit(0);
		}
		assert_ok(attach(s, s->pids, 1, 0, WORDS("marked", "stepped", "never_called")));
		waitpid(pid, NULL, 0); /* the tracer, which waits for all, may have */
		assert_int_equal(s->spy->trial.tasks[0].exit_status, 0);
		assert_true(s->spy->trial.tasks[0].breakpoints_planted > 0);
		while (n < sizeof(text) - 1 && (got = read(s->out[0], text + n, sizeof(text) - 1 - n)) > 0)
			n += (size_t)got;
		if (!strchr(text, 'g'))
			fail_msg("round %d: the process that outlives the task says '%s'", round, text);
		close(s->out[0]);
		s->n = 0;
	}
}

/* --- without SIGTRAP ----------------------------------------------------------------- */

/* The victim looks itself, in the end, whether SIGTRAP is as it was. */
static void refused_and_left(void **state, const char *activities, const char *why)
{
	struct steady *s = *state;

	steady_start(s, activities);
	usleep(20000); /* it makes its threads now */
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

/* Alone: elsewhere a uprobe of somebody else's may come and go. */
static uint8_t byte_at(pid_t pid, taddr place)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/mem", (int)pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t byte = 0;

	assert_int_equal(pread(fd, &byte, 1, (off_t)place), 1);
	return byte;
}

/* Lets a task go with one trap in, the N-th call for its memory failing; whether there were so many. */
static bool leave_with_fault(struct steady *s, taddr place, const char *call, unsigned int n, const char *what)
{
	_cleanup_free_ char *fault = mem_printf("%s:%u:%s", call, n, what);
	struct tracer tracer;
	struct task *task;
	uint8_t before = byte_at(s->pids[0], place);
	struct err *err;
	bool struck;

	tracer_init(&tracer);
	tracer.exit_kill = false;
	assert_ok(tracer_seize(&tracer, s->pids[0], 0, &task));
	assert_ok(task_take_hold(task));
	assert_ok(trap_insert(task, place, 0));
	assert_ok(threads_release(task));
	assert_int_equal(byte_at(s->pids[0], place), TRAP_BYTE);
	assert_ok(fault_set(fault));
	err = task_detach(task);
	struck = fault_has_struck();
	fault_armed = FAULT_NONE;
	/* A failure is told; what is called clean is so. */
	assert_true(err || task->end == TASK_END_CLEAN);
	err_free(err);
	tracer_deinit(&tracer);
	if (byte_at(s->pids[0], place) != before)
		fail_msg("%s: the trap is left", fault);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_spawn_beside_a_load, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_long_vfork, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(processes_in_all_ways, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_process_in_the_same_memory, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_program_that_executes_itself, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_program_that_executes_itself_while_it_is_seized, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(the_first_thread_has_ended, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(a_process_in_the_memory_of_one_without_its_first_thread, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(a_task_that_is_outlived_by_a_process_in_its_memory, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_ignores_sigtrap_is_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_blocks_sigtrap_is_left_alone, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(one_that_handles_sigtrap_and_spawns_is_traced, harm_setup,
						steady_teardown),
		cmocka_unit_test_setup_teardown(what_was_written_down_is_repaired, harm_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(memory_that_fails_leaves_no_trap, harm_setup, steady_teardown),
	};

	return cmocka_run_group_tests_name("harm", tests, NULL, NULL);
}
