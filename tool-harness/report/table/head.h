/* SPDX-License-Identifier: BSD-3-Clause */
/* What was run, on which machine, and whether the numbers may be believed: facts in words. */
#ifndef REPORT_TABLE_HEAD_H
#define REPORT_TABLE_HEAD_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Run, target, job, tools and machine, from what the record says of them. */
void head_add(const struct run *run, struct grid_list *list);

/* How far the target, or the tool, was in the page cache; of one variant, or of any: run.n_variants. */
void residency_add(const struct run *run, size_t variant, struct grid_list *list);

/* Do the runs contradict themselves? Quotes `most` things that they say, of VERDICT_QUOTES where there is room. */
#define VERDICT_QUOTES 12
void verdict_add(const struct run *run, size_t most, struct grid_list *list);

/* The tasks ran before the tool came: attachstorm-attach(1). */
bool head_ran_before(const struct run *run);

/* What was measured, in one line: the target or command, its tasks, the tool, breakpoints. */
void head_add_short(const struct run *run, struct grid_list *list);

#endif
