/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Places in a settings file: an error with file:line:col, the line and a caret.
 * Does not parse; counts characters, not columns of a terminal.
 * Invariant: whatever bytes the file holds, what is shown is printable UTF-8.
 */
#include <string.h>

#include "lib/conf/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

#define SOURCE_WIDTH 100

/* The line of a place and a caret below; columns count characters. */
static void show_source(const struct conf_source *source, struct conf_place place, struct strbuf *sb)
{
	const char *p = source->text, *end = source->text + source->len;

	for (int line = 1; line < place.line && p; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	if (!p || place.line < 1)
		return;

	/* Of a long line the part around the place. */
	int first = place.column > SOURCE_WIDTH * 3 / 4 ? place.column - SOURCE_WIDTH / 2 : 1;
	int column = 1, caret = -1, shown = 0;
	strbuf_puts(sb, "\n    ");
	while (p < end && *p != '\n' && *p != '\r' && shown < SOURCE_WIDTH) {
		uint32_t c;
		size_t n = conf_utf8_next(p, (size_t)(end - p), &c);

		if (column >= first) {
			if (column == place.column)
				caret = shown;
			if (!n || c < 0x20 || (c >= 0x7f && c < 0xa0))
				strbuf_putc(sb, n && c == '\t' ? ' ' : '?');
			else
				strbuf_add(sb, p, n);
			shown++;
		}
		p += n ? n : 1;
		column++;
	}
	strbuf_printf(sb, "\n    %*s^", caret < 0 ? shown : caret, "");
}

struct err *conf_at_place(const struct conf_source *source, struct conf_place place, struct err *inner)
{
	_cleanup_err_ struct err *guard = inner;
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;
	const char *hint = err_hint_text(inner);

	show_source(source, place, &shown);
	struct err *err = err_new("%s:%d:%d: %s%s", source->name, place.line, place.column,
				  err_message(inner), shown.text);
	return hint ? err_hint(err, "%s", hint) : err;
}

struct err *conf_check_source(const struct conf_source *source)
{
	size_t bad = conf_utf8_check(source->text, source->len);
	const char *nul = memchr(source->text, '\0', bad);
	struct conf_place place = { 1, 1 };

	if (nul)
		bad = (size_t)(nul - source->text);
	if (bad == source->len)
		return NULL;
	for (size_t at = 0; at < bad;) {
		uint32_t c;

		at += conf_utf8_next(source->text + at, source->len - at, &c);
		place = c == '\n' ? (struct conf_place){ place.line + 1, 1 }
				  : (struct conf_place){ place.line, place.column + 1 };
	}
	if (nul)
		return conf_at_place(source, place, err_new("NUL byte in a text file"));
	return conf_at_place(source, place,
			     err_new("byte 0x%02x is not UTF-8", (unsigned char)source->text[bad]));
}
