/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cells of a text table: padded by what a terminal shows, not by bytes. A text
 * wider than its cell is put whole, with one space before it.
 */
#ifndef REPORT_TABLE_CELL_H
#define REPORT_TABLE_CELL_H

#include "lib/strbuf.h"
#include "measure/quantile.h"

size_t cell_display_width(const char *text); /* in columns; each code point is one */

void cell_left(struct strbuf *out, const char *text, int width);
void cell_right(struct strbuf *out, const char *text, int width);
void cell_label(struct strbuf *out, const char *text, int width); /* left-aligned, indented by two */

/* How many runs something is made of, left-aligned: "warm: n = 3", "warm: n = 2 to 3". */
void cell_runs(struct strbuf *out, const char *label, uint64_t least, uint64_t most, int width);

/* Right-aligned; "── text ──", two columns from what stands before it. */
void cell_format(struct strbuf *out, int width, const char *fmt, ...) PRINTF_LIKE(3, 4);
void cell_ruled(struct strbuf *out, int width, const char *fmt, ...) PRINTF_LIKE(3, 4);

void cell_count(struct strbuf *out, double count, int width);
void cell_duration(struct strbuf *out, double ns, int width);
void cell_multiple(struct strbuf *out, double factor, int width); /* "1.07 ×" */
void cell_median(struct strbuf *out, const struct quantiles *q, int width); /* of durations; empty without any */

/* A line of column titles; names is NULL-terminated, widths as long. */
void cell_headings(struct strbuf *out, const char *label, int label_width, const char *const *names,
		   const int *widths);

/* Ends a line, without blanks at its end. */
void cell_end(struct strbuf *out);

void cell_rule(struct strbuf *out, int width);

#endif
