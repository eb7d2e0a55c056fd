/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Coming and going: a tracer that seizes a running program with busy threads, breaks in its
 * functions, and lets it go again leaves no trap byte, loses no signal and spoils no result.
 */
#include "../unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf/symidx.h"
#include "lib/clock.h"
#include "lib/proc.h"
#include "native.h"
#include "trace/waits/wait.h"

#define ROUNDS 60
#define HITS_PER_ROUND 40
#define N_FUNCTIONS 2

struct hammer {
	pid_t pid;
	char *path;
	taddr bias;
	uint64_t values[N_FUNCTIONS];
	struct symidx *symbols;
};

/* Load bias: the program's first mapping, as it is a PIE. */
static taddr first_mapping(pid_t pid)
{
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	_cleanup_free_ char *path = mem_printf("/proc/%d/maps", pid);

	assert_ok(fs_read(path, &maps));
	return strtoull(maps.text, NULL, 16);
}

static int hammer_setup(void **state)
{
	struct hammer *h = mem_alloc(sizeof(*h));
	_cleanup_free_ char *victims = victims_dir();
	struct proc_opts opts = PROC_OPTS_INIT;
	int fds[2];
	char ready;

	h->path = fs_join(victims, "hammer");
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	opts.stdout_fd = fds[1];
	opts.death_signal = SIGKILL;
	assert_ok(proc_spawn(WORDS(h->path, "4"), &opts, &h->pid));
	close(fds[1]);
	assert_int_equal(read(fds[0], &ready, 1), 1);
	close(fds[0]);
	h->bias = first_mapping(h->pid);
	assert_ok(symidx_create(h->path, &h->symbols));
	assert_true(symidx_find(h->symbols, "marked", &h->values[0]));
	assert_true(symidx_find(h->symbols, "stepped", &h->values[1]));
	*state = h;
	return 0;
}

static int hammer_teardown(void **state)
{
	struct hammer *h = *state;

	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, __WALL);
	symidx_destroy(h->symbols);
	free(h->path);
	free(h);
	return 0;
}

/* Waits for the trap of any thread and lets it past, until `hits` were seen. */
static void follow(struct tracer *tracer, unsigned int hits)
{
	while (hits) {
		struct user_regs_struct regs;
		struct stop stop;
		const struct trap *trap;

		assert_ok(tracer_wait(tracer, &stop));
		switch (stop.kind) {
		case STOP_TRAP:
			assert_ok(thread_regs_get(stop.thread, &regs));
			trap = trap_find(&stop.task->traps, regs.rip - 1);
			assert_non_null(trap);
			assert_ok(thread_step_over(stop.thread, trap));
			assert_ok(thread_cont(stop.thread, 0));
			hits--;
			break;
		case STOP_SIGNAL:
			assert_ok(thread_cont(stop.thread, stop.signal));
			break;
		case STOP_TICK:
			break;
		default:
			fail_msg("unexpected stop %d", stop.kind);
		}
	}
}

static void assert_text_is_the_files(const struct hammer *h)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/mem", h->pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;

	assert_true(fd >= 0);
	assert_ok(fs_read(h->path, &file));
	for (size_t i = 0; i < N_FUNCTIONS; i++) {
		uint8_t bytes[8];

		/* The text segment of these small programs lies in the file as in memory. */
		assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)(h->bias + h->values[i])), sizeof(bytes));
		assert_memory_equal(bytes, file.text + h->values[i], sizeof(bytes));
	}
}

static size_t open_descriptors(void)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	return n;
}

static void many_rounds_leave_no_trace(void **state)
{
	struct hammer *h = *state;
	size_t descriptors = 0;
	int status;

	tracer_ticks_start();
	for (int round = 0; round < ROUNDS; round++) {
		struct tracer tracer;
		struct task *task;

		tracer_init(&tracer);
		tracer.exit_kill = false;
		tracer.trap_write = round % 2 ? TRAP_WRITE_MEM : TRAP_WRITE_POKE;
		assert_ok(tracer_seize(&tracer, h->pid, 0, &task));
		assert_int_equal(task->n_threads, 5);
		if (tracer.trap_write == TRAP_WRITE_POKE)
			assert_ok(threads_hold(task, NULL)); /* a poke needs a stopped thread */
		for (size_t i = 0; i < N_FUNCTIONS; i++)
			assert_ok(trap_insert(task, h->bias + h->values[i], (uint32_t)i));
		assert_ok(threads_release(task));
		follow(&tracer, HITS_PER_ROUND);
		assert_ok(task_detach(task));
		tracer_deinit(&tracer);
		assert_text_is_the_files(h);
		if (round == 0)
			descriptors = open_descriptors();
	}
	tracer_ticks_stop();
	assert_int_equal(open_descriptors(), descriptors);
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(waitpid(h->pid, &status, __WALL), h->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0); /* every call gave the right result */
}

static char state_of(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/stat", pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	assert_ok(fs_read(path, &text));
	return strrchr(text.text, ')')[2];
}

/* A program that was stopped by SIGSTOP before the tracer came is stopped when it has gone. */
static void a_stopped_program_stays_stopped(void **state)
{
	struct hammer *h = *state;
	struct tracer tracer;
	struct task *task;
	int status;

	assert_int_equal(kill(h->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(h->pid, &status, WUNTRACED), h->pid);
	assert_true(WIFSTOPPED(status));
	tracer_init(&tracer);
	tracer.exit_kill = false;
	assert_ok(tracer_seize(&tracer, h->pid, 0, &task));
	assert_ok(trap_insert(task, h->bias + h->values[0], 0));
	assert_ok(task_detach(task));
	tracer_deinit(&tracer);
	assert_text_is_the_files(h);
	/* It wakes to stop again, and must not have run further than that. */
	for (int i = 0; i < 2000 && state_of(h->pid) != 'T'; i++)
		usleep(1000);
	assert_int_equal(state_of(h->pid), 'T');
}

static void a_second_tracer_is_refused(void **state)
{
	struct hammer *h = *state;
	struct tracer tracer, second;
	struct task *task;
	pid_t pid = fork();
	int status;

	/* The first tracer is another process: the second one is we. */
	if (pid == 0) {
		tracer_init(&tracer);
		tracer.exit_kill = false;
		_exit(tracer_seize(&tracer, h->pid, 0, &task) || kill(getpid(), SIGSTOP));
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	tracer_init(&second);
	assert_err_has(tracer_seize(&second, h->pid, 0, &task), "cannot trace pid");
	tracer_deinit(&second);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* A uprobe's, or one that a killed tracer left behind: hits would not come, or its byte would stay. */
static void a_trap_of_another_is_not_covered(void **state)
{
	struct hammer *h = *state;
	struct trap_place places[N_FUNCTIONS];
	struct tracer tracer;
	struct task *task;
	uint8_t byte;

	for (size_t i = 0; i < N_FUNCTIONS; i++)
		places[i] = (struct trap_place){ .addr = h->bias + h->values[i], .id = (uint32_t)i };
	tracer_init(&tracer);
	tracer.exit_kill = false;
	assert_ok(tracer_seize(&tracer, h->pid, 0, &task));
	assert_ok(threads_hold(task, NULL));
	assert_ok(memory_read(&task->memory, h->bias + h->values[1], &byte, 1));
	assert_ok(task_write_byte(task, h->bias + h->values[1], TRAP_BYTE));
	assert_err_has(trap_insert(task, h->bias + h->values[1], 1), "there is a trap already");
	assert_err_has(traps_insert(task, places, N_FUNCTIONS), "there is a trap already");
	assert_ok(task_write_byte(task, h->bias + h->values[1], byte));
	assert_ok(task_detach(task));
	tracer_deinit(&tracer);
	assert_text_is_the_files(h);
}

static void a_missing_process_is_gone(void **state)
{
	struct tracer tracer;
	struct task *task;

	(void)state;
	tracer_init(&tracer);
	assert_true(err_is_gone(tracer_seize(&tracer, 0x3fffff, 0, &task)));
	tracer_deinit(&tracer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_rounds_leave_no_trace, hammer_setup, hammer_teardown),
		cmocka_unit_test_setup_teardown(a_stopped_program_stays_stopped, hammer_setup, hammer_teardown),
		cmocka_unit_test_setup_teardown(a_second_tracer_is_refused, hammer_setup, hammer_teardown),
		cmocka_unit_test_setup_teardown(a_trap_of_another_is_not_covered, hammer_setup, hammer_teardown),
		cmocka_unit_test(a_missing_process_is_gone),
	};

	return cmocka_run_group_tests_name("detach", tests, NULL, NULL);
}
