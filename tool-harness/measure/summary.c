/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trials of one variant and temperature to numbers: quantiles and medians over repetitions.
 * What is read from one trial is in trialsummary.c.
 *
 * Invariant: a trial with a contradiction contributes to n_invalid and to nothing
 * else.
 */
#include "measure/missed.h"
#include "measure/summary.h"

#include <string.h>

#include "lib/cleanup.h"
#include "measure/trialsummary.h"

/* Numbers of which a summary keeps quantiles or the median over repetitions. */
struct repetitions {
	struct samples traced_ns[SPAN_N], untraced_ns[SPAN_N], ratio[SPAN_N];
	struct samples stops[EVENT_N_PHASES][EVENT_N_CLASSES];
	struct samples load_events, odd_sequences, tasks, load_events_per_task, breakpoints;
	struct samples libraries_at_start, libraries_at_end, target_libraries; /* one sample per task */
	struct samples maps_read, maps_different, maps_different_names, libraries_mapped, libraries_same_place;
	struct samples breakpoints_planted, breakpoint_hits, hits_missed, hits_expected;
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

/* Not all tools tell all of what they used: below 0 is not known. */
static void add_known(struct samples *samples, double value)
{
	if (value >= 0)
		samples_add(samples, value);
}

static double known_median(const struct samples *samples)
{
	return samples->n ? samples_median(samples) : -1;
}

static void add_spans(const struct trial_summary *one, struct samples *spans_ns)
{
	for (size_t i = 0; i < SPAN_N; i++)
		if (one->spans_ns[i] >= 0)
			samples_add(&spans_ns[i], one->spans_ns[i]);
}

static bool is_baseline(const struct trial *trial, const struct trial *traced)
{
	return !trial->traced && trial->variant == traced->variant && trial->temperature == traced->temperature &&
	       trial->repetition == traced->repetition && trial->n_contradictions == 0;
}

/* The untraced run that belongs to a traced one, mostly the one before it; n_trials: there is none. */
static size_t baseline_of(size_t traced, const struct trial *trials, size_t n_trials)
{
	if (traced && is_baseline(&trials[traced - 1], &trials[traced]))
		return traced - 1;
	for (size_t i = 0; i < n_trials; i++)
		if (is_baseline(&trials[i], &trials[traced]))
			return i;
	return n_trials;
}

static void add_against_baseline(const struct trial *trial, const struct trial_summary *one,
				 const struct trial_summary *base, struct repetitions *reps)
{
	_cleanup_(samples_deinit) struct samples imports_ns = { 0 };
	struct quantiles q;
	int64_t stops = 0;

	for (size_t i = 0; i < SPAN_N; i++)
		if (one->spans_ns[i] >= 0 && base->spans_ns[i] > 0)
			samples_add(&reps->ratio[i], (double)one->spans_ns[i] / base->spans_ns[i]);
	for (size_t i = 0; i < EVENT_N_CLASSES; i++)
		stops += one->stops[EVENT_IMPORT][i];
	trial_rank_times(trial, RANK_IMPORT, &imports_ns);
	quantiles_compute(&imports_ns, &q);
	if (stops <= 0 || !q.n || base->spans_ns[SPAN_IMPORT_WORST] < 0)
		return;
	samples_add(&reps->task_cost_ns, (q.sum - (double)q.n * base->spans_ns[SPAN_IMPORT_MEDIAN]) / stops);
	samples_add(&reps->job_cost_ns, (q.max - base->spans_ns[SPAN_IMPORT_WORST]) / stops);
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
	bool planted_known = trial->n_tasks, hits_known = trial->n_tasks;

	add_spans(one, reps->traced_ns);
	for (size_t i = 0; i < EVENT_N_PHASES; i++)
		for (size_t j = 0; j < EVENT_N_CLASSES; j++)
			add_known(&reps->stops[i][j], one->stops[i][j]);
	for (size_t i = 0; i < trial->n_tasks; i++) {
		add_known(&reps->libraries_at_start, trial->tasks[i].libraries_at_start);
		add_known(&reps->libraries_at_end, trial->tasks[i].libraries_at_end);
		add_known(&reps->target_libraries, trial->tasks[i].target_libraries);
		planted_known &= trial->tasks[i].breakpoints_planted >= 0;
		hits_known &= trial->tasks[i].breakpoint_hits >= 0;
		planted += (double)trial->tasks[i].breakpoints_planted;
		hits += (double)trial->tasks[i].breakpoint_hits;
	}
	samples_add(&reps->maps_read, one->maps_read);
	add_known(&reps->maps_different, one->maps_different);
	add_known(&reps->maps_different_names, one->maps_different_names);
	add_known(&reps->libraries_mapped, trial->libraries_mapped);
	add_known(&reps->libraries_same_place, trial->libraries_same_place);
	add_known(&reps->breakpoints_planted, planted_known ? planted : -1);
	add_known(&reps->breakpoint_hits, hits_known ? hits : -1);
	add_known(&reps->hits_missed, missed_total(trial));
	add_known(&reps->hits_expected, expected_total(trial));
	add_known(&reps->load_events, one->load_events);
	add_known(&reps->odd_sequences, one->odd_sequences);
	samples_add(&reps->tasks, trial->n_tasks);
	add_known(&reps->load_events_per_task, one->load_events_per_task);
	add_known(&reps->breakpoints, one->breakpoints);
	samples_add(&reps->measured_ns, one->measured_ns);
	samples_add(&reps->model_ns, one->model_ns);
	samples_add(&reps->plant_ns, one->plant_ns);
	if (one->measured_ns > 0)
		samples_add(&reps->model_ratio, one->model_ns / one->measured_ns);
	add_known(&reps->tracer_cpu_ns, trial->tracer_cpu_ns);
	add_known(&reps->ptrace_calls, trial->ptrace_calls);
	add_known(&reps->bytes_read, trial->bytes_read);
	add_known(&reps->traps_written, trial->traps_written);
	add_known(&reps->tracer_peak_rss_bytes, trial->tracer_peak_rss_bytes);
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
			ret->stops[i][j] = known_median(&reps->stops[i][j]);
	ret->load_events = known_median(&reps->load_events);
	ret->odd_sequences = known_median(&reps->odd_sequences);
	ret->tasks = samples_median(&reps->tasks);
	ret->load_events_per_task = known_median(&reps->load_events_per_task);
	ret->breakpoints = known_median(&reps->breakpoints);
	ret->libraries_at_start = known_median(&reps->libraries_at_start);
	ret->maps_read = samples_median(&reps->maps_read);
	ret->maps_different = known_median(&reps->maps_different);
	ret->maps_different_names = known_median(&reps->maps_different_names);
	ret->libraries_mapped = known_median(&reps->libraries_mapped);
	ret->libraries_same_place = known_median(&reps->libraries_same_place);
	ret->libraries_at_end = known_median(&reps->libraries_at_end);
	ret->target_libraries = known_median(&reps->target_libraries);
	ret->breakpoints_planted = known_median(&reps->breakpoints_planted);
	ret->breakpoint_hits = known_median(&reps->breakpoint_hits);
	ret->hits_missed = known_median(&reps->hits_missed);
	ret->hits_expected = known_median(&reps->hits_expected);
	ret->ptrace_calls = known_median(&reps->ptrace_calls);
	ret->bytes_read = known_median(&reps->bytes_read);
	ret->traps_written = known_median(&reps->traps_written);
	ret->tracer_peak_rss_bytes = known_median(&reps->tracer_peak_rss_bytes);
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

void summary_compute(const struct trial *trials, const struct trial_summary *summaries, size_t n_trials,
		     uint32_t variant, enum temperature temperature, struct summary *ret)
{
	_cleanup_(repetitions_deinit) struct repetitions reps = { 0 };
	_cleanup_(cost_samples_deinit) struct cost_samples pool = { 0 };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n_trials; i++) {
		const struct trial_summary *one = &summaries[i];
		const struct trial *trial = &trials[i];
		size_t baseline;

		if (trial->temperature != temperature || trial->variant != variant)
			continue;
		if (trial->n_contradictions > 0) {
			ret->n_invalid++;
			continue;
		}
		if (!trial->traced) {
			ret->n_untraced++;
			add_untraced(one, &reps);
			continue;
		}
		ret->n_traced++;
		trial_add_costs(trial, &pool);
		add_traced(trial, one, &reps);
		baseline = baseline_of(i, trials, n_trials);
		if (baseline < n_trials)
			add_against_baseline(trial, one, &summaries[baseline], &reps);
	}
	reduce(&reps, &pool, ret);
}
