/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How each metric of a comparison is read from one run. Counts are sums over the run's tasks,
 * since one task more or less is a change, too. Judges nothing: that is compare.c.
 */
#include "report/compare/metric.h"

#include "lib/cleanup.h"
#include "measure/summary.h"

/* -1: the tool does not tell them. */
static double stops_of(const struct trial_summary *summary, enum event_class class)
{
	double sum = 0;

	if (summary->stops[0][class] < 0)
		return -1;

	for (size_t phase = 0; phase < EVENT_N_PHASES; phase++)
		sum += summary->stops[phase][class];
	return sum;
}

/* Of untraced runs nothing is known but times. */
static double get_stops(const struct trial *trial, const struct trial_summary *summary)
{
	double sum = 0;

	if (!trial->traced || summary->stops[0][0] < 0)
		return -1;
	for (size_t class = 0; class < EVENT_N_CLASSES; class++)
		sum += stops_of(summary, class);
	return sum;
}

#define STOPS_OF(name, class)                                                                  \
	static double get_##name(const struct trial *trial, const struct trial_summary *summary) \
	{                                                                                      \
		return trial->traced ? stops_of(summary, class) : -1;                          \
	}
STOPS_OF(add, EVENT_ADD)
STOPS_OF(delete, EVENT_DELETE)
STOPS_OF(consistent, EVENT_CONSISTENT)
STOPS_OF(null, EVENT_NULL)
STOPS_OF(loaded, EVENT_LOADED)
STOPS_OF(unloaded, EVENT_UNLOADED)

#define OF_SUMMARY(name, expression)                                                           \
	static double get_##name(const struct trial *trial, const struct trial_summary *summary) \
	{                                                                                      \
		(void)trial;                                                                   \
		return expression;                                                             \
	}
OF_SUMMARY(phase1, summary->spans_ns[SPAN_PHASE1])
OF_SUMMARY(phase2, summary->spans_ns[SPAN_PHASE2])
OF_SUMMARY(import, summary->spans_ns[SPAN_IMPORT_WORST])
OF_SUMMARY(visit, summary->spans_ns[SPAN_VISIT_WORST])
OF_SUMMARY(total, summary->spans_ns[SPAN_TOTAL])
OF_SUMMARY(t1, summary->t1_ns.n ? summary->t1_ns.p50 : -1)
OF_SUMMARY(t2, summary->t2_ns.n ? summary->t2_ns.p50 : -1)
OF_SUMMARY(handling, summary->handling_ns.n ? summary->handling_ns.p50 : -1)

#define OF_TRIAL(name, member)                                                                 \
	static double get_##name(const struct trial *trial, const struct trial_summary *summary) \
	{                                                                                      \
		(void)summary;                                                                 \
		return trial->traced ? (double)trial->member : -1;                             \
	}
OF_TRIAL(ptrace_calls, ptrace_calls)
OF_TRIAL(bytes_read, bytes_read)
OF_TRIAL(traps_written, traps_written)
OF_TRIAL(tasks, n_tasks)
OF_TRIAL(cpu, tracer_cpu_ns)
OF_TRIAL(memory, tracer_peak_rss_bytes)

#define OF_TRACED(name, member)                                                                \
	static double get_##name(const struct trial *trial, const struct trial_summary *summary) \
	{                                                                                      \
		return trial->traced ? (double)summary->member : -1;                           \
	}
OF_TRACED(load_events, load_events)
OF_TRACED(odd, odd_sequences)

#define OVER_TASKS(name, member)                                                               \
	static double get_##name(const struct trial *trial, const struct trial_summary *summary) \
	{                                                                                      \
		double sum = 0;                                                                \
                                                                                               \
		(void)summary;                                                                 \
		for (size_t i = 0; i < trial->n_tasks; i++) {                                  \
			if (trial->tasks[i].member < 0)                                        \
				return -1;                                                     \
			sum += (double)trial->tasks[i].member;                                 \
		}                                                                              \
		return trial->traced ? sum : -1;                                               \
	}
OVER_TASKS(libraries_start, libraries_at_start)
OVER_TASKS(libraries_end, libraries_at_end)
OVER_TASKS(libraries_target, target_libraries)
OVER_TASKS(planted, breakpoints_planted)
OVER_TASKS(hits, breakpoint_hits)

const struct gate_metric gate_metrics[GATE_N] = {
	[GATE_STOPS] = { "stops", "stops", GATE_COST, get_stops },
	[GATE_STOPS_ADD] = { "stops_add", "  add", GATE_DETAIL, get_add },
	[GATE_STOPS_DELETE] = { "stops_delete", "  delete", GATE_DETAIL, get_delete },
	[GATE_STOPS_CONSISTENT] = { "stops_consistent", "  consistent", GATE_DETAIL, get_consistent },
	[GATE_STOPS_NULL] = { "stops_null", "  null", GATE_DETAIL, get_null },
	[GATE_STOPS_LOADED] = { "stops_loaded", "  loaded", GATE_DETAIL, get_loaded },
	[GATE_STOPS_UNLOADED] = { "stops_unloaded", "  unloaded", GATE_DETAIL, get_unloaded },
	[GATE_LOAD_EVENTS] = { "load_events", "load events", GATE_WORK, get_load_events },
	[GATE_ODD] = { "odd_sequences", "odd sequences", GATE_COST, get_odd },
	[GATE_PTRACE_CALLS] = { "ptrace_calls", "ptrace calls", GATE_COST, get_ptrace_calls },
	[GATE_BYTES_READ] = { "bytes_read", "bytes read", GATE_COST, get_bytes_read },
	[GATE_TRAPS_WRITTEN] = { "traps_written", "traps written", GATE_COST, get_traps_written },
	[GATE_TASKS] = { "tasks", "tasks", GATE_WORK, get_tasks },
	[GATE_LIBRARIES_START] = { "libraries_at_start", "libraries at start", GATE_WORK, get_libraries_start },
	[GATE_LIBRARIES_END] = { "libraries_at_end", "libraries at end", GATE_WORK, get_libraries_end },
	[GATE_LIBRARIES_TARGET] = { "target_libraries", "libraries of target", GATE_WORK, get_libraries_target },
	[GATE_PLANTED] = { "breakpoints_planted", "breakpoints planted", GATE_WORK, get_planted },
	[GATE_HITS] = { "breakpoint_hits", "breakpoint hits", GATE_WORK, get_hits },
	[GATE_PHASE1] = { "phase1", "phase 1", GATE_TIME, get_phase1 },
	[GATE_PHASE2] = { "phase2", "phase 2", GATE_TIME, get_phase2 },
	[GATE_IMPORT] = { "import", "import", GATE_TIME, get_import },
	[GATE_VISIT] = { "visit", "visit", GATE_TIME, get_visit },
	[GATE_TOTAL] = { "total", "total", GATE_TIME, get_total },
	[GATE_T1] = { "t1", "T1", GATE_TIME, get_t1 },
	[GATE_T2] = { "t2", "T2", GATE_TIME, get_t2 },
	[GATE_HANDLING] = { "handling", "handling", GATE_TIME, get_handling },
	[GATE_CPU] = { "tracer_cpu", "tracer CPU", GATE_TIME, get_cpu },
	[GATE_PEAK_MEMORY] = { "tracer_memory", "tracer memory", GATE_MEMORY, get_memory },
};

_Static_assert(ARRAY_SIZE(gate_metrics) == GATE_N, "a row per metric");

bool gate_metric_is_count(const struct gate_metric *metric)
{
	return metric->kind < GATE_TIME;
}
