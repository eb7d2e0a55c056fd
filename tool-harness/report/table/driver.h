/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's metrics of untraced runs, variant by variant: times as in the paper's Table
 * 1, cache misses as in its Table 2, each beside the paper's own.
 */
#ifndef REPORT_TABLE_DRIVER_H
#define REPORT_TABLE_DRIVER_H

#include "lib/strbuf.h"
#include "report/record/record.h"

void metrics_put_times(const struct run *run, struct strbuf *out);

/* Needs run.counters. */
void metrics_put_counters(const struct run *run, struct strbuf *out);

#endif
