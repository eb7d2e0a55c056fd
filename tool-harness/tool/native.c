/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native tool: our own tracer. Brings all tasks of a job through the paper's two
 * phases (section 4.2): launch, attach at program start, read the linked libraries'
 * link maps and symbols, plant breakpoints; then handle every load event until the end.
 * One thread, one wait for all tasks. Handling of single stops is in native_stop.c.
 *
 * Invariant: whatever happens, no task of the job is left traced, trapped or running
 * when run() returns.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "job/acquire.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/interface.h"
#include "tool/native.h"
#include "tool/usage.h"

#define END_GRACE_NS (3 * NS_PER_S)

/* --- set-up ----------------------------------------------------------------------- */

static void fill_breakpoints(struct native *native)
{
	const struct tool_request *request = native->request;
	struct trial *trial = native->trial;

	trial->n_breakpoints = request->n_breakpoints;
	trial->breakpoints = mem_calloc(request->n_breakpoints + 1, sizeof(trial->breakpoints[0]));
	for (size_t i = 0; i < request->n_breakpoints; i++) {
		trial->breakpoints[i].function = mem_strdup(request->breakpoints[i]);
		trial->breakpoints[i].expected_hits = -1;
	}
}

static struct err *seize(struct native *native, size_t i)
{
	const struct tool_request *request = native->request;
	size_t n_libraries = request->manifest ? request->manifest->n_libraries : 0;
	struct native_task *t = &native->tasks[i];
	const struct job_task *from = &native->job->tasks[i];
	struct err *err;

	t->planted = mem_calloc(request->n_breakpoints + 1, sizeof(t->planted[0]));
	t->target_seen = mem_calloc(n_libraries + 1, sizeof(t->target_seen[0]));
	err = job_task_ended(native->job, i) ? err_gone() :
					       tracer_seize(&native->tracer, from->pid, (uint32_t)i, &t->task);
	if (!err) {
		t->task->data = t;
		return NULL;
	}
	if (!err_is_gone(err))
		return err_wrap(err, "rank %d", from->rank);
	if (from->at == TASK_AT_EXEC)
		return err_new("rank %d (pid %d) ended before it could be traced", from->rank, from->pid);
	t->state = NATIVE_GONE; /* the others run on without it, and so do we */
	native->n_gone++;
	return NULL;
}

/* Those that wait in the shim are let go to their exec; others are stopped where they are. */
static struct err *adopt_or_release(struct native *native, size_t i)
{
	struct native_task *t = &native->tasks[i];
	struct err *err;

	if (t->state == NATIVE_GONE)
		return NULL;
	if (native->job->tasks[i].at == TASK_AT_EXEC)
		return job_release(native->job, i);
	err = native_adopt(native, t);
	if (err_is_gone(err))
		return NULL; /* the wait will tell */
	return err_wrap(err, "rank %d (pid %d)", native->job->tasks[i].rank, native->job->tasks[i].pid);
}

static struct err *acquire(struct native *native)
{
	struct err *err = NULL;

	native->trial->phases.found_ns = clock_now_ns();
	native->n_tasks = native->job->n_tasks;
	native->tasks = mem_calloc(native->n_tasks, sizeof(native->tasks[0]));
	for (size_t i = 0; !err && i < native->n_tasks; i++)
		err = seize(native, i);
	if (!err && native->n_gone == native->n_tasks)
		err = err_new("all %zu tasks have ended before they could be traced", native->n_tasks);
	native->trial->phases.acquired_ns = clock_now_ns();
	for (size_t i = 0; !err && i < native->n_tasks; i++)
		err = adopt_or_release(native, i);
	return err ? err : job_release_launcher(native->job);
}

/* --- the loop --------------------------------------------------------------------- */

static void count_threads(struct native *native, const struct native_task *t)
{
	struct trial_task *task = &native->trial->tasks[t->task->index];

	task->threads = t->task->threads_seen;
	task->children_released = t->task->children_released;
}

static void task_gone(struct native *native, struct native_task *t, const struct stop *stop)
{
	struct trial_task *task = &native->trial->tasks[t->task->index];

	task->exit_status = stop->status;
	count_threads(native, t);
	if (native->job->launcher == LAUNCHER_SPAWN && !native->trial->launcher_status)
		native->trial->launcher_status = stop->status;
	t->state = NATIVE_GONE;
	t->waiting = NULL;
	native->n_gone++;
}

static struct err *task_exec(struct native *native, struct native_task *t, const struct stop *stop)
{
	struct err *err = native_exec(native, t);

	/* In a job that is not ours a new program that cannot be watched is no failure. */
	if (err && !err_is_gone(err) && native->request->plan->attach) {
		progress_warn("pid %d is watched no more: %s", (int)t->task->pid, err_message(err));
		err_free(err);
		err = NULL;
	}
	if (err)
		return err;
	if (t->state != NATIVE_RELEASED)
		return thread_cont(stop->thread, 0); /* a program that execs another one: goes on at once */
	native->trial->tasks[t->task->index].exec_ns = stop->seen_ns;
	t->state = NATIVE_AT_EXEC;
	t->waiting = stop->thread;
	return NULL;
}

static struct err *dispatch(struct native *native, const struct stop *stop)
{
	struct native_task *t = stop->task ? stop->task->data : NULL;
	struct err *err = NULL;

	switch (stop->kind) {
	case STOP_TICK:
	case STOP_NO_CHILDREN:
		return NULL;
	case STOP_CHILD_GONE:
		if (stop->pid == native->job->launcher_pid)
			native->trial->launcher_status = stop->status;
		return NULL;
	case STOP_TASK_GONE:
		task_gone(native, t, stop);
		return NULL;
	case STOP_EXEC:
		err = task_exec(native, t, stop);
		break;
	case STOP_TRAP:
		err = native_trap(native, t, stop);
		break;
	case STOP_SIGNAL:
		err = thread_cont(stop->thread, stop->signal);
		break;
	case STOP_OTHER:
		err = thread_cont(stop->thread, 0);
		break;
	}
	if (err_is_gone(err))
		return NULL; /* the wait will tell */
	return err_wrap(err, "rank %d (pid %d)", native->trial->tasks[t->task->index].rank, t->task->pid);
}

/* The end of the time for which a running job is to be followed is no fault of it. */
static bool out_of_time(struct native *native)
{
	struct trial *trial = native->trial;
	bool late = clock_now_ns() > native->deadline_ns;
	bool following = native->request->plan->attach && trial->phases.continued_ns;

	if (!*native->request->stop && !late)
		return false;
	trial->interrupted = *native->request->stop;
	trial->left_running = following;
	trial->timed_out = !trial->interrupted && !following;
	return true;
}

static bool all_in(const struct native *native, enum native_state state)
{
	for (size_t i = 0; i < native->n_tasks; i++)
		if (native->tasks[i].state < state)
			return false;
	return true;
}

/* One stop; false in go_on_ret when the loop must end for another reason than an error. */
static struct err *step(struct native *native, bool *go_on_ret)
{
	struct stop stop;
	struct err *err = tracer_wait(&native->tracer, &stop);

	if (!err)
		err = dispatch(native, &stop);
	/* Busy tasks may leave no time for ticks. */
	*go_on_ret = stop.kind != STOP_NO_CHILDREN &&
		     !((stop.kind == STOP_TICK || stop.seen_ns > native->deadline_ns) && out_of_time(native));
	return err;
}

/* Runs until all tasks have come to a state, or are gone. */
static struct err *run_until(struct native *native, enum native_state state, bool *go_on_ret)
{
	bool go_on = true;
	struct err *err = NULL;

	while (!err && go_on && !all_in(native, state))
		err = step(native, &go_on);
	*go_on_ret = go_on;
	return err;
}

/* --- phases ----------------------------------------------------------------------- */

static struct err *check_exec(struct native *native)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct err *err;

		if (native->tasks[i].state != NATIVE_GONE || native->trial->tasks[i].exec_ns ||
		    native->job->tasks[i].at != TASK_AT_EXEC)
			continue;
		err = job_exec_error(native->job, i);
		return err ? err : err_new("rank %zu ended before its program was started", i);
	}
	return NULL;
}

/* One of the rounds over all tasks that wait at their start-up stop. */
static struct err *round_of(struct native *native, struct err *(*part)(struct native *, struct native_task *),
			    enum native_state state, int64_t *done_ns_ret)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];
		struct err *err = t->state == state ? part(native, t) : NULL;

		if (err && !err_is_gone(err))
			return err_wrap(err, "rank %zu", i);
	}
	*done_ns_ret = clock_now_ns();
	return NULL;
}

static struct err *let_start(struct native *native, struct native_task *t)
{
	struct thread *thread = t->waiting;

	(void)native;
	t->state = NATIVE_STARTING;
	t->waiting = NULL;
	if (thread)
		return thread_cont(thread, 0);
	/* Stopped by its launcher; Slurm's slurmstepd leaves it to a tracer to wake those that it traces. */
	kill(t->task->pid, SIGCONT);
	return threads_release(t->task);
}

static int64_t follow_until(const struct native *native)
{
	int64_t attach_ns = native->request->plan->attach_ns;

	return attach_ns ? clock_now_ns() + attach_ns : INT64_MAX;
}

static struct err *run_phases(struct native *native)
{
	static const struct {
		struct err *(*part)(struct native *, struct native_task *);
		size_t done_offset;
	} rounds[] = {
		{ native_start_linkmap, offsetof(struct trial_phases, linkmaps_ns) },
		{ native_start_symbols, offsetof(struct trial_phases, symbols_ns) },
		{ native_start_plant, offsetof(struct trial_phases, planted_ns) },
		{ native_start_stack, offsetof(struct trial_phases, continued_ns) }, /* times itself */
		{ native_start_continue, offsetof(struct trial_phases, continued_ns) },
	};
	struct trial_phases *phases = &native->trial->phases;
	int64_t started_ns = 0;
	bool go_on = true;
	struct err *err;

	err = run_until(native, NATIVE_AT_EXEC, &go_on);
	if (!err && go_on)
		err = check_exec(native);
	if (err || !go_on)
		return err;
	phases->stopped_ns = clock_now_ns();
	err = round_of(native, let_start, NATIVE_AT_EXEC, &started_ns);
	if (!err)
		err = run_until(native, NATIVE_STARTED, &go_on);
	if (err || !go_on)
		return err;
	phases->started_ns = clock_now_ns();
	for (size_t i = 0; !err && i < ARRAY_SIZE(rounds); i++)
		err = round_of(native, rounds[i].part, NATIVE_STARTED,
			       (int64_t *)((char *)phases + rounds[i].done_offset));
	if (native->request->plan->attach)
		native->deadline_ns = follow_until(native);
	while (!err && go_on)
		err = step(native, &go_on);
	return err;
}

/* --- the end ---------------------------------------------------------------------- */

/* Tasks that are still there are let go clean before the job is ended, so that what the
 * launcher does with them is what it would do without us. */
static void let_go(struct native *native)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct task *task = native->tasks[i].task;
		struct err *err;

		if (!task || task->gone)
			continue;
		count_threads(native, &native->tasks[i]);
		err = task_detach(task);
		if (err && !err_is_gone(err)) {
			progress_warn("%s", err_message(err));
			err_free(err);
			if (native->request->plan->attach)
				progress_warn("pid %d may have traps left: see 'attachstorm attach --repair'",
					      (int)task->pid);
			else
				kill(task->pid, SIGKILL);
		}
	}
}

static void count_planted(struct native *native)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];

		for (size_t j = 0; t->planted && j < native->request->n_breakpoints; j++) {
			native->trial->tasks[i].breakpoints_planted += t->planted[j];
			native->trial->breakpoints[j].planted_tasks += t->planted[j] > 0;
		}
	}
}

/* Before anything is started: a loader without probes cannot be trapped there. */
static struct err *check_probes(const struct tool_request *request)
{
	_cleanup_free_ char *loader = NULL;
	struct probes probes = { 0 };
	struct err *err = NULL;

	if (!request->plan->attach)
		err = loader_of_program(request->plan->argv[0], &loader);
	if (!err && loader)
		err = probes_find(loader, &probes);
	probes_deinit(&probes);
	return err;
}

static struct err *native_run(const struct tool_request *request, struct trial *trial)
{
	const struct scenario *scenario = request->scenario;
	struct native native = {
		.request = request,
		.trial = trial,
		.deadline_ns = clock_now_ns() + scenario->time_limit_ns,
	};
	const struct interface *interface = interface_of(scenario);
	struct usage usage;
	struct err *err;

	trial->load_events = mem_strdup(interface->name);
	if (interface->observer)
		return observe_run(request, interface->observer, trial);
	err = scenario->load_events == LOAD_EVENTS_PROBES ? check_probes(request) : NULL;
	if (err)
		return err;
	usage_begin(&usage);
	tracer_init(&native.tracer);
	native.tracer.exit_kill = !request->plan->attach;
	native.tracer.spin = scenario->wait == WAIT_SPIN;
	native.tracer.trap_write = scenario->breakpoints_write == BP_WRITE_POKE ? TRAP_WRITE_POKE : TRAP_WRITE_MEM;
	native.libraries = library_set_create(request->manifest, request->breakpoints, request->n_breakpoints,
					      scenario->symbols == SYMBOLS_ALL ||
						      (scenario->symbols == SYMBOLS_NEEDED && request->n_breakpoints));
	native_stacks_init(&native);
	err = job_acquire(request->plan, native.deadline_ns, request->stop, &native.job);
	if (!err) {
		trial->acquire = mem_strdup(acquire_get(request->plan->acquire)->name);
		job_fill_trial(native.job, trial);
		fill_breakpoints(&native);
		tracer_ticks_start();
		err = acquire(&native);
		if (!err)
			err = run_phases(&native);
		if (!err && (trial->timed_out || trial->interrupted))
			native_end_stacks(&native);
		let_go(&native);
		tracer_ticks_stop();
		job_end(native.job, END_GRACE_NS);
		trial->phases.ended_ns = clock_now_ns();
		count_planted(&native);
	}
	usage_end(&usage, trial);
	trial->ptrace_calls = native.tracer.ptrace_calls;
	trial->bytes_read = native.tracer.bytes_read;
	trial->traps_written = native.tracer.traps_written;
	for (size_t i = 0; i < native.n_tasks; i++) {
		loader_deinit(&native.tasks[i].loader);
		free(native.tasks[i].planted);
		free(native.tasks[i].target_seen);
	}
	free(native.tasks);
	native_stacks_deinit(&native);
	tracer_deinit(&native.tracer);
	library_set_destroy(native.libraries);
	job_destroy(native.job);
	return err;
}

const struct tool_ops tool_native = {
	.name = "native",
	.help = "our own tracer: ptrace, breakpoint at the loader's hook, libelf symbols",
	.run = native_run,
};
