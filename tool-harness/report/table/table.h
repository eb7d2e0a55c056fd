/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All tables of a run, in the order in which a person reads them. Made from the summaries alone, so a record
 * that was read back gives the same tables.
 */
#ifndef REPORT_TABLE_TABLE_H
#define REPORT_TABLE_TABLE_H

#include "report/grid/grid.h"
#include "report/record/record.h"

/* Of several variants one row each, and then all tables of each. Call after run_summarise or run_read. */
void table_add(const struct run *run, struct grid_list *list);

/* The same as text, of GRID_TEXT_WIDTH columns at most. */
void table_format(const struct run *run, struct strbuf *out);

#endif
