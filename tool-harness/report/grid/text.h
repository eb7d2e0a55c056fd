/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Padding of texts on a terminal, by what it shows, not by bytes; for tables and for what stands beside them
 * there. A text wider than its place is put whole, with one space.
 */
#ifndef REPORT_GRID_TEXT_H
#define REPORT_GRID_TEXT_H

#include "lib/strbuf.h"

size_t text_display_width(const char *text); /* in columns; each code point is one */

void text_left(struct strbuf *out, const char *text, int width);
void text_right(struct strbuf *out, const char *text, int width);

/* Ends a line, without blanks at its end. */
void text_end(struct strbuf *out);

/* A line across, of the terminal's width. */
void text_rule(struct strbuf *out);

#endif
