/* SPDX-License-Identifier: BSD-3-Clause */
/* gnuplot, which draws all pictures: commands in, SVG out. */
#ifndef REPORT_PAGE_PLOT_H
#define REPORT_PAGE_PLOT_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/strbuf.h"

/* There is a gnuplot in PATH. */
bool plot_available(void);

/* "set terminal svg ..." of a white picture of this size in pixels. */
void plot_put_terminal(struct strbuf *script, unsigned width, unsigned height);

/* A text as a string of gnuplot's, in which nothing ends the string. Say noenhanced where it is used,
 * or its underscores and braces are markup. */
void plot_put_quoted(struct strbuf *script, const char *text);

/*
 * Has gnuplot draw and appends the SVG document. Without gnuplot an error of status EXIT_SKIPPED;
 * what gnuplot complains of is an error with its words.
 */
MUST_CHECK struct err *plot_draw(const struct strbuf *script, struct strbuf *ret);

/* The same picture as a PDF document, of the same shape: for slides. */
MUST_CHECK struct err *plot_draw_pdf(const struct strbuf *script, struct strbuf *ret);

/*
 * Appends the <svg> element of a document of gnuplot's, to stand inside of HTML with others like it:
 * without its prologue, with `prefix` before every id and reference to one, and with `label`, which
 * says what is to be seen to who cannot see it.
 */
void plot_put_inline(struct strbuf *out, const char *document, const char *prefix, const char *label);

#endif
