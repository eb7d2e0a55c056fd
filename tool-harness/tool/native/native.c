/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The native tool: our own tracer. Makes what a run needs, and takes it down whatever happened;
 * its threads are in threads.c, the phases of the job in phases.c.
 *
 * Invariant: whatever happens, no task of the job is left traced, trapped or running
 * when run() returns.
 */
#include <poll.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/ends/ends.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/observe/interface.h"
#include "tool/native/native.h"
#include "tool/toolhome.h"
#include "tool/usage.h"

#define END_GRACE_NS (3 * NS_PER_S)
#define LAUNCHER_POLL_MS 50

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

/* A thread without a task would have nothing to do. */
static size_t count_threads(const struct native *native)
{
	size_t asked = (size_t)native->request->scenario->tracer_threads;

	if (asked <= native->n_tasks)
		return asked;
	progress_note("tracer_threads is %zu, but there %s %zu task%s: one thread for each", asked,
		      native->n_tasks == 1 ? "is" : "are", native->n_tasks, native->n_tasks == 1 ? "" : "s");
	return native->n_tasks;
}

/* All tasks have ended; a launcher of ours has something to say of it. Of tasks that have none the
 * statuses are known. */
static void wait_for_launcher(struct native *native)
{
	const struct job *job = native->job;
	struct trial *trial = native->trial;
	struct pollfd ended = { .fd = -1, .events = POLLIN };

	if (job->launcher == LAUNCHER_SPAWN || !job->n_spawned)
		return;
	ended.fd = pidfd_open(job->launcher_pid, 0);
	while (!trial->timed_out && !trial->interrupted && poll(&ended, 1, LAUNCHER_POLL_MS) <= 0) {
		trial->interrupted = __atomic_load_n(native->request->stop, __ATOMIC_RELAXED);
		trial->timed_out = !trial->interrupted && clock_now_ns() > native->deadline_ns;
	}
	if (ended.fd >= 0)
		close(ended.fd);
}

static struct err *use_index(const struct tool_request *request, struct library_set *libraries)
{
	_cleanup_free_ char *folder = toolhome_index(request->scenario, request->home);

	if (request->scenario->symbols == SYMBOLS_ALL || request->scenario->breakpoints_lookup == BP_LOOKUP_TABLE)
		library_set_read_tables(libraries);
	if (request->scenario->event_work == EVENT_WORK_LINES)
		library_set_read_lines(libraries);
	return folder ? library_set_use_index(libraries, folder) : NULL;
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
	native.libraries = library_set_create(request->manifest, request->breakpoints, request->n_breakpoints,
					      scenario->symbols == SYMBOLS_ALL ||
						      (scenario->symbols == SYMBOLS_NEEDED && request->n_breakpoints));
	err = use_index(request, native.libraries);
	if (!err)
		err = job_acquire(request->plan, native.deadline_ns, request->stop, &native.job);
	if (!err) {
		trial->acquire = mem_strdup(acquire_get(request->plan->acquire)->name);
		job_fill_trial(native.job, trial);
		trial_counts(trial, COUNTS_STOPS | COUNTS_BREAKPOINTS | COUNTS_THREADS | COUNTS_CHILDREN |
					    (request->manifest ? COUNTS_TARGET : 0));
		trial->text_writes = trial->lookups = 0;
		trial_add_breakpoints(trial, request->breakpoints, request->n_breakpoints);
		native.n_tasks = native.job->n_tasks;
		native.tasks = mem_calloc(native.n_tasks, sizeof(native.tasks[0]));
		err = native_team_run(&native, count_threads(&native), native_phases, &native.team);
		if (!err)
			wait_for_launcher(&native);
		ends_tell(native.job, trial);
		job_end(native.job, END_GRACE_NS);
		trial->phases.ended_ns = clock_now_ns();
		count_planted(&native);
		native_compare_maps(&native);
		native_sum_work(&native);
	}
	usage_end(&usage, trial);
	for (size_t i = 0; i < native.n_tasks; i++) {
		loader_deinit(&native.tasks[i].loader);
		free(native.tasks[i].planted);
		free(native.tasks[i].resolving);
		free(native.tasks[i].target_seen);
		library_set_destroy(native.tasks[i].libraries);
	}
	free(native.tasks);
	native_policy_deinit(&native);
	native_team_destroy(native.team);
	library_set_destroy(native.libraries);
	job_destroy(native.job);
	return err;
}

const struct tool_ops tool_native = {
	.name = "native",
	.help = "our own tracer: ptrace, breakpoint at the loader's hook, libelf symbols",
	.run = native_run,
};
