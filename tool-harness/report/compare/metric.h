/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a comparison compares: one table of counts and times, each with how it is read from a
 * run and what a change of it means. docs/compare.md has the words for users.
 */
#ifndef REPORT_COMPARE_METRIC_H
#define REPORT_COMPARE_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/trial.h"
#include "measure/trialsummary.h"

enum gate_kind {
	GATE_COST,   /* a count: more is worse, fewer is better */
	GATE_WORK,   /* a count of what there was to do: any change is worse, the work is not the same */
	GATE_DETAIL, /* a count that another one sums up: a change is told, and decides nothing */
	GATE_TIME,   /* nanoseconds: compared as a distribution over runs */
	GATE_MEMORY, /* bytes: likewise */
};

struct gate_metric {
	const char *key;    /* in tolerance files and in JSON: "phase1" */
	const char *label;  /* in tables */
	enum gate_kind kind;
	/* Of one run; below 0: not known of it. */
	double (*get)(const struct trial *trial, const struct trial_summary *summary);
};

enum gate_metric_id {
	GATE_STOPS, GATE_STOPS_ADD, GATE_STOPS_DELETE, GATE_STOPS_CONSISTENT, GATE_STOPS_NULL, GATE_STOPS_LOADED,
	GATE_STOPS_UNLOADED, GATE_LOAD_EVENTS, GATE_ODD, GATE_PTRACE_CALLS, GATE_BYTES_READ, GATE_TRAPS_WRITTEN,
	GATE_TASKS, GATE_LIBRARIES_START, GATE_LIBRARIES_END, GATE_LIBRARIES_TARGET, GATE_PLANTED, GATE_HITS,
	GATE_FIRST_TIME,
	GATE_PHASE1 = GATE_FIRST_TIME, GATE_PHASE2, GATE_IMPORT, GATE_VISIT, GATE_TOTAL, GATE_T1, GATE_T2,
	GATE_HANDLING, GATE_CPU, GATE_PEAK_MEMORY,
	GATE_N,
};
extern const struct gate_metric gate_metrics[GATE_N];

/* Compared exactly; else a time or memory, as a distribution. */
bool gate_metric_is_count(const struct gate_metric *metric);

#endif
