/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables about counts of one variant: stops, what a task has, link maps, what the tool used. */
#ifndef REPORT_TABLE_COUNTS_H
#define REPORT_TABLE_COUNTS_H

#include "report/grid/grid.h"
#include "report/record/record.h"
#include "report/table/figures.h"

void counts_add(const struct run *run, size_t variant, struct grid_list *list);

/* Of a policy that comes late, how many calls its breakpoints missed; of others nothing. */
void missed_add(const struct figure_place *place, const char *label, struct grid_list *list);

#endif
