/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Grids on a terminal: plain UTF-8, GRID_TEXT_WIDTH columns unless a name or a text that is never cut is
 * wider. Assumes that no text holds combining or double-width characters.
 *
 * Invariant: a line never ends with blanks.
 */
#include "report/grid/text.h"

#include <string.h>

#include "lib/mem.h"
#include "report/grid/grid.h"

#define SEPARATOR " · "

/* --- padding ---------------------------------------------------------------------- */

size_t text_display_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void fill(struct strbuf *out, const char *with, int n)
{
	for (int i = 0; i < n; i++)
		strbuf_puts(out, with);
}

void text_left(struct strbuf *out, const char *text, int width)
{
	int n = (int)text_display_width(text);

	strbuf_puts(out, text);
	fill(out, " ", n < width ? width - n : 1);
}

void text_right(struct strbuf *out, const char *text, int width)
{
	int n = (int)text_display_width(text);

	fill(out, " ", n < width ? width - n : 1);
	strbuf_puts(out, text);
}

void text_end(struct strbuf *out)
{
	while (out->len > 0 && out->text[out->len - 1] == ' ')
		out->text[--out->len] = '\0';
	strbuf_putc(out, '\n');
}

void text_rule(struct strbuf *out)
{
	fill(out, "─", GRID_TEXT_WIDTH);
	strbuf_putc(out, '\n');
}

/* --- facts and notes -------------------------------------------------------------- */

/* Facts go on in a line of their own where they would be too wide; notes are one line each. */
static void put_facts(const char *label, const char *facts, bool wraps, struct strbuf *out)
{
	size_t column = GRID_LABEL_WIDTH;

	text_left(out, label, GRID_LABEL_WIDTH);
	while (*facts) {
		const char *end = wraps ? strstr(facts, SEPARATOR) : NULL;
		_cleanup_free_ char *fact = end ? mem_strndup(facts, (size_t)(end - facts)) : mem_strdup(facts);
		size_t width = text_display_width(fact), gap = column > GRID_LABEL_WIDTH ? strlen(SEPARATOR) - 1 : 0;

		if (gap && column + gap + width > GRID_TEXT_WIDTH) {
			text_end(out);
			fill(out, " ", GRID_LABEL_WIDTH);
			column = GRID_LABEL_WIDTH;
			gap = 0;
		}
		strbuf_printf(out, "%s%s", gap ? SEPARATOR : "", fact);
		column += gap + width;
		facts += strlen(fact) + (end ? strlen(SEPARATOR) : 0);
	}
	text_end(out);
}

/* --- tables ----------------------------------------------------------------------- */

static bool is_left(const struct grid_column *column)
{
	return column->flags & (COLUMN_LEFT | COLUMN_LABEL);
}

/* As it was asked for, or as the column needs. Names at the begin of a row do not widen it. */
static int width_of(const struct grid *grid, size_t column)
{
	const struct grid_column *c = &grid->columns[column];
	int gap = c->width ? 1 : 2, width = (int)text_display_width(c->title) + gap;

	if (c->width && c->flags & COLUMN_LABEL)
		return c->width;
	for (size_t row = 0; row < grid_rows(grid); row++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		cell_show(grid, grid_cell(grid, row, column), &text);
		if (text.len && (int)text_display_width(text.text) + gap > width)
			width = (int)text_display_width(text.text) + gap;
	}
	return width > c->width ? width : c->width;
}

/* The names of groups, each with a line to both sides; what is above a table stands left of them. */
static void put_groups(const struct grid *grid, const int *widths, struct strbuf *out)
{
	size_t at = out->len;
	int begin = 0;

	for (size_t i = 0, next; i < grid->n_columns; i = next) {
		const char *group = grid->columns[i].group;
		int width = widths[i], rest;

		for (next = i + 1; group && next < grid->n_columns && grid->columns[next].group &&
				   !strcmp(grid->columns[next].group, group);
		     next++)
			width += widths[next];
		if (!group) {
			begin += at == out->len ? width : 0;
			fill(out, " ", at == out->len ? 0 : width);
			continue;
		}
		if (at == out->len)
			text_left(out, grid->caption ? grid->caption : "", begin);
		rest = width - 4 - (int)text_display_width(group);
		fill(out, " ", 2);
		fill(out, "─", rest / 2);
		strbuf_printf(out, " %s ", group);
		fill(out, "─", rest - rest / 2);
	}
	if (at == out->len && grid->caption)
		strbuf_puts(out, grid->caption);
	if (at < out->len)
		text_end(out);
}

/* A row of texts, NULL: nothing. What is wider than its column takes from the next one, if that has room. */
static void put_row(const struct grid *grid, const int *widths, char *const *texts, struct strbuf *out)
{
	bool after_number = false;
	int over = 0;

	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct grid_column *column = &grid->columns[i];
		const char *text = texts[i] ? texts[i] : "";
		int width = widths[i] - over, used = (int)text_display_width(text) + 1;

		if (column->flags & COLUMN_DETAIL)
			continue;
		over = used > width ? used - width : 0;
		if (!is_left(column)) {
			text_right(out, text, width);
			after_number = true;
			continue;
		}
		if (after_number)
			strbuf_puts(out, "  ");
		after_number = false;
		text_left(out, text, width);
		/* a name that is wider than its column stands in a line of its own */
		if (over && i + 1 < grid->n_columns && !is_left(&grid->columns[i + 1]) && over > 1) {
			text_end(out);
			fill(out, " ", widths[i]);
			over = 0;
		}
	}
	text_end(out);
}

/* Labels as in the row above are left out, as far as all before them are. */
static char **texts_of(const struct grid *grid, size_t row)
{
	char **texts = mem_calloc(grid->n_columns, sizeof(*texts));
	bool alike = row > 0;

	for (size_t i = 0; i < grid->n_columns; i++) {
		const struct cell *cell = grid_cell(grid, row, i);
		struct strbuf text = STRBUF_INIT;

		if (grid->columns[i].flags & COLUMN_LABEL && !(grid->columns[i].flags & COLUMN_DETAIL)) {
			const char *above = alike ? grid_cell(grid, row - 1, i)->text : NULL;

			alike = alike && above && cell->text && !strcmp(above, cell->text);
			if (alike)
				continue;
		}
		cell_show(grid, cell, &text);
		texts[i] = strbuf_steal(&text);
	}
	return texts;
}

static void put_table(const struct grid *grid, struct strbuf *out)
{
	_cleanup_free_ int *widths = mem_calloc(grid->n_columns, sizeof(*widths));
	_cleanup_free_ char **titles = mem_calloc(grid->n_columns, sizeof(*titles));

	for (size_t i = 0; i < grid->n_columns; i++) {
		widths[i] = grid->columns[i].flags & COLUMN_DETAIL ? 0 : width_of(grid, i);
		titles[i] = (char *)grid->columns[i].title;
	}
	put_groups(grid, widths, out);
	put_row(grid, widths, titles, out);
	for (size_t row = 0; row < grid_rows(grid); row++) {
		_cleanup_free_ char **texts = texts_of(grid, row);

		put_row(grid, widths, texts, out);
		for (size_t i = 0; i < grid->n_columns; i++)
			free(texts[i]);
	}
}

void grid_to_text(const struct grid *grid, struct strbuf *out)
{
	if (grid->begins_part)
		text_rule(out);
	if (grid->form == GRID_TABLE) {
		put_table(grid, out);
		return;
	}
	for (size_t row = 0; row < grid_rows(grid); row++) {
		const char *label = grid_cell(grid, row, 0)->text;

		if (row && !strcmp(label, grid_cell(grid, row - 1, 0)->text))
			label = "";
		put_facts(label, grid_cell(grid, row, 1)->text, grid->form == GRID_FACTS, out);
	}
}

void grid_list_to_text(const struct grid_list *list, struct strbuf *out)
{
	for (size_t i = 0; i < list->n; i++)
		grid_to_text(&list->grids[i], out);
}
