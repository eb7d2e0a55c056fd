/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native tool: our own tracer, one thread and one wait for all tasks. Makes what a run
 * needs, and takes it down whatever happened; the phases of the job are in native_phases.c.
 *
 * Invariant: whatever happens, no task of the job is left traced, trapped or running
 * when run() returns.
 */
#include <signal.h>

#include "job/acquire.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/interface.h"
#include "tool/native.h"
#include "tool/usage.h"

#define END_GRACE_NS (3 * NS_PER_S)

/* Tasks that are still there are let go clean before the job is ended, so that what the
 * launcher does with them is what it would do without us. */
static void let_go(struct native *native)
{
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct task *task = native->tasks[i].task;
		struct err *err;

		if (!task || task->gone)
			continue;
		native_count_threads(native, &native->tasks[i]);
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
	if (!err)
		err = native_policy_init(&native);
	if (err)
		return err;
	usage_begin(&usage);
	tracer_init(&native.tracer);
	native.tracer.exit_kill = !request->plan->attach;
	tracer_wait_by(&native.tracer, (enum wait_mode)scenario->wait);
	native.tracer.trap_write = native.way->bytes;
	native.libraries = library_set_create(request->manifest, request->breakpoints, request->n_breakpoints,
					      scenario->symbols == SYMBOLS_ALL ||
						      (scenario->symbols == SYMBOLS_NEEDED && request->n_breakpoints));
	native_stacks_init(&native);
	err = job_acquire(request->plan, native.deadline_ns, request->stop, &native.job);
	if (!err) {
		trial->acquire = mem_strdup(acquire_get(request->plan->acquire)->name);
		job_fill_trial(native.job, trial);
		trial_add_breakpoints(trial, request->breakpoints, request->n_breakpoints);
		tracer_ticks_start();
		err = native_phases(&native);
		if (!err && (trial->timed_out || trial->interrupted))
			native_end_stacks(&native);
		let_go(&native);
		tracer_ticks_stop();
		job_end(native.job, END_GRACE_NS);
		trial->phases.ended_ns = clock_now_ns();
		count_planted(&native);
		native_policy_end(&native);
		native_compare_maps(&native);
	}
	usage_end(&usage, trial);
	trial->ptrace_calls = native.tracer.ptrace_calls;
	trial->bytes_read = native.tracer.bytes_read;
	trial->traps_written = native.tracer.traps_written;
	trial->text_writes = native.tracer.text_writes;
	for (size_t i = 0; i < native.n_tasks; i++) {
		loader_deinit(&native.tasks[i].loader);
		free(native.tasks[i].planted);
		free(native.tasks[i].target_seen);
	}
	free(native.tasks);
	native_stacks_deinit(&native);
	native_policy_deinit(&native);
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
