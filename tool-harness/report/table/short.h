/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run in at most 15 lines, the answer first: what start-up under the tool took against start-up without, what one
 * event costs, whether to believe it. Of several variants a line each. All that is left out is in table.h's tables.
 */
#ifndef REPORT_TABLE_SHORT_H
#define REPORT_TABLE_SHORT_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Call after run_summarise or run_read. `name` is how a command is to call the record; NULL: it cannot be called. */
void short_add(const struct run *run, const char *name, struct grid_list *list);

#endif
