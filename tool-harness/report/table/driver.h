/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's metrics of untraced runs, variant by variant: times as in the paper's Table
 * 1, cache misses as in its Table 2, each beside the paper's own.
 */
#ifndef REPORT_TABLE_DRIVER_H
#define REPORT_TABLE_DRIVER_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Both add nothing where nothing was measured. */
void driver_add_times(const struct run *run, struct grid_list *list);
void driver_add_misses(const struct run *run, struct grid_list *list);

#endif
