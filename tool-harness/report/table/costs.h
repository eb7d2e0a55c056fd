/* SPDX-License-Identifier: BSD-3-Clause */
/* The table's costs and model of one variant; summaries are its TEMPERATURE_N. */
#ifndef REPORT_TABLE_COSTS_H
#define REPORT_TABLE_COSTS_H

#include "lib/strbuf.h"
#include "report/record/record.h"

/* False for a program that loads nothing after its start: it has no costs to show. */
bool costs_have_any(const struct summary *summaries);

void costs_put(const struct run *run, const struct run_variant *variant, struct strbuf *out);
void model_put(const struct summary *summaries, struct strbuf *out);

#endif
