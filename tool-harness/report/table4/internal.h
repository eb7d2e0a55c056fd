/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: Table 4 as rows.c (rows) and predict.c share it. */
#ifndef REPORT_TABLE4_INTERNAL_H
#define REPORT_TABLE4_INTERNAL_H

#include "report/table4/rows.h"

/* Where a column's time is in the summaries. */
enum span table4_span_of(const struct run *run, enum table4_span span);

/* A scenario key is the same for both variants. */
bool table4_same(const struct run *run, const struct run_variant *a, const struct run_variant *b, const char *key);

/* The row of the same tool and settings with another number of tasks, from what was measured. */
void table4_predict(const struct run *run, const struct table4_row *from, double tasks, struct table4_row *ret);

#endif
