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

/* Do the runs contradict themselves? Quotes what they say, but not without end. */
void verdict_add(const struct run *run, struct grid_list *list);

#endif
