/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables about counts of one variant: stops, what a task has, link maps, what the tool used. */
#ifndef REPORT_TABLE_COUNTS_H
#define REPORT_TABLE_COUNTS_H

#include "report/grid/grid.h"
#include "report/record/record.h"

void counts_add(const struct run *run, size_t variant, struct grid_list *list);

#endif
