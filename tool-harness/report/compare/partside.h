/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report/compare: the runs of each side of a part. */
#ifndef REPORT_COMPARE_PARTSIDE_H
#define REPORT_COMPARE_PARTSIDE_H

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

/* Appends the metric of both runs of each repetition that has two, which then are pairs by their place. */
void part_side_pairs(const struct part_side *base, const struct part_side *new, const struct gate_metric *metric,
		     struct samples *base_ret, struct samples *new_ret);

/* How the sides of a part are compared. */
struct part_how {
	const struct tolerances *tolerances;
	bool counts_only;
	bool interleaved; /* the sides' runs were made in turns: those of one repetition are a pair */
	unsigned looks;   /* how often such a run was looked at before it ended; 0: not until its end */
};

#endif
