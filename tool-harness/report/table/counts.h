/* SPDX-License-Identifier: BSD-3-Clause */
/* The table's counts of one variant; summaries are TEMPERATURE_N. */
#ifndef REPORT_TABLE_COUNTS_H
#define REPORT_TABLE_COUNTS_H

#include "lib/strbuf.h"
#include "measure/summary.h"

/* Of all classes, over all tasks. */
double stops_in_phase(const struct summary *s, enum event_phase phase);

void stops_put(const struct summary *summaries, struct strbuf *out);
/* events: the tool tells of load events and of the libraries that they bring. */
void libraries_put(const struct summary *summaries, bool events, struct strbuf *out);
/* Nothing for one task: there is nothing to compare. */
void maps_put(const struct summary *summaries, struct strbuf *out);
void tracer_put(const struct summary *summaries, struct strbuf *out);

#endif
