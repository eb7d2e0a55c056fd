/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTML without scripts, and legible without styles: alignment and borders are attributes, since
 * servers that show reports forbid inline styles (Jenkins does by default).
 *
 * Invariant: no text gets out unescaped.
 */
#include "report/page/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>

#include "lib/mem.h"
#include "report/human.h"

/* Length of the UTF-8 sequence here, 0 if there is none that is valid. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80			 ? 1
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		   : (s[0] & 0xf0) == 0xe0	 ? 3
		   : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
						 : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF; C1 controls */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xc2 && s[1] < 0xa0))
		return 0;
	return n;
}

void html_text(struct strbuf *out, const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);

		if (*s == '&')
			strbuf_puts(out, "&amp;");
		else if (*s == '<')
			strbuf_puts(out, "&lt;");
		else if (*s == '>')
			strbuf_puts(out, "&gt;");
		else if (*s == '"')
			strbuf_puts(out, "&quot;");
		else if (*s == '\'')
			strbuf_puts(out, "&#39;");
		else if (n == 0 || (*s < ' ' && *s != '\n' && *s != '\t') || *s == 0x7f)
			strbuf_puts(out, "\xef\xbf\xbd");
		else
			strbuf_add(out, (const char *)s, n);
		s += n ? n : 1;
	}
}

void html_textf(struct strbuf *out, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	html_text(out, text.text);
}

void html_element(struct strbuf *out, const char *tag, const char *text)
{
	size_t name = 0;

	while (tag[name] && tag[name] != ' ')
		name++;
	strbuf_printf(out, "<%s>", tag);
	html_text(out, text);
	strbuf_printf(out, "</%.*s>", (int)name, tag);
}

void html_table_begin(struct strbuf *out, const char *caption, size_t texts, const char *const *titles)
{
	strbuf_puts(out, "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\">\n");
	if (caption) {
		html_element(out, "caption", caption);
		strbuf_putc(out, '\n');
	}
	strbuf_puts(out, "<thead><tr>");
	for (size_t i = 0; titles[i]; i++)
		html_element(out,
			     i < texts ? "th scope=\"col\" align=\"left\"" : "th scope=\"col\" align=\"right\"",
			     titles[i]);
	strbuf_puts(out, "</tr></thead>\n<tbody>\n");
}

void html_table_end(struct strbuf *out)
{
	strbuf_puts(out, "</tbody></table>\n");
}

void html_unit_text(struct strbuf *out, enum html_unit unit, double value)
{
	switch (unit) {
	case HTML_DURATION:
		human_duration(out, value);
		return;
	case HTML_BYTES:
		human_bytes(out, value);
		return;
	case HTML_COUNT:
		human_count(out, value);
		return;
	case HTML_MILLIONS:
		human_number(out, value / 1e6);
		strbuf_puts(out, " M");
		return;
	case HTML_MULTIPLE:
		human_number(out, value);
		strbuf_puts(out, " ×");
		return;
	case HTML_NUMBER:
		human_number(out, value);
		return;
	}
}

static void put_cell(struct strbuf *out, enum html_unit unit, double value, const char *record, const char *key,
		     const char *under_key)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	html_unit_text(&text, unit, value);
	strbuf_puts(out, "<td align=\"right\" data-record=\"");
	html_text(out, record);
	strbuf_puts(out, "\" data-key=\"");
	html_text(out, key);
	if (under_key) {
		strbuf_puts(out, "\" data-under=\"");
		html_text(out, under_key);
	}
	strbuf_printf(out, "\" data-value=\"%.15g\" title=\"", value);
	html_text(out, key);
	if (under_key) {
		strbuf_puts(out, " / ");
		html_text(out, under_key);
	}
	strbuf_printf(out, " = %.15g\">", value);
	html_text(out, text.text);
	strbuf_puts(out, "</td>");
}

void html_value(struct strbuf *out, enum html_unit unit, double value, const char *record, const char *key_fmt, ...)
{
	_cleanup_strbuf_ struct strbuf key = STRBUF_INIT;
	va_list ap;

	va_start(ap, key_fmt);
	strbuf_vprintf(&key, key_fmt, ap);
	va_end(ap);
	if (isfinite(value))
		put_cell(out, unit, value, record, key.text, NULL);
	else
		html_no_value(out);
}

void html_ratio(struct strbuf *out, double over, double under, const char *record, const char *over_key,
		const char *under_key)
{
	if (under > 0 && isfinite(over / under))
		put_cell(out, HTML_MULTIPLE, over / under, record, over_key, under_key);
	else
		html_no_value(out);
}

void html_no_value(struct strbuf *out)
{
	strbuf_puts(out, "<td align=\"right\">-</td>");
}
