/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces of HTML. All texts are escaped here; a number is put together with where it is from,
 * so that whoever reads the page, or tests it, finds it in the record.
 */
#ifndef REPORT_PAGE_HTML_H
#define REPORT_PAGE_HTML_H

#include "lib/strbuf.h"

/*
 * A text, good between tags and in a quoted attribute. Control characters and bytes that are no
 * UTF-8 become U+FFFD.
 */
void html_text(struct strbuf *out, const char *text);
void html_textf(struct strbuf *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* <tag>text</tag>; tag may hold attributes: "td align=\"left\"". */
void html_element(struct strbuf *out, const char *tag, const char *text);

/* A table with a caption (plain text, may be NULL), then its head by NULL-terminated titles, of
 * which the first `texts` are of text columns. The caller puts rows and ends it with html_table_end. */
void html_table_begin(struct strbuf *out, const char *caption, size_t texts, const char *const *titles);
void html_table_end(struct strbuf *out);

enum html_unit {
	HTML_DURATION, /* the value is in ns */
	HTML_BYTES,
	HTML_COUNT,
	HTML_MILLIONS, /* "0.0703 M": a count, in millions */
	HTML_MULTIPLE, /* a factor: "1.07 ×" */
	HTML_NUMBER,   /* three digits without a unit */
};

/* "8.12 µs": the value as the tables print it. */
void html_unit_text(struct strbuf *out, enum html_unit unit, double value);

/*
 * A right-aligned cell with a value as a person reads it. Its attributes: data-record (id of a run),
 * data-key (path in the record's JSON, as jq takes it without the first dot; a sum if it ends in []),
 * data-value (unrounded).
 */
void html_value(struct strbuf *out, enum html_unit unit, double value, const char *record, const char *key_fmt, ...)
	PRINTF_LIKE(5, 6);

/* Likewise over / under, with data-key and data-under; a dash if under is not above 0. */
void html_ratio(struct strbuf *out, double over, double under, const char *record, const char *over_key,
		const char *under_key);

/* A cell for what was not measured: a dash. */
void html_no_value(struct strbuf *out);

#endif
