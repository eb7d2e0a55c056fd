/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trial to numbers: reads its events, marks and phases. Decides nothing about validity,
 * which check.c has noted as contradictions by then.
 *
 * Invariant: what did not happen is -1, never a duration.
 */
#include "measure/trialsummary.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/mem.h"
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

void trial_rank_times(const struct trial *trial, enum rank_time which, struct samples *ret)
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

		trial_rank_times(trial, which, &times);
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

void cost_samples_deinit(struct cost_samples *costs)
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
		/* What a watcher does meanwhile costs the task nothing; what is not told is not made up. */
		if (trial->unstopped || load->untimed)
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
	if (!trial_counts_stops(trial)) {
		ret->load_events_per_task = ret->breakpoints = -1;
		return;
	}
	ret->load_events_per_task = trial->n_tasks ? (double)counted / trial->n_tasks : 0;
	ret->breakpoints = counted ? (double)reinserted / counted : 0;
}

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Different ones of the tasks' digests at an offset in struct trial_task; tasks without are passed over. */
static int64_t count_different(const struct trial *trial, size_t offset, uint64_t *n_ret)
{
	_cleanup_free_ const char **digests = mem_calloc(trial->n_tasks + 1, sizeof(*digests));
	uint64_t n = 0;
	int64_t different = 0;

	for (size_t i = 0; i < trial->n_tasks; i++) {
		const char *digest = *(char *const *)((const char *)&trial->tasks[i] + offset);

		if (digest)
			digests[n++] = digest;
	}
	qsort(digests, n, sizeof(*digests), text_compare);
	for (size_t i = 0; i < n; i++)
		different += i == 0 || strcmp(digests[i], digests[i - 1]) != 0;
	*n_ret = n;
	return n ? different : -1;
}

void trial_summarise(const struct trial *trial, struct trial_summary *ret)
{
	_cleanup_(cost_samples_deinit) struct cost_samples costs = { 0 };
	_cleanup_(load_events_deinit) struct load_events loads = { 0 };
	struct cost_model model;

	memset(ret, 0, sizeof(*ret));
	compute_spans(trial, ret->spans_ns);
	compute_counters(trial, ret);
	memset(ret->stops, trial_counts_stops(trial) ? 0 : -1, sizeof(ret->stops));
	for (size_t i = 0; i < trial->n_events && trial_counts_stops(trial); i++)
		ret->stops[trial->events[i].phase][trial->events[i].class]++;
	load_events_find(trial, &loads);
	ret->load_events = trial_counts_stops(trial) ? (int64_t)loads.n : -1;
	ret->odd_sequences = trial_counts_stops(trial) ? (int64_t)loads.n_odd : -1;
	ret->maps_different = count_different(trial, offsetof(struct trial_task, map_digest), &ret->maps_read);
	ret->maps_different_names =
		count_different(trial, offsetof(struct trial_task, map_names_digest), &ret->maps_read);
	add_costs(trial, &loads, &costs, ret);
	quantiles_compute(&costs.t1_ns, &ret->t1_ns);
	quantiles_compute(&costs.t2_ns, &ret->t2_ns);
	quantiles_compute(&costs.handling_ns, &ret->handling_ns);
	quantiles_compute(&costs.queue_ns, &ret->queue_ns);
	model = (struct cost_model){ ret->t1_ns.mean, ret->t2_ns.mean };
	ret->model_ns = cost_model_total_ns(&model, fmax(0, ret->load_events_per_task), trial->n_tasks,
					    fmax(0, ret->breakpoints));
}

void trial_add_costs(const struct trial *trial, struct cost_samples *pool)
{
	_cleanup_(load_events_deinit) struct load_events loads = { 0 };
	struct trial_summary sums = { 0 };

	load_events_find(trial, &loads);
	add_costs(trial, &loads, pool, &sums);
}
