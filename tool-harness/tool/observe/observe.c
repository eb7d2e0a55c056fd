/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The phases of a job that is watched and not traced: launch, release, look now and then,
 * end. What there is to see is the observers'; reading link maps from outside, which two of
 * them do, is maps.c.
 *
 * Invariant: nothing of the job is left when it returns.
 */
#include "tool/observe/observe.h"

#include <poll.h>
#include <time.h>

#include "job/acquire/acquire.h"
#include "job/ends/ends.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/usage.h"

#define END_GRACE_NS (5 * NS_PER_S)

void observe_env(struct observe *observe, char *entry)
{
	mem_grow(observe->env, observe->n_env, observe->cap_env);
	observe->env[observe->n_env++] = entry;
}

/* --- events ----------------------------------------------------------------------- */

struct event *observe_event(struct observe *observe, const struct observed *task, enum event_class class, int64_t at_ns)
{
	struct trial_task *to = &observe->trial->tasks[task->index];
	struct event *event = trial_add_event(observe->trial);

	event->task = task->index;
	event->class = class;
	event->seen_ns = event->begin_ns = event->done_ns = at_ns;
	to->stops[class]++;
	to->load_events += class != EVENT_ADD && class != EVENT_DELETE;
	return event;
}

struct library *observe_library(struct observe *observe, const struct observed *task, const char *name)
{
	struct library *library;

	library = library_get(observe->libraries, name[0] ? name : observe->trial->tasks[task->index].exe);
	observe_known(observe, library);
	return library;
}

void observe_known(struct observe *observe, struct library *library)
{
	if (library->trial_id == UINT32_MAX)
		library->trial_id = trial_library_id(observe->trial, library->path);
}

void observe_added(struct observe *observe, struct observed *task, struct library *const *libraries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		library_resolve(observe->libraries, libraries[i]);
		if (libraries[i]->target_index < 0 || task->target_seen[libraries[i]->target_index])
			continue;
		task->target_seen[libraries[i]->target_index] = true;
		observe->trial->tasks[task->index].target_libraries++;
	}
}

void observe_name(struct observe *observe, struct event *event, struct library *const *added, size_t n_added,
		  struct library *const *removed, size_t n_removed)
{
	event->added = (uint32_t)n_added;
	event->removed = (uint32_t)n_removed;
	for (size_t i = 0; i < n_added; i++)
		trial_add_name(observe->trial, added[i]->trial_id);
	for (size_t i = 0; i < n_removed; i++)
		trial_add_name(observe->trial, removed[i]->trial_id);
}

/* --- phases ----------------------------------------------------------------------- */

/* Before anything is started, so that what is lacking is known before. A missing program has
 * no loader; the launch will say so. */
static struct err *find_loader(struct observe *observe)
{
	struct err *err = loader_of_program(observe->request->plan->argv[0], &observe->loader_path);

	if (!err && observe->loader_path)
		err = loader_offer(observe->loader_path, library_set_symbols(observe->libraries),
				   &observe->trial->loader);
	return err;
}

/* The job is the plan's, with what the observer adds to the tasks' environment. */
static struct err *launch(struct observe *observe, int64_t deadline_ns)
{
	const struct tool_request *request = observe->request;
	struct job_plan plan = *request->plan;
	_cleanup_free_ const char **env = NULL;
	size_t n = 0;

	while (plan.env && plan.env[n])
		n++;
	env = mem_calloc(n + observe->n_env + 1, sizeof(env[0]));
	for (size_t i = 0; i < n; i++)
		env[i] = plan.env[i];
	for (size_t i = 0; i < observe->n_env; i++)
		env[n + i] = observe->env[i];
	plan.env = env;
	return job_launch(&plan, deadline_ns, request->stop, &observe->job);
}

static void make_tasks(struct observe *observe)
{
	const struct manifest *manifest = observe->request->manifest;

	observe->n_tasks = observe->job->n_tasks;
	observe->tasks = mem_calloc(observe->n_tasks, sizeof(observe->tasks[0]));
	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct observed *task = &observe->tasks[i];

		task->pid = observe->job->tasks[i].pid;
		task->index = (uint32_t)i;
		task->target_seen = mem_calloc(manifest ? manifest->n_libraries + 1 : 1, sizeof(task->target_seen[0]));
		process_memory_init(&task->memory, task->pid);
	}
}

static struct err *release_all(struct observe *observe)
{
	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct err *err;

		observe->trial->tasks[i].exec_ns = clock_now_ns();
		err = job_release(observe->job, i);
		if (err)
			return err;
	}
	observe->trial->phases.continued_ns = clock_now_ns();
	return NULL;
}

/* Sleeps until something ends or it is time to look; true when all have ended. */
static bool wait_a_while(struct job *job, const struct scenario *scenario)
{
	int64_t wait_ns = scenario->wait == WAIT_SPIN ? 0 : scenario->poll_interval_ns;
	const struct timespec timeout = { .tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S };
	struct pollfd ends = { .fd = job->ends_fd, .events = POLLIN };

	ppoll(&ends, 1, &timeout, NULL);
	return ends_read(job);
}

static struct err *watch(struct observe *observe, const struct observer_ops *ops, int64_t deadline_ns)
{
	struct trial *trial = observe->trial;
	bool ended = false;
	struct err *err = release_all(observe);

	while (!err && !ended && !trial->timed_out && !trial->interrupted) {
		ended = wait_a_while(observe->job, observe->request->scenario);
		err = ops->look(observe);
		if (!ended && *observe->request->stop)
			trial->interrupted = true;
		else if (!ended && clock_now_ns() >= deadline_ns)
			trial->timed_out = true;
	}
	return err;
}

static struct err *run_phases(struct observe *observe, const struct observer_ops *ops, int64_t deadline_ns)
{
	struct err *err;

	observe->trial->acquire = mem_strdup(acquire_get(observe->request->plan->acquire)->name);
	job_fill_trial(observe->job, observe->trial);
	trial_counts(observe->trial, COUNTS_STOPS | (observe->request->manifest ? COUNTS_TARGET : 0));
	make_tasks(observe);
	err = ops->open ? ops->open(observe) : NULL;
	if (err)
		return err;
	observe->trial->phases.acquired_ns = clock_now_ns();
	err = watch(observe, ops, deadline_ns);
	if (!err && !observe->trial->timed_out && !observe->trial->interrupted)
		observe->trial->phases.ended_ns = clock_now_ns();
	if (!err) {
		ends_tell(observe->job, observe->trial);
		err = job_exec_errors(observe->job);
	}
	if (!err && ops->finish)
		err = ops->finish(observe);
	return err;
}

static void observe_deinit(struct observe *observe)
{
	for (size_t i = 0; i < observe->n_tasks; i++) {
		loader_deinit(&observe->tasks[i].loader);
		free(observe->tasks[i].removed);
		free(observe->tasks[i].target_seen);
	}
	for (size_t i = 0; i < observe->n_env; i++)
		free(observe->env[i]);
	free(observe->env);
	free(observe->tasks);
	free(observe->loader_path);
	library_set_destroy(observe->libraries);
	job_destroy(observe->job);
}

struct err *observe_run(const struct tool_request *request, const struct observer_ops *ops, struct trial *trial)
{
	const struct scenario *scenario = request->scenario;
	int64_t deadline_ns = clock_now_ns() + scenario->time_limit_ns;
	struct observe observe = { .request = request, .trial = trial };
	struct usage usage;
	struct err *err;

	if (request->plan->attach)
		return err_hint(err_new("load events by %s can only be watched from a task's start",
					trial->load_events),
				"set load_events to rbrk");
	usage_begin(&usage);
	trial->unstopped = true;
	trial->sampled = ops->sampled;
	observe.libraries = library_set_create(request->manifest, request->breakpoints, 0, scenario->symbols);
	err = find_loader(&observe);
	if (!err && ops->prepare)
		err = ops->prepare(&observe);
	if (!err)
		err = launch(&observe, deadline_ns);
	if (!err) {
		err = run_phases(&observe, ops, deadline_ns);
		job_end(observe.job, END_GRACE_NS);
	}
	usage_end(&usage, trial);
	for (size_t i = 0; i < observe.n_tasks; i++)
		trial->bytes_read += observe.tasks[i].memory.memory.bytes_read;
	if (ops->close)
		ops->close(&observe);
	observe_deinit(&observe);
	return err;
}
