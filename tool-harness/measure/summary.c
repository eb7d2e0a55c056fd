/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trials to numbers. Reads events, marks and phases; decides nothing about
 * validity, which check.c has noted as contradictions by then.
 *
 * Invariant: a trial with a contradiction contributes to n_invalid and to nothing
 * else.
 */
#include "measure/summary.h"

#include <string.h>

#include "lib/cleanup.h"
#include "measure/loadevent.h"
#include "measure/model.h"

const char *const span_names[] = {
	"acquire",     "stop",       "startup_libraries", "link_maps",      "symbols",     "plant",
	"first_stack", "last_stack",
	"phase1",      "phase2",     "startup",           "visit",          "mpi",         "exit",
	"total",       "import_worst", "import_median",   "visit_worst",    "visit_median",
	"mpi_test_worst", "mpi_test_median", "driver_worst", "driver_median", "own_worst", "own_median",
	"sum_worst",   "sum_median", NULL,
};
_Static_assert(ARRAY_SIZE(span_names) == SPAN_N + 1, "a name per span");

#define AT(field) offsetof(struct trial_phases, field)

/* From one point of trial.phases to another; SPAN_EXIT's beginning differs by program. */
static const struct {
	size_t from, to;
} span_ends[SPAN_IMPORT_WORST] = {
	[SPAN_ACQUIRE] = { AT(launch_ns), AT(acquired_ns) },
	[SPAN_STOP] = { AT(acquired_ns), AT(stopped_ns) },
	[SPAN_START] = { AT(stopped_ns), AT(started_ns) },
	[SPAN_LINKMAPS] = { AT(started_ns), AT(linkmaps_ns) },
	[SPAN_SYMBOLS] = { AT(linkmaps_ns), AT(symbols_ns) },
	[SPAN_PLANT] = { AT(symbols_ns), AT(planted_ns) },
	[SPAN_FIRST_STACK] = { AT(planted_ns), AT(first_stack_ns) },
	[SPAN_LAST_STACK] = { AT(planted_ns), AT(last_stack_ns) },
	[SPAN_PHASE1] = { AT(launch_ns), AT(planted_ns) },
	[SPAN_PHASE2] = { AT(continued_ns), AT(imported_ns) },
	[SPAN_STARTUP] = { AT(launch_ns), AT(imported_ns) },
	[SPAN_VISIT] = { AT(imported_ns), AT(visited_ns) },
	[SPAN_MPI] = { AT(visited_ns), AT(mpi_ns) },
	[SPAN_TOTAL] = { AT(launch_ns), AT(ended_ns) },
};

static int64_t phase_point(const struct trial_phases *phases, size_t offset)
{
	return *(const int64_t *)((const char *)phases + offset);
}

static int64_t between(int64_t from, int64_t to)
{
	return from && to ? to - from : -1;
}

/* A program without an MPI test, or without marks at all, exits from what it did last. */
static int64_t last_activity(const struct trial_phases *phases)
{
	return phases->mpi_ns ? phases->mpi_ns : phases->visited_ns ? phases->visited_ns : phases->imported_ns;
}

/* Durations of one rank, in the order of their spans from SPAN_IMPORT_WORST on. */
enum rank_time { RANK_IMPORT, RANK_VISIT, RANK_MPI_TEST, RANK_DRIVER, RANK_OWN, RANK_SUM, RANK_N };
_Static_assert(SPAN_IMPORT_WORST + 2 * RANK_N == SPAN_N, "worst and median of each");

/* -1: an end of it did not happen. */
static int64_t rank_time(const struct trial *trial, const struct trial_task *task, enum rank_time which)
{
	const int64_t *marks = task->marks_ns;
	int64_t sum = 0;

	switch (which) {
	case RANK_IMPORT:
		return between(marks[MARK_IMPORT_BEGIN], marks[MARK_IMPORT_END]);
	case RANK_VISIT:
		return between(marks[MARK_VISIT_BEGIN], marks[MARK_VISIT_END]);
	case RANK_MPI_TEST:
		return between(marks[MARK_MPI_BEGIN], marks[MARK_MPI_END]);
	case RANK_DRIVER:
		return between(trial->phases.launch_ns, marks[MARK_DRIVER]);
	case RANK_OWN:
		return between(task->exec_ns, marks[MARK_DRIVER]);
	default:
		for (enum rank_time part = RANK_IMPORT; part <= RANK_DRIVER; part++) {
			int64_t ns = part == RANK_MPI_TEST ? 0 : rank_time(trial, task, part);

			if (ns < 0)
				return -1;
			sum += ns;
		}
		return sum;
	}
}

static void rank_times(const struct trial *trial, enum rank_time which, struct samples *ret)
{
	for (size_t i = 0; i < trial->n_tasks; i++) {
		int64_t ns = rank_time(trial, &trial->tasks[i], which);

		if (ns >= 0)
			samples_add(ret, ns);
	}
}

static void compute_rank_spans(const struct trial *trial, int64_t *spans_ns)
{
	for (enum rank_time which = 0; which < RANK_N; which++) {
		_cleanup_(samples_deinit) struct samples times = { 0 };
		int64_t *worst_and_median = spans_ns + SPAN_IMPORT_WORST + 2 * which;
		struct quantiles q;

		rank_times(trial, which, &times);
		quantiles_compute(&times, &q);
		worst_and_median[0] = q.n ? q.max : -1;
		worst_and_median[1] = q.n ? q.p50 : -1;
	}
}

static void compute_counters(const struct trial *trial, struct trial_summary *ret)
{
	for (size_t phase = 0; phase < COUNTED_N; phase++) {
		for (size_t counter = 0; counter < COUNTER_N; counter++) {
			_cleanup_(samples_deinit) struct samples counts = { 0 };
			struct quantiles q;

			for (size_t i = 0; i < trial->n_tasks; i++)
				if (trial->tasks[i].counters[phase][counter] >= 0)
					samples_add(&counts, trial->tasks[i].counters[phase][counter]);
			quantiles_compute(&counts, &q);
			ret->counters_worst[phase][counter] = q.n ? q.max : -1;
			ret->counters_median[phase][counter] = q.n ? q.p50 : -1;
		}
	}
}

static void compute_spans(const struct trial *trial, int64_t *spans_ns)
{
	const struct trial_phases *phases = &trial->phases;

	for (size_t i = 0; i < ARRAY_SIZE(span_ends); i++)
		spans_ns[i] = between(phase_point(phases, span_ends[i].from), phase_point(phases, span_ends[i].to));
	if (!trial->traced || trial->unstopped)
		spans_ns[SPAN_PHASE1] = between(phases->launch_ns, phases->continued_ns);
	spans_ns[SPAN_EXIT] = between(last_activity(phases), phases->ended_ns);
	compute_rank_spans(trial, spans_ns);
}

/* The distributions of one trial, or pooled over several. */
struct cost_samples {
	struct samples t1_ns, t2_ns, handling_ns, queue_ns;
};

static void cost_samples_deinit(struct cost_samples *costs)
{
	samples_deinit(&costs->t1_ns);
	samples_deinit(&costs->t2_ns);
	samples_deinit(&costs->handling_ns);
	samples_deinit(&costs->queue_ns);
}

static void add_stop_costs(const struct event *stop, struct cost_samples *costs)
{
	samples_add(&costs->handling_ns, stop->done_ns - stop->begin_ns);
	samples_add(&costs->queue_ns, stop->begin_ns - stop->seen_ns);
}

/* Adds the trial's samples to `costs` and its sums and counts to `ret`. */
static void add_costs(const struct trial *trial, const struct load_events *loads, struct cost_samples *costs,
		      struct trial_summary *ret)
{
	uint64_t counted = 0, reinserted = 0;

	for (size_t i = 0; i < loads->n; i++) {
		const struct load_event *load = &loads->events[i];

		if (load->at_launch)
			continue;
		counted++;
		/* What a watcher does meanwhile costs the task nothing. */
		if (trial->unstopped)
			continue;
		reinserted += load->reinserted;
		ret->measured_ns += load->t1_ns + load->breakpoints_ns;
		ret->plant_ns += load->plant_ns;
		samples_add(&costs->t1_ns, load->t1_ns);
		if (load->reinserted)
			samples_add(&costs->t2_ns, (double)load->breakpoints_ns / load->reinserted);
		add_stop_costs(&trial->events[load->first], costs);
		if (load->last != load->first)
			add_stop_costs(&trial->events[load->last], costs);
	}
	ret->load_events_per_task = trial->n_tasks ? (double)counted / trial->n_tasks : 0;
	ret->breakpoints = counted ? (double)reinserted / counted : 0;
}

static void summarise_into(const struct trial *trial, struct cost_samples *pool, struct trial_summary *ret)
{
	_cleanup_(cost_samples_deinit) struct cost_samples costs = { 0 };
	_cleanup_(load_events_deinit) struct load_events loads = { 0 };
	struct cost_model model;

	memset(ret, 0, sizeof(*ret));
	compute_spans(trial, ret->spans_ns);
	compute_counters(trial, ret);
	for (size_t i = 0; i < trial->n_events; i++)
		ret->stops[trial->events[i].phase][trial->events[i].class]++;
	load_events_find(trial, &loads);
	ret->load_events = loads.n;
	ret->odd_sequences = loads.n_odd;
	add_costs(trial, &loads, &costs, ret);
	quantiles_compute(&costs.t1_ns, &ret->t1_ns);
	quantiles_compute(&costs.t2_ns, &ret->t2_ns);
	quantiles_compute(&costs.handling_ns, &ret->handling_ns);
	quantiles_compute(&costs.queue_ns, &ret->queue_ns);
	model = (struct cost_model){ ret->t1_ns.mean, ret->t2_ns.mean };
	ret->model_ns = cost_model_total_ns(&model, ret->load_events_per_task, trial->n_tasks, ret->breakpoints);
	if (pool) {
		samples_append(&pool->t1_ns, &costs.t1_ns);
		samples_append(&pool->t2_ns, &costs.t2_ns);
		samples_append(&pool->handling_ns, &costs.handling_ns);
		samples_append(&pool->queue_ns, &costs.queue_ns);
	}
}

void trial_summarise(const struct trial *trial, struct trial_summary *ret)
{
	summarise_into(trial, NULL, ret);
}

/* Numbers of which a summary keeps quantiles or the median over repetitions. */
struct repetitions {
	struct samples traced_ns[SPAN_N], untraced_ns[SPAN_N], ratio[SPAN_N];
	struct samples stops[EVENT_N_PHASES][EVENT_N_CLASSES];
	struct samples load_events, odd_sequences, tasks, load_events_per_task, breakpoints;
	struct samples libraries_at_start, libraries_at_end, target_libraries; /* one sample per task */
	struct samples breakpoints_planted, breakpoint_hits;
	struct samples task_cost_ns, job_cost_ns, measured_ns, model_ns, plant_ns, model_ratio, tracer_cpu_ns;
	struct samples ptrace_calls, bytes_read, traps_written, tracer_peak_rss_bytes;
	struct samples counters_worst[COUNTED_N][COUNTER_N], counters_median[COUNTED_N][COUNTER_N];
};

/* All members are samples, so the struct is an array of them. */
static void repetitions_deinit(struct repetitions *reps)
{
	struct samples *all = (struct samples *)reps;

	for (size_t i = 0; i < sizeof(*reps) / sizeof(*all); i++)
		samples_deinit(&all[i]);
}

static void add_spans(const struct trial_summary *one, struct samples *spans_ns)
{
	for (size_t i = 0; i < SPAN_N; i++)
		if (one->spans_ns[i] >= 0)
			samples_add(&spans_ns[i], one->spans_ns[i]);
}

/* The untraced run that belongs to a traced one, or NULL. */
static const struct trial *baseline_of(const struct trial *traced, const struct trial *trials, size_t n_trials)
{
	for (size_t i = 0; i < n_trials; i++)
		if (!trials[i].traced && trial_same_variant(&trials[i], traced) &&
		    trials[i].temperature == traced->temperature &&
		    trials[i].repetition == traced->repetition && trials[i].n_contradictions == 0)
			return &trials[i];
	return NULL;
}

static void add_against_baseline(const struct trial *trial, const struct trial_summary *one,
				 const struct trial *baseline, struct repetitions *reps)
{
	_cleanup_(samples_deinit) struct samples imports_ns = { 0 };
	struct trial_summary base;
	struct quantiles q;
	uint64_t stops = 0;

	summarise_into(baseline, NULL, &base);
	for (size_t i = 0; i < SPAN_N; i++)
		if (one->spans_ns[i] >= 0 && base.spans_ns[i] > 0)
			samples_add(&reps->ratio[i], (double)one->spans_ns[i] / base.spans_ns[i]);
	for (size_t i = 0; i < EVENT_N_CLASSES; i++)
		stops += one->stops[EVENT_IMPORT][i];
	rank_times(trial, RANK_IMPORT, &imports_ns);
	quantiles_compute(&imports_ns, &q);
	if (!stops || !q.n || base.spans_ns[SPAN_IMPORT_WORST] < 0)
		return;
	samples_add(&reps->task_cost_ns, (q.sum - (double)q.n * base.spans_ns[SPAN_IMPORT_MEDIAN]) / stops);
	samples_add(&reps->job_cost_ns, (q.max - base.spans_ns[SPAN_IMPORT_WORST]) / stops);
}

static void add_untraced(const struct trial_summary *one, struct repetitions *reps)
{
	add_spans(one, reps->untraced_ns);
	for (size_t i = 0; i < COUNTED_N; i++) {
		for (size_t j = 0; j < COUNTER_N; j++) {
			if (one->counters_worst[i][j] < 0)
				continue;
			samples_add(&reps->counters_worst[i][j], one->counters_worst[i][j]);
			samples_add(&reps->counters_median[i][j], one->counters_median[i][j]);
		}
	}
}

static void add_traced(const struct trial *trial, const struct trial_summary *one, struct repetitions *reps)
{
	double planted = 0, hits = 0;

	add_spans(one, reps->traced_ns);
	for (size_t i = 0; i < EVENT_N_PHASES; i++)
		for (size_t j = 0; j < EVENT_N_CLASSES; j++)
			samples_add(&reps->stops[i][j], one->stops[i][j]);
	for (size_t i = 0; i < trial->n_tasks; i++) {
		samples_add(&reps->libraries_at_start, trial->tasks[i].libraries_at_start);
		samples_add(&reps->libraries_at_end, trial->tasks[i].libraries_at_end);
		samples_add(&reps->target_libraries, trial->tasks[i].target_libraries);
		planted += trial->tasks[i].breakpoints_planted;
		hits += trial->tasks[i].breakpoint_hits;
	}
	samples_add(&reps->breakpoints_planted, planted);
	samples_add(&reps->breakpoint_hits, hits);
	samples_add(&reps->load_events, one->load_events);
	samples_add(&reps->odd_sequences, one->odd_sequences);
	samples_add(&reps->tasks, trial->n_tasks);
	samples_add(&reps->load_events_per_task, one->load_events_per_task);
	samples_add(&reps->breakpoints, one->breakpoints);
	samples_add(&reps->measured_ns, one->measured_ns);
	samples_add(&reps->model_ns, one->model_ns);
	samples_add(&reps->plant_ns, one->plant_ns);
	if (one->measured_ns > 0)
		samples_add(&reps->model_ratio, one->model_ns / one->measured_ns);
	samples_add(&reps->tracer_cpu_ns, trial->tracer_cpu_ns);
	samples_add(&reps->ptrace_calls, trial->ptrace_calls);
	samples_add(&reps->bytes_read, trial->bytes_read);
	samples_add(&reps->traps_written, trial->traps_written);
	samples_add(&reps->tracer_peak_rss_bytes, trial->tracer_peak_rss_bytes);
}

static void reduce(const struct repetitions *reps, const struct cost_samples *pool, struct summary *ret)
{
	for (size_t i = 0; i < SPAN_N; i++) {
		quantiles_compute(&reps->traced_ns[i], &ret->traced_ns[i]);
		quantiles_compute(&reps->untraced_ns[i], &ret->untraced_ns[i]);
		quantiles_compute(&reps->ratio[i], &ret->ratio[i]);
	}
	for (size_t i = 0; i < EVENT_N_PHASES; i++)
		for (size_t j = 0; j < EVENT_N_CLASSES; j++)
			ret->stops[i][j] = samples_median(&reps->stops[i][j]);
	ret->load_events = samples_median(&reps->load_events);
	ret->odd_sequences = samples_median(&reps->odd_sequences);
	ret->tasks = samples_median(&reps->tasks);
	ret->load_events_per_task = samples_median(&reps->load_events_per_task);
	ret->breakpoints = samples_median(&reps->breakpoints);
	ret->libraries_at_start = samples_median(&reps->libraries_at_start);
	ret->libraries_at_end = samples_median(&reps->libraries_at_end);
	ret->target_libraries = samples_median(&reps->target_libraries);
	ret->breakpoints_planted = samples_median(&reps->breakpoints_planted);
	ret->breakpoint_hits = samples_median(&reps->breakpoint_hits);
	ret->ptrace_calls = samples_median(&reps->ptrace_calls);
	ret->bytes_read = samples_median(&reps->bytes_read);
	ret->traps_written = samples_median(&reps->traps_written);
	ret->tracer_peak_rss_bytes = samples_median(&reps->tracer_peak_rss_bytes);
	quantiles_compute(&pool->t1_ns, &ret->t1_ns);
	quantiles_compute(&pool->t2_ns, &ret->t2_ns);
	quantiles_compute(&pool->handling_ns, &ret->handling_ns);
	quantiles_compute(&pool->queue_ns, &ret->queue_ns);
	quantiles_compute(&reps->task_cost_ns, &ret->task_cost_per_stop_ns);
	quantiles_compute(&reps->job_cost_ns, &ret->job_cost_per_stop_ns);
	quantiles_compute(&reps->measured_ns, &ret->measured_ns);
	quantiles_compute(&reps->model_ns, &ret->model_ns);
	quantiles_compute(&reps->plant_ns, &ret->plant_ns);
	quantiles_compute(&reps->model_ratio, &ret->model_ratio);
	quantiles_compute(&reps->tracer_cpu_ns, &ret->tracer_cpu_ns);
	for (size_t i = 0; i < COUNTED_N; i++) {
		for (size_t j = 0; j < COUNTER_N; j++) {
			quantiles_compute(&reps->counters_worst[i][j], &ret->counters_worst[i][j]);
			quantiles_compute(&reps->counters_median[i][j], &ret->counters_median[i][j]);
		}
	}
}

void summary_compute(const struct trial *trials, size_t n_trials, const struct trial *like,
		     enum temperature temperature, struct summary *ret)
{
	_cleanup_(repetitions_deinit) struct repetitions reps = { 0 };
	_cleanup_(cost_samples_deinit) struct cost_samples pool = { 0 };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n_trials; i++) {
		const struct trial *trial = &trials[i], *baseline;
		struct trial_summary one;

		if (trial->temperature != temperature || !trial_same_variant(trial, like))
			continue;
		if (trial->n_contradictions > 0) {
			ret->n_invalid++;
			continue;
		}
		summarise_into(trial, trial->traced ? &pool : NULL, &one);
		if (!trial->traced) {
			ret->n_untraced++;
			add_untraced(&one, &reps);
			continue;
		}
		ret->n_traced++;
		add_traced(trial, &one, &reps);
		baseline = baseline_of(trial, trials, n_trials);
		if (baseline)
			add_against_baseline(trial, &one, baseline, &reps);
	}
	reduce(&reps, &pool, ret);
}
