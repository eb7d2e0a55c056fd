/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run as one table that a person reads at a glance: plain UTF-8 text, 100
 * columns at most. Made from the summaries alone, so a record that was read back
 * gives the same table.
 */
#ifndef REPORT_TABLE_TABLE_H
#define REPORT_TABLE_TABLE_H

#include "lib/strbuf.h"
#include "report/record/record.h"

#define TABLE_WIDTH 100

/* Appends the table: of several variants one row each, of one all details. Call after
 * run_summarise or run_read. */
void table_format(const struct run *run, struct strbuf *out);

/* With all details of all variants behind their rows. */
void table_format_details(const struct run *run, struct strbuf *out);

#endif
