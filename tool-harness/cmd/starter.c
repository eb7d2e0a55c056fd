/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm starter: a launcher without MPI that exposes the MPIR interface. It starts N
 * real tasks and fills the rest of a process table of any size with invented rows, so that
 * acquisition is measured and tested at any size. Under a debugger it holds the tasks
 * stopped at exec until MPIR_Breakpoint has returned, as Slurm's srun does.
 *
 * Invariant: the first rows of the table are the real tasks, by rank.
 */
#include <argp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "job/child.h"
#include "job/job.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "trace/waits/wait.h"

/* MPI Forum: The MPIR Process Acquisition Interface, 1.0. The names are the interface. */
struct mpir_procdesc {
	char *host_name, *executable_name;
	int pid;
};
extern struct mpir_procdesc *MPIR_proctable;
extern int MPIR_proctable_size;
extern volatile int MPIR_being_debugged, MPIR_debug_state, MPIR_i_am_starter;
void MPIR_Breakpoint(void);

#define EXPOSED __attribute__((used, visibility("default")))
EXPOSED struct mpir_procdesc *MPIR_proctable;
EXPOSED int MPIR_proctable_size;
EXPOSED volatile int MPIR_being_debugged, MPIR_debug_state, MPIR_i_am_starter;

EXPOSED __attribute__((noinline)) void MPIR_Breakpoint(void)
{
	__asm__ volatile("" ::: "memory");
}

#define MAX_TASKS 100000
#define MAX_ROWS 1000000
#define START_LIMIT_NS (60 * NS_PER_S)
#define END_GRACE_NS (3 * NS_PER_S)
#define POLL_MS 100
#define UNENDED_BYTES (1u << 20)

/* Ways in which a table can be wrong, for tests of who reads it. */
enum fault { FAULT_NONE, FAULT_COUNT, FAULT_POINTER, FAULT_STRING, FAULT_PID };
static const char *const fault_names[] = { "none", "count", "pointer", "string", "pid", NULL };

struct starter_args {
	size_t n_tasks, n_rows;
	enum fault fault;
	char **command;
	struct err *err;
};

static struct err *parse_count(const char *text, const char *what, size_t max, size_t *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || *text == '-' || n < 1 || n > max)
		return err_new("%s: '%s' is not a number from 1 to %zu", what, text, max);
	*ret = n;
	return NULL;
}

static struct err *parse_fault(const char *text, enum fault *ret)
{
	for (size_t i = 0; fault_names[i]; i++) {
		if (!strcmp(text, fault_names[i])) {
			*ret = (enum fault)i;
			return NULL;
		}
	}
	return err_hint(err_new("--fault: no such fault: '%s'", text), "count, pointer, string, pid or none");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct starter_args *args = state->input;

	if (args->err)
		return 0;
	switch (key) {
	case 'n':
		args->err = parse_count(arg, "--tasks", MAX_TASKS, &args->n_tasks);
		return 0;
	case 'r':
		args->err = parse_count(arg, "--rows", MAX_ROWS, &args->n_rows);
		return 0;
	case 'f':
		args->err = parse_fault(arg, &args->fault);
		return 0;
	case 'V':
		printf("attachstorm starter %s\n", KIT_VERSION);
		exit(EXIT_OK);
	case ARGP_KEY_ARG:
		args->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --- the tasks -------------------------------------------------------------------- */

/* Lets the tasks exec, and stops each before its program's first instruction. */
static struct err *stop_at_exec(struct job *job)
{
	struct tracer tracer;
	struct task *task;
	size_t n_stopped = 0;
	struct err *err = NULL;

	tracer_init(&tracer);
	tracer_ticks_start();
	for (size_t i = 0; !err && i < job->n_tasks; i++) {
		err = tracer_seize(&tracer, job->tasks[i].pid, (uint32_t)i, &task);
		if (!err)
			err = job_release(job, i);
	}
	while (!err && n_stopped < job->n_tasks) {
		struct stop stop;

		err = tracer_wait(&tracer, &stop);
		if (err || stop.kind == STOP_TICK || stop.kind == STOP_CHILD_GONE)
			continue;
		if (stop.kind == STOP_EXEC) {
			n_stopped++;
		} else if (stop.kind == STOP_TASK_GONE) {
			err = job_exec_error(job, stop.task->index);
			if (!err)
				err = err_new("rank %u ended at its start", stop.task->index);
		} else if (stop.kind == STOP_NO_CHILDREN) {
			err = err_new("all tasks ended at their start");
		} else {
			err = thread_cont(stop.thread, stop.kind == STOP_SIGNAL ? stop.signal : 0);
		}
	}
	for (task = tracer.tasks; task; task = task->next) {
		struct err *detach_err;

		if (!err)
			kill(task->pid, SIGSTOP); /* comes before its first instruction */
		detach_err = task_detach(task);
		if (err)
			err_free(detach_err);
		else
			err = detach_err;
	}
	tracer_ticks_stop();
	tracer_deinit(&tracer);
	return err_is_gone(err) ? err_new("a task ended at its start") : err;
}

static struct err *release(struct job *job)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < job->n_tasks; i++)
		err = job_release(job, i);
	return err;
}

/* --- the table -------------------------------------------------------------------- */

/* Each row has strings of its own, as launchers have. Never freed: tools read it to the end. */
static void table_make(const struct job *job, size_t n_rows)
{
	struct mpir_procdesc *rows = mem_calloc(n_rows, sizeof(*rows));

	for (size_t i = 0; i < n_rows; i++) {
		if (i < job->n_tasks)
			rows[i] = (struct mpir_procdesc){ mem_strdup(job->tasks[i].host), mem_strdup(job->tasks[i].exe),
							  job->tasks[i].pid };
		else
			rows[i] = (struct mpir_procdesc){ mem_printf("invented%zu", i / 64),
							  mem_strdup("/invented/program"), (int)(1000 + i % 32000) };
	}
	MPIR_proctable = rows;
	MPIR_proctable_size = (int)n_rows;
}

static void table_spoil(enum fault fault)
{
	struct mpir_procdesc *last = &MPIR_proctable[MPIR_proctable_size - 1];
	char *unended;

	switch (fault) {
	case FAULT_NONE:
		return;
	case FAULT_COUNT:
		MPIR_proctable_size = INT_MAX;
		return;
	case FAULT_POINTER:
		last->host_name = (char *)8;
		return;
	case FAULT_STRING:
		unended = mem_alloc(UNENDED_BYTES);
		memset(unended, 'x', UNENDED_BYTES);
		last->host_name = unended;
		return;
	case FAULT_PID:
		last->pid = -1;
		return;
	}
}

/* --- the end ---------------------------------------------------------------------- */

static void wait_for_end(const struct job *job, const volatile bool *stop)
{
	_cleanup_free_ struct pollfd *fds = mem_calloc(job->n_tasks, sizeof(*fds));
	size_t n = job->n_tasks;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = job->tasks[i].pidfd, .events = POLLIN };
	while (n && !*stop) {
		int ready = poll(fds, n, POLL_MS);

		for (size_t i = n; ready > 0 && i-- > 0;)
			if (fds[i].revents)
				fds[i] = fds[--n];
	}
}

/* As of a launcher: that of the first task that did not exit with 0. */
static int exit_status(const struct job *job)
{
	for (size_t i = 0; i < job->n_spawned; i++) {
		int status;

		if (child_exited(job->spawned[i], &status) && status)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return 0;
}

static struct err *start(const struct starter_args *args, const char *dir, int *status_ret)
{
	const volatile bool *stop = interrupt_catch();
	const struct job_plan plan = {
		.argv = (const char *const *)args->command,
		.n_tasks = args->n_tasks,
		.launcher = LAUNCHER_SPAWN,
		.acquire = ACQUIRE_SPAWN,
		.aslr = true,
		.dir = dir,
	};
	bool debugged = MPIR_being_debugged;
	struct job *job;
	struct err *err = job_launch(&plan, clock_now_ns() + START_LIMIT_NS, stop, &job);

	if (err)
		return err;
	MPIR_i_am_starter = 1;
	table_make(job, args->n_rows > args->n_tasks ? args->n_rows : args->n_tasks);
	table_spoil(args->fault);
	err = debugged ? stop_at_exec(job) : release(job);
	if (!err) {
		MPIR_debug_state = 1; /* MPIR_DEBUG_SPAWNED */
		MPIR_Breakpoint();
		for (size_t i = 0; debugged && i < job->n_tasks; i++)
			kill(job->tasks[i].pid, SIGCONT);
		wait_for_end(job, stop);
		*status_ret = *stop ? EXIT_INTERRUPTED : exit_status(job);
	}
	job_end(job, END_GRACE_NS);
	job_destroy(job);
	return err;
}

struct err *cmd_starter(int argc, char **argv, int *status_ret)
{
	static const struct argp_option table[] = {
		{ "tasks", 'n', "N", 0, "real tasks (default 1)", 0 },
		{ "rows", 'r', "N", 0, "rows of the process table, up to 1000000: beyond the tasks they are invented",
		  0 },
		{ "fault", 'f', "KIND", 0, "a table that is wrong: count, pointer, string or pid", 0 },
		{ "version", 'V', NULL, 0, "print the version", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		table, parse, "PROGRAM [ARGS...]",
		"Start tasks as a launcher does that has a process table for debuggers (MPIR), without MPI, to measure "
		"and test how tools come by tasks.\v"
		"Tasks know their rank from ATTACHSTORM_RANK. What they print goes into a file of their own folder, "
		"ATTACHSTORM_PHASE_DIR, which goes with them unless it was set before.",
		NULL, NULL, NULL,
	};
	struct starter_args args = { .n_tasks = 1 };
	const char *given = getenv("ATTACHSTORM_PHASE_DIR");
	char own[] = "/tmp/attachstorm-starter.XXXXXX";
	struct err *err;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	if (args.err)
		return args.err;
	if (!args.command)
		return err_hint(err_new("no program to start"), "attachstorm starter -n 4 -- PROGRAM [ARGS]");
	if (!given && !mkdtemp(own))
		return err_new("cannot make a folder in /tmp");
	err = start(&args, given ? given : own, status_ret);
	if (!given)
		err_free(fs_remove_tree(own));
	return err;
}
