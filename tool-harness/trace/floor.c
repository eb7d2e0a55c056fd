/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Measuring the floor with the same calls that the tools make. Uses no tracer table: one
 * tracee, one thread, waits by its pid. Invariant: the tracee is dead and the affinity of
 * this process as before when floor_measure returns.
 */
#include "trace/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "trace/task.h"

#define WARM_UP 200

/* Twice what a stop takes on a machine that sleeps deeply; a busy one must not hold up a run. */
#define LIMIT_NS (200 * NS_PER_US)

const char *const floor_names[] = { "stop_block",  "stop_spin",	     "stop_same_core",	"stop_free",
				    "stop_follow", "stop_adaptive",  "full_block",	"full_spin",
				    "full_same_core", "full_free",   "full_follow",	"full_adaptive",
				    "registers",   "read",	     "trap_write_mem",	"trap_write_poke", NULL };
_Static_assert(ARRAY_SIZE(floor_names) == FLOOR_N + 1, "a name per kind");

void floor_tracee(void)
{
	char go;

	if (read(STDIN_FILENO, &go, 1) != 1)
		_exit(1);
	for (;;)
		__asm__ volatile("int3");
}

struct bench {
	struct tracer tracer;
	struct task *task;
	struct thread *thread;
	pid_t pid;
};

/* Waits for the next trap of the tracee. */
static struct err *next_trap(struct bench *bench)
{
	int status;
	pid_t pid;

	do
		pid = waiting_next(&bench->tracer.waiting, bench->pid, &status);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return err_errno(errno, "cannot wait for the calibration's tracee");
	if (!WIFSTOPPED(status))
		return err_new("the calibration's tracee ended");
	bench->thread->stopped = true;
	waiting_stopped(&bench->tracer.waiting, bench->pid, bench->pid);
	return NULL;
}

static struct err *cont_and_wait(struct bench *bench)
{
	struct err *err = thread_cont(bench->thread, 0);

	return err ? err : next_trap(bench);
}

/* To one core, or with -1 to all that are allowed. */
static void tie(pid_t pid, int cpu, const cpu_set_t *allowed)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	sched_setaffinity(pid, sizeof(set), cpu >= 0 ? &set : allowed);
}

/* The first two cores that we may run on; -1 where there is none. */
static void two_cores(const cpu_set_t *allowed, int *first_ret, int *second_ret)
{
	*first_ret = *second_ret = -1;
	for (int cpu = 0; cpu < CPU_SETSIZE && *second_ret < 0; cpu++) {
		if (!CPU_ISSET(cpu, allowed))
			continue;
		if (*first_ret < 0)
			*first_ret = cpu;
		else
			*second_ret = cpu;
	}
}

static struct err *access_registers(struct thread *thread)
{
	struct user_regs_struct regs;
	struct err *err = thread_regs_get(thread, &regs);

	return err ? err : thread_regs_set(thread, &regs);
}

/* n_ret: samples there was time for, at least one. */
static struct err *measure_stops(struct bench *bench, bool registers, size_t n, double *ns, size_t *n_ret)
{
	int64_t last_ns = clock_now_ns(), end_ns = last_ns + (int64_t)(WARM_UP + n) * LIMIT_NS, now_ns;
	int64_t warm_ns = last_ns + WARM_UP * LIMIT_NS;
	size_t warmed = 0, got = 0;
	struct err *err = NULL;

	while (!err && got < n && (!got || last_ns < end_ns)) {
		err = registers ? access_registers(bench->thread) : NULL;
		if (!err)
			err = cont_and_wait(bench);
		now_ns = clock_now_ns();
		if (warmed < WARM_UP && now_ns < warm_ns)
			warmed++;
		else
			ns[got++] = (double)(now_ns - last_ns);
		last_ns = now_ns;
	}
	*n_ret = got;
	return err;
}

/* One of the things a tracer does with a stopped tracee. */
static struct err *act(struct bench *bench, enum floor_kind kind, taddr text)
{
	char bytes[100];

	switch (kind) {
	case FLOOR_REGISTERS:
		return access_registers(bench->thread);
	case FLOOR_READ:
		return memory_read(&bench->task->memory, text, bytes, sizeof(bytes));
	default:
		bench->tracer.trap_write = kind == FLOOR_TRAP_WRITE_POKE ? TRAP_WRITE_POKE : TRAP_WRITE_MEM;
		return task_write_byte(bench->task, text, TRAP_BYTE);
	}
}

static struct err *measure_acts(struct bench *bench, enum floor_kind kind, size_t n, double *ns)
{
	struct user_regs_struct regs;
	struct err *err = thread_regs_get(bench->thread, &regs);

	for (size_t i = 0; !err && i < WARM_UP + n; i++) {
		int64_t begin_ns = clock_now_ns();

		err = act(bench, kind,
			  regs.rip - 1); /* where its int3 is: writing it again changes nothing */
		if (i >= WARM_UP)
			ns[i - WARM_UP] = (double)(clock_now_ns() - begin_ns);
	}
	return err;
}

/* Where tracer and tracee are held for each kind; all others are as FLOOR_REGISTERS. */
enum place { PLACE_SAME, PLACE_OTHER, PLACE_FREE };

static const struct setting {
	enum wait_mode wait;
	enum place place;
} settings[FLOOR_N] = {
	[FLOOR_STOP_BLOCK] = { WAIT_BLOCK, PLACE_OTHER },
	[FLOOR_STOP_SPIN] = { WAIT_SPIN, PLACE_OTHER },
	[FLOOR_STOP_SAME_CORE] = { WAIT_BLOCK, PLACE_SAME },
	[FLOOR_STOP_FREE] = { WAIT_BLOCK, PLACE_FREE },
	[FLOOR_STOP_FOLLOW] = { WAIT_FOLLOW, PLACE_FREE },
	[FLOOR_STOP_ADAPTIVE] = { WAIT_ADAPTIVE, PLACE_FREE },
	[FLOOR_FULL_BLOCK] = { WAIT_BLOCK, PLACE_OTHER },
	[FLOOR_FULL_SPIN] = { WAIT_SPIN, PLACE_OTHER },
	[FLOOR_FULL_SAME_CORE] = { WAIT_BLOCK, PLACE_SAME },
	[FLOOR_FULL_FREE] = { WAIT_BLOCK, PLACE_FREE },
	[FLOOR_FULL_FOLLOW] = { WAIT_FOLLOW, PLACE_FREE },
	[FLOOR_FULL_ADAPTIVE] = { WAIT_ADAPTIVE, PLACE_FREE },
	[FLOOR_REGISTERS] = { WAIT_BLOCK, PLACE_SAME },
};

static struct err *measure_kind(struct bench *bench, enum floor_kind kind, size_t n, double *ns,
				size_t *n_ret)
{
	struct err *err;

	tracer_wait_by(&bench->tracer, settings[kind].wait);
	if (kind <= FLOOR_FULL_ADAPTIVE)
		err = measure_stops(bench, kind >= FLOOR_FULL_BLOCK, n, ns, n_ret);
	else
		err = measure_acts(bench, kind, n, ns);
	tracer_wait_by(&bench->tracer, WAIT_BLOCK); /* the affinity is ours again */
	return err;
}

static struct err *measure_all(struct bench *bench, const cpu_set_t *allowed, size_t n,
			       struct floor_samples *ret)
{
	int first, second;
	struct err *err = NULL;

	two_cores(allowed, &first, &second);
	for (int kind = 0; !err && kind < FLOOR_N; kind++) {
		enum place place = settings[kind].place;

		if (place == PLACE_OTHER && second < 0)
			continue;
		ret->ns[kind] = mem_calloc(n, sizeof(double));
		ret->n[kind] = n;
		tie(0, place == PLACE_FREE ? -1 : first, allowed);
		tie(bench->pid, place == PLACE_FREE ? -1 : place == PLACE_OTHER ? second : first, allowed);
		err = measure_kind(bench, (enum floor_kind)kind, n, ret->ns[kind], &ret->n[kind]);
	}
	return err;
}

static struct err *bench_start(struct bench *bench, const char *const *tracee_argv)
{
	struct proc_opts opts = PROC_OPTS_INIT;
	int pipe_fds[2];
	struct err *err;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_errno(errno, "cannot make a pipe");
	opts.stdin_fd = pipe_fds[0];
	opts.death_signal = SIGKILL;
	err = proc_spawn(tracee_argv, &opts, &bench->pid);
	close(pipe_fds[0]);
	if (!err)
		err = tracer_seize(&bench->tracer, bench->pid, 0, &bench->task);
	if (!err && write(pipe_fds[1], "", 1) != 1)
		err = err_errno(errno, "cannot write to the calibration's tracee");
	close(pipe_fds[1]);
	if (!err) {
		bench->thread = bench->task->threads;
		err = next_trap(bench);
	}
	return err;
}

struct err *floor_measure(const char *const *tracee_argv, size_t n, struct floor_samples *ret)
{
	struct floor_samples samples = { 0 };
	struct bench bench = { 0 };
	cpu_set_t allowed;
	struct err *err;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	tracer_init(&bench.tracer);
	err = bench_start(&bench, tracee_argv);
	if (!err)
		err = measure_all(&bench, &allowed, n, &samples);
	sched_setaffinity(0, sizeof(allowed), &allowed);
	if (bench.pid) {
		kill(bench.pid, SIGKILL);
		while (waitpid(bench.pid, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	tracer_deinit(&bench.tracer);
	if (err) {
		floor_samples_deinit(&samples);
		return err_is_gone(err) ? err_new("the calibration's tracee was killed")
					: err_wrap(err, "calibration");
	}
	*ret = samples;
	return NULL;
}

void floor_samples_deinit(struct floor_samples *samples)
{
	for (int kind = 0; kind < FLOOR_N; kind++)
		free(samples->ns[kind]);
	*samples = (struct floor_samples){ 0 };
}
