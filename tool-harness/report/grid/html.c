/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Grids as HTML without scripts, and legible without styles: alignment and borders are attributes, since
 * servers that show reports forbid inline styles (Jenkins does by default). A number goes with where it is
 * from (docs/report.md), so that whoever reads the page, or tests it, finds it in the record.
 *
 * Invariant: no text gets out unescaped.
 */
#include "report/grid/html.h"

#include <stdarg.h>
#include <string.h>

#include "report/grid/grid.h"

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

/* Leading blanks are for a terminal. */
static const char *trim(const char *text)
{
	return text + strspn(text, " ");
}

static bool is_left(const struct grid_column *column)
{
	return column->flags & (COLUMN_LEFT | COLUMN_LABEL);
}

static void put_attribute(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_printf(out, " %s=\"", name);
	html_text(out, value);
	strbuf_putc(out, '"');
}

/* Where a number is from, for programs and as what is shown when pointed at. */
static void put_origin(const struct cell *cell, struct strbuf *out)
{
	static const char *const names[] = { "value", "derived", "predicted", NULL };

	put_attribute(out, "data-why", cell->why);
	put_attribute(out, "title", cell->why);
	if (cell->kind < CELL_COUNT || !names[cell->origin])
		return;
	put_attribute(out, "data-record", cell->record);
	put_attribute(out, "data-key", cell->key);
	put_attribute(out, "data-under", cell->under);
	strbuf_printf(out, " data-%s=\"%.15g\"", names[cell->origin], cell->value);
	if (!cell->key)
		return;
	strbuf_puts(out, " title=\"");
	html_text(out, cell->key);
	if (cell->under)
		html_textf(out, " / %s", cell->under);
	strbuf_printf(out, " = %.15g\"", cell->value);
}

static void put_cell(const struct grid *grid, const struct cell *cell, const struct grid_column *column,
		     struct strbuf *out)
{
	const char *tag = column->flags & COLUMN_LABEL ? "th" : "td";
	const char *style = cell->origin == CELL_PRINTED ? "i" : cell->is_strong ? "b" : NULL;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	cell_show(grid, cell, &text);
	strbuf_printf(out, "<%s%s align=\"%s\"", tag, tag[1] == 'h' ? " scope=\"row\"" : "",
		      is_left(column) ? "left" : "right");
	put_origin(cell, out);
	strbuf_putc(out, '>');
	if (style)
		html_element(out, style, trim(text.text));
	else
		html_text(out, trim(text.text));
	if (cell->kind == CELL_MILLIONS && cell->origin != CELL_PRINTED)
		strbuf_puts(out, " M");
	strbuf_printf(out, "</%s>", tag);
}

static void put_heads(const struct grid *grid, struct strbuf *out)
{
	strbuf_puts(out, "<thead><tr>");
	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct grid_column *column = &grid->columns[i];
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

		strbuf_printf(out, "<th scope=\"col\" align=\"%s\">", is_left(column) ? "left" : "right");
		grid_column_title(column, &title);
		html_text(out, title.text);
		strbuf_puts(out, "</th>");
	}
	strbuf_puts(out, "</tr></thead>\n");
}

static void put_note(const char *label, const char *text, struct strbuf *out)
{
	strbuf_puts(out, "<p>");
	if (*label)
		html_element(out, "b", label);
	html_textf(out, "%s%s", *label ? ": " : "", text);
	strbuf_puts(out, "</p>\n");
}

void grid_to_html(const struct grid *grid, struct strbuf *out)
{
	if (grid->form == GRID_NOTES) {
		for (size_t row = 0; row < grid_rows(grid); row++)
			put_note(grid_cell(grid, row, 0)->text, grid_cell(grid, row, 1)->text, out);
		return;
	}
	strbuf_puts(out, "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\">\n");
	if (grid->caption) {
		html_element(out, "caption", grid->caption);
		strbuf_putc(out, '\n');
	}
	if (grid->form == GRID_TABLE)
		put_heads(grid, out);
	strbuf_puts(out, "<tbody>\n");
	for (size_t row = 0; row < grid_rows(grid); row++) {
		strbuf_puts(out, "<tr>");
		for (size_t i = 0; i < grid->n_columns; i++)
			put_cell(grid, grid_cell(grid, row, i), &grid->columns[i], out);
		strbuf_puts(out, "</tr>\n");
	}
	strbuf_puts(out, "</tbody></table>\n");
}

void grid_list_to_html(const struct grid_list *list, struct strbuf *out)
{
	for (size_t i = 0; i < list->n; i++)
		grid_to_html(&list->grids[i], out);
}
