/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of HTML. All texts are escaped here. */
#ifndef REPORT_GRID_HTML_H
#define REPORT_GRID_HTML_H

#include "lib/strbuf.h"

/*
 * A text, good between tags and in a quoted attribute. Control characters and bytes that are no
 * UTF-8 become U+FFFD.
 */
void html_text(struct strbuf *out, const char *text);
void html_textf(struct strbuf *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* <tag>text</tag>; tag may hold attributes: "td align=\"left\"". */
void html_element(struct strbuf *out, const char *tag, const char *text);

#endif
