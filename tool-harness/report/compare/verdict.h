/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report: the metrics of one variant at one temperature. */
#ifndef REPORT_COMPARE_VERDICT_H
#define REPORT_COMPARE_VERDICT_H

#include "report/compare/compare.h"

/* The runs of one side that a part is about; borrowed from the records. */
struct part_side {
	const struct trial **trials;
	const struct trial_summary **summaries;
	size_t n, cap;
	struct samples untraced_ns; /* total of the untraced runs beside them: how the machine was */
	size_t invalid;
};

void part_side_deinit(struct part_side *side);

/* Adds what a record has of one of its variants at one temperature. */
void part_side_add(struct part_side *side, const struct run *run, size_t variant, enum temperature temperature);

/* Appends the metric of each run that knows it. */
void part_side_values(const struct part_side *side, const struct gate_metric *metric, struct samples *ret);

/* What the tolerances make of something that one side alone has: COMPARE_MISSING or COMPARE_CANNOT_TELL. */
enum compare_verdict missing_verdict(const struct tolerances *tolerances);

/* Fills the rows and the verdict of a part whose name and temperature are set. */
void part_compare(const struct part_side *base, const struct part_side *new, const struct tolerances *tolerances,
		  bool counts_only, struct compare_part *part);

#endif
