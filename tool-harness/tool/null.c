/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The null tool: makes up a whole trial from the scenario's null.* keys, so that
 * everything after the tool (checks, record, table, model) is run without ptrace,
 * MPI or a debugger, and what was put in must come out. Starts nothing, waits for
 * nothing: all times are invented. With a target it loads that target's libraries
 * in the order of its manifest, else null.libraries of its own.
 *
 * Invariant: one seed, one trial; with noise 0 the sum of T1 parts of each load
 * event is that of null.law to the nanosecond, and each reinsertion costs null.t2. Resolving
 * (null.t2_resolve) is handling, not reinsertion, as in a debugger.
 */
#include "tool/tool.h"

#include <math.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/rng.h"
#include "measure/check.h"

#define LAUNCH_NS NS_PER_S
#define ACQUIRE_NS (20 * NS_PER_MS)
#define STOP_NS (5 * NS_PER_MS)
#define START_NS (3 * NS_PER_MS)
#define LINKMAPS_NS (1 * NS_PER_MS)
#define SYMBOLS_NS (4 * NS_PER_MS)
#define PYTHON_NS (30 * NS_PER_MS) /* from the first instruction to the first import */
#define VISIT_NS (50 * NS_PER_MS)
#define MPI_NS (10 * NS_PER_MS)
#define EXIT_NS (5 * NS_PER_MS)
#define NODE_BYTES 40
#define LIBRARY_PAGES 100

static const int64_t load_library_ns[TEMPERATURE_N] = { 1 * NS_PER_MS, 200 * NS_PER_US };
static const char *const start_libraries[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/libc.so.6", "/lib/libm.so.6" };

/* Which libraries each import brings in: those of import i are list[at[i]] to list[at[i + 1] - 1]. */
struct import_plan {
	char **list;
	size_t *at;
	size_t n_imports;
};

struct null_run {
	const struct tool_request *request;
	struct trial *trial;
	struct rng rng;
	size_t n_breakpoints;
	int64_t free_ns; /* the made-up tracer is serial: busy until then */
};

static void import_plan_deinit(struct import_plan *plan)
{
	for (size_t i = 0; i < plan->at[plan->n_imports]; i++)
		free(plan->list[i]);
	free(plan->list);
	free(plan->at);
}

/* The module itself, then what it needs that is not there yet, as the loader maps them. */
static size_t add_with_dependencies(const struct manifest *manifest, size_t module, bool *loaded, char **list, size_t n)
{
	_cleanup_free_ size_t *queue = mem_calloc(manifest->n_libraries, sizeof(*queue));
	size_t head = 0, tail = 0;

	if (loaded[module])
		return n;
	loaded[module] = true;
	queue[tail++] = module;
	while (head < tail) {
		const struct manifest_library *library = &manifest->libraries[queue[head++]];

		list[n++] = fs_join(manifest->target_dir ? manifest->target_dir : ".", library->path);
		for (size_t i = 0; i < library->n_dependencies; i++) {
			size_t dependency = library->dependencies[i];

			if (!loaded[dependency]) {
				loaded[dependency] = true;
				queue[tail++] = dependency;
			}
		}
	}
	return n;
}

static void plan_imports(const struct tool_request *request, struct import_plan *ret)
{
	const struct manifest *manifest = request->manifest;
	size_t n_libraries = manifest ? manifest->n_libraries : (size_t)request->scenario->null_libraries;
	_cleanup_free_ bool *loaded = mem_calloc(n_libraries, sizeof(*loaded));
	struct import_plan plan = {
		.list = mem_calloc(n_libraries, sizeof(*plan.list)),
		.at = mem_calloc(n_libraries + 1, sizeof(*plan.at)),
	};
	size_t n = 0;

	for (size_t i = 0; i < n_libraries; i++) {
		if (!manifest)
			plan.list[n++] = mem_printf("/null/libnull%zu.so", i);
		else if (manifest->libraries[i].kind == LIBRARY_MODULE)
			n = add_with_dependencies(manifest, i, loaded, plan.list, n);
		else
			continue;
		plan.at[++plan.n_imports] = n;
	}
	*ret = plan;
}

/* A factor with mean 1, as sums are made of means, and relative standard deviation `noise`: lognormal. */
static double noise_factor(struct null_run *run)
{
	double noise = run->request->scenario->null_noise, u, v;

	if (noise <= 0)
		return 1;
	u = 1 - rng_unit(&run->rng);
	v = rng_unit(&run->rng);
	return exp(sqrt(log1p(noise * noise)) * sqrt(-2 * log(u)) * cos(2 * M_PI * v)) / sqrt(1 + noise * noise);
}

/* T1 with as many libraries loaded, before noise. */
static double law_ns(const struct scenario *scenario, double libraries)
{
	double t1_ns = (double)scenario->null_t1_ns, slope_ns = (double)scenario->null_slope_ns;

	switch ((enum null_law)scenario->null_law) {
	case NULL_LAW_CONSTANT:
		break;
	case NULL_LAW_LINEAR:
		return t1_ns + slope_ns * libraries;
	case NULL_LAW_POWER:
		return t1_ns + slope_ns * pow(libraries, scenario->null_exponent);
	}
	return t1_ns;
}

/* One stop at at_ns; reinserts if told so. Returns when the task goes on. */
static int64_t make_stop(struct null_run *run, size_t task, enum event_class class, int64_t at_ns, int64_t t1_ns,
			 bool reinsert)
{
	struct event *event = trial_add_event(run->trial);
	size_t b = reinsert ? run->n_breakpoints : 0;
	int64_t resolve_ns = b ? llround((double)b * run->request->scenario->null_t2_resolve_ns *
					 run->trial->tasks[task].libraries_at_end * noise_factor(run)) :
				 0;

	event->task = task;
	event->tid = run->trial->tasks[task].pid;
	event->class = class;
	event->seen_ns = at_ns;
	event->begin_ns = at_ns > run->free_ns ? at_ns : run->free_ns;
	event->linkmap_ns = t1_ns / 2;
	event->symbols_ns = t1_ns / 4 + resolve_ns;
	event->breakpoints_ns = llround((double)b * run->request->scenario->null_t2_ns * noise_factor(run));
	event->done_ns = event->begin_ns + t1_ns + resolve_ns + event->breakpoints_ns;
	event->reinserted = b;
	event->traps_written = b;
	run->free_ns = event->done_ns;
	run->trial->tasks[task].stops[class]++;
	run->trial->traps_written += b;
	return event->done_ns;
}

/* Names what the last stop added. */
static void add_names(struct trial *trial, size_t task, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		trial_add_name(trial, trial_library_id(trial, paths[i]));
	trial->events[trial->n_events - 1].added = n;
	trial->events[trial->n_events - 1].nodes_read = n;
	trial->events[trial->n_events - 1].bytes_read = n * NODE_BYTES;
	trial->bytes_read += n * NODE_BYTES;
	trial->tasks[task].libraries_at_end += n;
}

/* A whole load event that begins at at_ns; a module that is there already is a null one. */
static int64_t make_load(struct null_run *run, size_t task, int64_t at_ns, const char *const *paths, size_t n,
			 bool reinsert)
{
	double loaded = (double)run->trial->tasks[task].libraries_at_end;
	int64_t t1_ns = llround(law_ns(run->request->scenario, loaded) * noise_factor(run));

	run->trial->tasks[task].load_events++;
	if (n == 0)
		return make_stop(run, task, EVENT_NULL, at_ns, t1_ns, reinsert);
	at_ns = make_stop(run, task, EVENT_ADD, at_ns, t1_ns / 3, false);
	at_ns = make_stop(run, task, EVENT_CONSISTENT, at_ns, t1_ns - t1_ns / 3, reinsert);
	add_names(run->trial, task, paths, n);
	return at_ns;
}

static void make_tasks(struct null_run *run)
{
	const struct manifest *manifest = run->request->manifest;
	struct trial *trial = run->trial;

	trial_add_tasks(trial, run->request->scenario->tasks);
	trial->launcher_status = 0;
	if (trial->traced)
		trial_counts(trial, COUNTS_STOPS | COUNTS_BREAKPOINTS | COUNTS_THREADS |
					    (manifest ? COUNTS_TARGET : 0));
	for (size_t i = 0; i < trial->n_tasks; i++) {
		struct trial_task *task = &trial->tasks[i];

		task->pid = 1000 + i;
		task->host = mem_strdup("null");
		task->exe = mem_strdup("/null/program");
		task->threads = trial->traced ? 1 : -1;
		task->libraries_at_end = trial->traced ? 0 : -1;
		task->exit_status = 0;
		if (trial->traced)
			task->breakpoints_planted = (int64_t)run->n_breakpoints;
		if (manifest) {
			task->report.modules_imported = manifest->n_modules;
			task->report.calls = manifest->expect_calls;
			task->report.mpi_test_passed = 1;
		}
	}
}

static void make_breakpoints(struct null_run *run)
{
	const struct tool_request *request = run->request;
	struct trial *trial = run->trial;

	trial->breakpoints = mem_calloc(run->n_breakpoints, sizeof(*trial->breakpoints));
	trial->n_breakpoints = run->n_breakpoints;
	for (size_t i = 0; i < run->n_breakpoints; i++) {
		struct trial_breakpoint *bp = &trial->breakpoints[i];
		int64_t calls;

		bp->function = i < request->n_breakpoints ? mem_strdup(request->breakpoints[i])
							  : mem_printf("null_function%zu", i);
		bp->library = mem_strdup("/null/program");
		bp->planted_tasks = trial->n_tasks;
		calls = request->manifest ? expectation_calls(request->manifest, bp->function) : -1;
		bp->expected_hits = calls < 0 ? -1 : calls * (int64_t)trial->n_tasks;
		bp->hits = calls < 0 ? 0 : bp->expected_hits;
		for (size_t j = 0; j < trial->n_tasks; j++)
			trial->tasks[j].breakpoint_hits += calls < 0 ? 0 : calls;
	}
}

static void make_phase1(struct null_run *run)
{
	struct trial *trial = run->trial;
	struct trial_phases *phases = &trial->phases;

	phases->launch_ns = LAUNCH_NS;
	phases->acquired_ns = phases->launch_ns + ACQUIRE_NS;
	phases->continued_ns = phases->acquired_ns;
	if (!trial->traced)
		return;
	phases->stopped_ns = phases->acquired_ns + STOP_NS;
	run->free_ns = phases->stopped_ns + START_NS;
	for (size_t i = 0; i < trial->n_tasks; i++) {
		trial->tasks[i].exec_ns = phases->stopped_ns;
		make_load(run, i, phases->stopped_ns + START_NS, start_libraries, ARRAY_SIZE(start_libraries), false);
		trial->tasks[i].libraries_at_start = trial->tasks[i].libraries_at_end;
	}
	phases->started_ns = run->free_ns;
	phases->linkmaps_ns = phases->started_ns + LINKMAPS_NS;
	phases->symbols_ns = phases->linkmaps_ns + SYMBOLS_NS;
	phases->planted_ns = phases->symbols_ns +
			     run->n_breakpoints * trial->n_tasks * run->request->scenario->null_t2_ns;
	/* Tasks are let go once no stop is being handled, so that phase 2's stops lie after it. */
	phases->continued_ns = phases->planted_ns + NS_PER_US;
}

static void make_imports(struct null_run *run, const struct import_plan *plan)
{
	struct trial *trial = run->trial;
	_cleanup_free_ int64_t *now_ns = mem_calloc(trial->n_tasks, sizeof(*now_ns));

	for (size_t i = 0; i < trial->n_tasks; i++) {
		int64_t *marks = trial->tasks[i].marks_ns;

		marks[MARK_MAIN] = trial->phases.continued_ns + PYTHON_NS / 10;
		marks[MARK_MPI_INIT] = trial->phases.continued_ns + PYTHON_NS / 3;
		marks[MARK_PYTHON] = trial->phases.continued_ns + PYTHON_NS / 2;
		marks[MARK_DRIVER] = trial->phases.continued_ns + PYTHON_NS - NS_PER_MS;
		marks[MARK_IMPORT_BEGIN] = trial->phases.continued_ns + PYTHON_NS;
		now_ns[i] = marks[MARK_IMPORT_BEGIN];
		if (!trial->traced)
			trial->tasks[i].exec_ns = trial->phases.continued_ns;
	}
	for (size_t i = 0; i < plan->n_imports; i++) {
		size_t from = plan->at[i], n = plan->at[i + 1] - from;

		for (size_t j = 0; j < trial->n_tasks; j++) {
			now_ns[j] += n * load_library_ns[trial->temperature];
			if (!trial->traced)
				continue;
			now_ns[j] = make_load(run, j, now_ns[j], (const char *const *)plan->list + from, n, true);
			trial->tasks[j].target_libraries += run->request->manifest ? (int64_t)n : 0;
		}
	}
	for (size_t i = 0; i < trial->n_tasks; i++)
		trial->tasks[i].marks_ns[MARK_IMPORT_END] = now_ns[i] + 1;
}

/* The visit begins when all ranks have imported, as after a barrier. */
static void make_end(struct trial *trial)
{
	int64_t imported_ns = 0;

	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].marks_ns[MARK_IMPORT_END] > imported_ns)
			imported_ns = trial->tasks[i].marks_ns[MARK_IMPORT_END];
	for (size_t i = 0; i < trial->n_tasks; i++) {
		int64_t *marks = trial->tasks[i].marks_ns;

		marks[MARK_VISIT_BEGIN] = imported_ns;
		marks[MARK_VISIT_END] = imported_ns + VISIT_NS;
		marks[MARK_MPI_BEGIN] = marks[MARK_VISIT_END];
		marks[MARK_MPI_END] = marks[MARK_VISIT_END] + MPI_NS;
		marks[MARK_EXIT] = marks[MARK_MPI_END];
	}
	trial->phases.ended_ns = imported_ns + VISIT_NS + MPI_NS + EXIT_NS;
}

/* Jobs of a sweep deviate each for itself, as real ones do. */
static uint64_t job_stream(const struct scenario *scenario, const struct trial *trial)
{
	const uint64_t parts[] = { scenario->null_libraries, scenario->tasks, scenario->breakpoints_count,
				   2 * trial->repetition + trial->temperature };
	uint64_t stream = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		stream = stream * 1000003 + parts[i];
	return stream;
}

static struct err *make_trial(const struct tool_request *request, struct trial *trial, bool traced)
{
	_cleanup_(import_plan_deinit) struct import_plan plan;
	struct null_run run = {
		.request = request,
		.trial = trial,
		.n_breakpoints = request->n_breakpoints ? request->n_breakpoints
							: (size_t)request->scenario->breakpoints_count,
	};

	trial->traced = traced;
	if (!trial->tool)
		trial->tool = mem_strdup(traced ? "null" : "none");
	rng_init_stream(&run.rng, request->scenario->null_seed, job_stream(request->scenario, trial));
	plan_imports(request, &plan);
	make_tasks(&run);
	make_phase1(&run);
	make_imports(&run, &plan);
	make_end(trial);
	if (traced)
		make_breakpoints(&run);
	trial->residency.files = plan.at[plan.n_imports];
	trial->residency.pages = trial->residency.files * LIBRARY_PAGES;
	trial->residency.pages_resident = trial->temperature == TEMPERATURE_COLD ? 0 : trial->residency.pages;
	trial_classify(trial);
	return NULL;
}

static struct err *null_run(const struct tool_request *request, struct trial *trial)
{
	return make_trial(request, trial, true);
}

static struct err *null_run_baseline(const struct tool_request *request, struct trial *trial)
{
	return make_trial(request, trial, false);
}

const struct tool_ops tool_null = {
	.name = "null",
	.help = "made-up load events, to test what comes after a tool",
	.run = null_run,
	.run_baseline = null_run_baseline,
};
