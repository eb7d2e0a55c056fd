/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which members of a trial and of its summaries are in the record, and under what
 * key. Only data: field.c reads and writes it.
 *
 * Invariant: a unit that is not a plain count is in the key.
 */
#include "report/record/fields.h"

#include "measure/summary.h"
#include "measure/trial.h"
#include "report/record/record.h"

#define T(kind, member) FIELD(kind, struct trial, #member, member)
#define END { .key = NULL }

static const struct field one_known[] = { { .key = "", .type = FIELD_KNOWN_I64 } };
static const struct field one_point[] = { { .key = "", .type = FIELD_POINT } };
static const struct field one_i64[] = { { .key = "", .type = FIELD_I64 } };
static const struct field one_known_double[] = { { .key = "", .type = FIELD_KNOWN_DOUBLE } };
static const struct field one_string[] = { { .key = "", .type = FIELD_STRING } };

#define P(member) FIELD(FIELD_POINT, struct trial_phases, #member, member)
static const struct field phases_fields[] = {
	P(launch_ns),  P(found_ns),    P(acquired_ns),  P(stopped_ns),
	P(started_ns), P(linkmaps_ns), P(symbols_ns),   P(planted_ns),
	P(first_stack_ns), P(last_stack_ns),
	P(continued_ns), P(imported_ns), P(visited_ns), P(mpi_ns),      P(ended_ns),
	END,
};

#define R(kind, member) FIELD(kind, struct trial_residency, #member, member)
static const struct field residency_fields[] = {
	R(FIELD_KNOWN_I64, files),
	R(FIELD_KNOWN_I64, pages),
	R(FIELD_KNOWN_I64, pages_resident),
	R(FIELD_BOOL, dropped_caches),
	END,
};

static const struct field loader_fields[] = {
	FIELD(FIELD_STRING, struct trial_loader, "path", path),
	FIELD(FIELD_KNOWN_I64, struct trial_loader, "probes", probes),
	FIELD(FIELD_BOOL, struct trial_loader, "probes_usable", probes_usable),
	END,
};

#define REPORT(member) FIELD(FIELD_KNOWN_I64, struct task_report, #member, member)
static const struct field report_fields[] = {
	REPORT(modules_imported),
	REPORT(calls),
	REPORT(mpi_test_passed),
	END,
};

#define TASK(kind, member) FIELD(kind, struct trial_task, #member, member)
static const struct field one_counters[] = {
	{ "", FIELD_MAP, 0, one_known, counter_names, sizeof(int64_t), 0, 0 },
};
static const struct field task_fields[] = {
	TASK(FIELD_INT, rank),
	TASK(FIELD_INT, pid),
	TASK(FIELD_STRING, host),
	TASK(FIELD_STRING, exe),
	{ "acquired_at", FIELD_CHOICE, offsetof(struct trial_task, acquired_at), NULL, task_at_names, 0, 0, 0 },
	TASK(FIELD_POINT, exec_ns),
	{ "marks_ns", FIELD_MAP, offsetof(struct trial_task, marks_ns), one_point, mark_names, sizeof(int64_t), 0, 0 },
	{ "report", FIELD_OBJECT, offsetof(struct trial_task, report), report_fields, NULL, 0, 0, 0 },
	{ "counters", FIELD_MAP, offsetof(struct trial_task, counters), one_counters, counted_phase_names,
	  COUNTER_N * sizeof(int64_t), 0, 0 },
	{ "stops", FIELD_MAP, offsetof(struct trial_task, stops), one_known, event_class_names, sizeof(int64_t), 0, 0 },
	TASK(FIELD_KNOWN_I64, load_events),
	TASK(FIELD_KNOWN_I64, libraries_at_start),
	TASK(FIELD_KNOWN_I64, libraries_at_end),
	TASK(FIELD_STRING, map_digest),
	TASK(FIELD_STRING, map_names_digest),
	TASK(FIELD_KNOWN_I64, target_libraries),
	TASK(FIELD_KNOWN_I64, breakpoints_planted),
	TASK(FIELD_KNOWN_I64, breakpoint_hits),
	TASK(FIELD_KNOWN_I64, threads),
	TASK(FIELD_KNOWN_I64, children_released),
	TASK(FIELD_KNOWN_INT, exit_status),
	TASK(FIELD_U64, ended),
	TASK(FIELD_BOOL, gone_early),
	{ "left", FIELD_CHOICE, offsetof(struct trial_task, left), NULL, task_left_names, 0, 0, 0 },
	END,
};
static const struct field one_task[] = { { .key = "", .type = FIELD_OBJECT, .fields = task_fields } };

#define WORK(member) FIELD(FIELD_U64, struct trial_work, #member, member)
static const struct field work_fields[] = {
	WORK(libraries_parsed),
	WORK(symbols_read),
	WORK(libraries_hashed),
	WORK(names_hashed),
	WORK(functions_read),
	WORK(lines_read),
	WORK(file_bytes_read),
	WORK(indices_read),
	WORK(index_bytes_read),
	WORK(indices_written),
	WORK(indices_refused),
	WORK(names_shared),
	END,
};

#define PLACE(kind, member) FIELD(kind, struct trial_place, #member, member)
static const struct field place_fields[] = {
	PLACE(FIELD_STRING, library),
	PLACE(FIELD_STRING, symbol),
	PLACE(FIELD_U64, address),
	{ "kind", FIELD_CHOICE, offsetof(struct trial_place, kind), NULL, place_kind_names, 0, 0, 0 },
	PLACE(FIELD_U64, planted),
	PLACE(FIELD_U64, hits),
	END,
};
static const struct field one_place[] = { { .key = "", .type = FIELD_OBJECT, .fields = place_fields } };

#define BREAKPOINT(kind, member) FIELD(kind, struct trial_breakpoint, #member, member)
static const struct field breakpoint_fields[] = {
	BREAKPOINT(FIELD_STRING, function),
	BREAKPOINT(FIELD_STRING, library),
	{ "places", FIELD_LIST, offsetof(struct trial_breakpoint, places), one_place, NULL, sizeof(struct trial_place),
	  offsetof(struct trial_breakpoint, n_places), offsetof(struct trial_breakpoint, cap_places) },
	BREAKPOINT(FIELD_U64, planted_tasks),
	BREAKPOINT(FIELD_U64, hits),
	BREAKPOINT(FIELD_KNOWN_I64, expected_hits),
	BREAKPOINT(FIELD_KNOWN_I64, missed),
	{ "rank_missed", FIELD_LIST, offsetof(struct trial_breakpoint, rank_missed), one_i64, NULL, sizeof(int64_t),
	  offsetof(struct trial_breakpoint, n_rank_missed), 0 },
	END,
};
static const struct field one_breakpoint[] = { { .key = "", .type = FIELD_OBJECT, .fields = breakpoint_fields } };

static const struct field failure_fields[] = {
	{ "who", FIELD_CHOICE, offsetof(struct trial_failure, who), NULL, failure_who_names, 0, 0, 0 },
	FIELD(FIELD_I64, struct trial_failure, "task", task),
	FIELD(FIELD_KNOWN_INT, struct trial_failure, "status", status),
	FIELD(FIELD_STRING, struct trial_failure, "last_words", last_words),
	END,
};

const struct field trial_fields[] = {
	T(FIELD_U32, repetition),
	{ "temperature", FIELD_CHOICE, offsetof(struct trial, temperature), NULL, temperature_names, 0, 0, 0 },
	T(FIELD_BOOL, traced),
	T(FIELD_STRING, tool),
	T(FIELD_U32, variant),
	{ "counter_source", FIELD_CHOICE, offsetof(struct trial, counter_source), NULL, counter_source_names, 0, 0, 0 },
	T(FIELD_STRING, acquire),
	T(FIELD_KNOWN_I64, table_rows),
	T(FIELD_BOOL, left_running),
	T(FIELD_STRING, load_events),
	T(FIELD_BOOL, unstopped),
	T(FIELD_BOOL, sampled),
	T(FIELD_BOOL, late),
	{ "loader", FIELD_OBJECT, offsetof(struct trial, loader), loader_fields, NULL, 0, 0, 0 },
	T(FIELD_BOOL, timed_out),
	T(FIELD_BOOL, interrupted),
	{ "unread", FIELD_LIST, offsetof(struct trial, unread), one_string, NULL, sizeof(char *),
	  offsetof(struct trial, n_unread), offsetof(struct trial, cap_unread) },
	{ "unproved", FIELD_LIST, offsetof(struct trial, unproved), one_string, NULL, sizeof(char *),
	  offsetof(struct trial, n_unproved), offsetof(struct trial, cap_unproved) },
	{ "contradictions", FIELD_LIST, offsetof(struct trial, contradictions), one_string, NULL, sizeof(char *),
	  offsetof(struct trial, n_contradictions), offsetof(struct trial, cap_contradictions) },
	{ "phases", FIELD_OBJECT, offsetof(struct trial, phases), phases_fields, NULL, 0, 0, 0 },
	{ "residency", FIELD_OBJECT, offsetof(struct trial, residency), residency_fields, NULL, 0, 0, 0 },
	{ "tool_residency", FIELD_OBJECT, offsetof(struct trial, tool_residency), residency_fields, NULL, 0, 0, 0 },
	T(FIELD_KNOWN_I64, libraries_mapped),
	T(FIELD_KNOWN_I64, libraries_same_place),
	T(FIELD_KNOWN_I64, ptrace_calls),
	T(FIELD_KNOWN_I64, bytes_read),
	T(FIELD_KNOWN_I64, traps_written),
	T(FIELD_KNOWN_I64, text_writes),
	T(FIELD_KNOWN_I64, lookups),
	T(FIELD_KNOWN_I64, tracer_cpu_ns),
	T(FIELD_KNOWN_I64, tracer_peak_rss_bytes),
	{ "tool_verdict", FIELD_CHOICE, offsetof(struct trial, tool_verdict), NULL, tool_verdict_names, 0, 0, 0 },
	T(FIELD_STRING, tool_version),
	T(FIELD_BOOL, tool_untried),
	T(FIELD_KNOWN_I64, tool_home_bytes),
	T(FIELD_KNOWN_I64, tool_home_entries),
	{ "work", FIELD_KNOWN_OBJECT, offsetof(struct trial, work), work_fields, NULL, 0,
	  offsetof(struct trial_work, known), 0 },
	T(FIELD_STRING, transcript),
	T(FIELD_JSON, tool_report),
	T(FIELD_KNOWN_INT, launcher_status),
	{ "failure", FIELD_OBJECT, offsetof(struct trial, failure), failure_fields, NULL, 0, 0, 0 },
	{ "breakpoints", FIELD_LIST, offsetof(struct trial, breakpoints), one_breakpoint, NULL,
	  sizeof(struct trial_breakpoint), offsetof(struct trial, n_breakpoints), 0 },
	{ "tasks", FIELD_LIST, offsetof(struct trial, tasks), one_task, NULL, sizeof(struct trial_task),
	  offsetof(struct trial, n_tasks), 0 },
	END,
};

#define Q(member) FIELD(FIELD_DOUBLE, struct quantiles, #member, member)
static const struct field quantiles_fields[] = {
	FIELD(FIELD_U64, struct quantiles, "n", n),
	Q(min), Q(p10), Q(p50), Q(p90), Q(p99), Q(max), Q(mean), Q(sum),
	END,
};
static const struct field one_quantiles[] = { { .key = "", .type = FIELD_OBJECT, .fields = quantiles_fields } };

static const struct field counts_by_class[] = {
	{ "", FIELD_MAP, 0, one_known, event_class_names, sizeof(int64_t), 0, 0 },
};
static const struct field medians_by_class[] = {
	{ "", FIELD_MAP, 0, one_known_double, event_class_names, sizeof(double), 0, 0 },
};

static const struct field doubles_by_counter[] = {
	{ "", FIELD_MAP, 0, one_known_double, counter_names, sizeof(double), 0, 0 },
};
static const struct field quantiles_by_counter[] = {
	{ "", FIELD_MAP, 0, one_quantiles, counter_names, sizeof(struct quantiles), 0, 0 },
};
#define BY_COUNTER(owner, member, fields, type) \
	{ #member, FIELD_MAP, offsetof(owner, member), fields, counted_phase_names, COUNTER_N * sizeof(type), 0, 0 }

#define OF(kind, member) FIELD(kind, struct trial_summary, #member, member)
#define OF_QUANTILES(owner, member) \
	{ #member, FIELD_OBJECT, offsetof(owner, member), quantiles_fields, NULL, 0, 0, 0 }

const struct field trial_summary_fields[] = {
	{ "spans_ns", FIELD_MAP, offsetof(struct trial_summary, spans_ns), one_known, span_names, sizeof(int64_t), 0,
	  0 },
	{ "stops", FIELD_MAP, offsetof(struct trial_summary, stops), counts_by_class, event_phase_names,
	  EVENT_N_CLASSES * sizeof(int64_t), 0, 0 },
	OF(FIELD_KNOWN_I64, load_events),
	OF(FIELD_KNOWN_I64, odd_sequences),
	OF(FIELD_U64, maps_read),
	OF(FIELD_KNOWN_I64, maps_different),
	OF(FIELD_KNOWN_I64, maps_different_names),
	OF(FIELD_KNOWN_DOUBLE, load_events_per_task),
	OF(FIELD_KNOWN_DOUBLE, breakpoints),
	OF_QUANTILES(struct trial_summary, t1_ns),
	OF_QUANTILES(struct trial_summary, t2_ns),
	OF_QUANTILES(struct trial_summary, handling_ns),
	OF_QUANTILES(struct trial_summary, queue_ns),
	OF(FIELD_DOUBLE, measured_ns),
	OF(FIELD_DOUBLE, model_ns),
	OF(FIELD_DOUBLE, plant_ns),
	BY_COUNTER(struct trial_summary, counters_worst, doubles_by_counter, double),
	BY_COUNTER(struct trial_summary, counters_median, doubles_by_counter, double),
	END,
};

#define S(kind, member) FIELD(kind, struct summary, #member, member)
#define BY_SPAN(member) \
	{ #member, FIELD_MAP, offsetof(struct summary, member), one_quantiles, span_names, \
	  sizeof(struct quantiles), 0, 0 }

const struct field summary_fields[] = {
	S(FIELD_U64, n_traced),
	S(FIELD_U64, n_untraced),
	S(FIELD_U64, n_invalid),
	BY_SPAN(traced_ns),
	BY_SPAN(untraced_ns),
	BY_SPAN(ratio),
	{ "stops", FIELD_MAP, offsetof(struct summary, stops), medians_by_class, event_phase_names,
	  EVENT_N_CLASSES * sizeof(double), 0, 0 },
	S(FIELD_KNOWN_DOUBLE, load_events),
	S(FIELD_KNOWN_DOUBLE, odd_sequences),
	S(FIELD_DOUBLE, tasks),
	S(FIELD_KNOWN_DOUBLE, load_events_per_task),
	S(FIELD_KNOWN_DOUBLE, breakpoints),
	S(FIELD_KNOWN_DOUBLE, libraries_at_start),
	S(FIELD_KNOWN_DOUBLE, libraries_at_end),
	S(FIELD_KNOWN_DOUBLE, target_libraries),
	S(FIELD_DOUBLE, maps_read),
	S(FIELD_KNOWN_DOUBLE, maps_different),
	S(FIELD_KNOWN_DOUBLE, maps_different_names),
	S(FIELD_KNOWN_DOUBLE, libraries_mapped),
	S(FIELD_KNOWN_DOUBLE, libraries_same_place),
	S(FIELD_KNOWN_DOUBLE, breakpoints_planted),
	S(FIELD_KNOWN_DOUBLE, breakpoint_hits),
	S(FIELD_KNOWN_DOUBLE, hits_missed),
	S(FIELD_KNOWN_DOUBLE, hits_expected),
	OF_QUANTILES(struct summary, t1_ns),
	OF_QUANTILES(struct summary, t2_ns),
	OF_QUANTILES(struct summary, handling_ns),
	OF_QUANTILES(struct summary, queue_ns),
	OF_QUANTILES(struct summary, task_cost_per_stop_ns),
	OF_QUANTILES(struct summary, job_cost_per_stop_ns),
	OF_QUANTILES(struct summary, measured_ns),
	OF_QUANTILES(struct summary, model_ns),
	OF_QUANTILES(struct summary, plant_ns),
	OF_QUANTILES(struct summary, model_ratio),
	OF_QUANTILES(struct summary, tracer_cpu_ns),
	S(FIELD_KNOWN_DOUBLE, ptrace_calls),
	S(FIELD_KNOWN_DOUBLE, bytes_read),
	S(FIELD_KNOWN_DOUBLE, traps_written),
	S(FIELD_KNOWN_DOUBLE, tracer_peak_rss_bytes),
	BY_COUNTER(struct summary, counters_worst, quantiles_by_counter, struct quantiles),
	BY_COUNTER(struct summary, counters_median, quantiles_by_counter, struct quantiles),
	END,
};

const struct field variant_fields[] = {
	FIELD(FIELD_STRING, struct run_variant, "name", name),
	FIELD(FIELD_STRING, struct run_variant, "program", program),
	FIELD(FIELD_BOOL, struct run_variant, "bind_now", bind_now),
	END,
};
