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

static void put_rule(int width, struct strbuf *out)
{
	fill(out, "─", width);
	strbuf_putc(out, '\n');
}

void text_rule(struct strbuf *out)
{
	put_rule(GRID_TEXT_WIDTH, out);
}

/* --- facts and notes -------------------------------------------------------------- */

/* How wide, and whether in colours. */
struct look {
	int width;
	bool is_terminal, colours;
};

static void put_label(const struct cell *label, bool again, const struct look *look, struct strbuf *out)
{
	static const char *const colours[] = { [TONE_GOOD] = "\033[32m", [TONE_BAD] = "\033[1;31m" };
	bool coloured = look->colours && label->tone != TONE_PLAIN && !again;

	strbuf_puts(out, coloured ? colours[label->tone] : "");
	text_left(out, again ? "" : label->text, GRID_LABEL_WIDTH);
	strbuf_puts(out, coloured ? "\033[0m" : "");
}

/* What is put in one piece: facts break between facts, notes between words, and on a terminal alone. */
static size_t piece_len(const char *text, const char *separator)
{
	const char *end = strstr(text, separator);

	return end ? (size_t)(end - text) : strlen(text);
}

static void put_line(const struct cell *label, bool again, const char *text, bool facts, const struct look *look,
		     struct strbuf *out)
{
	const char *separator = facts ? SEPARATOR : " ";
	bool wraps = facts || look->is_terminal;
	int column = GRID_LABEL_WIDTH, separator_width = (int)text_display_width(separator);

	put_label(label, again, look, out);
	while (*text) {
		size_t len = wraps ? piece_len(text, separator) : strlen(text);
		_cleanup_free_ char *piece = mem_strndup(text, len);
		int width = (int)text_display_width(piece), gap = column > GRID_LABEL_WIDTH ? separator_width : 0;

		if (gap && column + gap + width > look->width) {
			text_end(out);
			fill(out, " ", GRID_LABEL_WIDTH);
			column = GRID_LABEL_WIDTH;
			gap = 0;
		}
		strbuf_printf(out, "%s%s", gap ? separator : "", piece);
		column += gap + width;
		text += len + (text[len] ? strlen(separator) : 0);
	}
	text_end(out);
}

static void put_lines(const struct grid *grid, const struct look *look, struct strbuf *out)
{
	for (size_t row = 0; row < grid_rows(grid); row++) {
		const struct cell *label = grid_cell(grid, row, 0);
		bool again = row && !strcmp(label->text, grid_cell(grid, row - 1, 0)->text);

		put_line(label, again, grid_cell(grid, row, 1)->text, grid->form == GRID_FACTS, look, out);
	}
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

/* A column of this width is not there, in this block of the table. */
#define HIDDEN (-1)

static bool is_label(const struct grid_column *column)
{
	return column->flags & COLUMN_LABEL;
}

static bool same_group(const struct grid_column *a, const struct grid_column *b)
{
	return a->group && b->group && !strcmp(a->group, b->group);
}

/* Columns from `at` that stand together: a group, or one alone. */
static size_t together_end(const struct grid *grid, size_t at)
{
	size_t end = at + 1;

	while (end < grid->n_columns && same_group(&grid->columns[at], &grid->columns[end]))
		end++;
	return end;
}

static int sum_of(const int *widths, size_t begin, size_t end)
{
	int sum = 0;

	for (size_t i = begin; i < end; i++)
		sum += widths[i] == HIDDEN ? 0 : widths[i];
	return sum;
}

/* The names of groups, each with a line to both sides; what is above a table stands left of them. */
static void put_groups(const struct grid *grid, const int *widths, struct strbuf *out)
{
	size_t at = out->len;
	int begin = 0;

	for (size_t i = 0; i < grid->n_columns; i = together_end(grid, i)) {
		const char *group = grid->columns[i].group;
		int width = sum_of(widths, i, together_end(grid, i)), rest;

		if (!width)
			continue;
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

		if (widths[i] == HIDDEN)
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

static void put_block(const struct grid *grid, const int *widths, struct strbuf *out)
{
	_cleanup_free_ char **titles = mem_calloc(grid->n_columns, sizeof(*titles));

	for (size_t i = 0; i < grid->n_columns; i++)
		titles[i] = (char *)grid->columns[i].title;
	put_groups(grid, widths, out);
	put_row(grid, widths, titles, out);
	for (size_t row = 0; row < grid_rows(grid); row++) {
		_cleanup_free_ char **texts = texts_of(grid, row);

		put_row(grid, widths, texts, out);
		for (size_t i = 0; i < grid->n_columns; i++)
			free(texts[i]);
	}
}

/* A table that is too wide is put in blocks one below the other, each with the labels of its rows. */
static void put_table(const struct grid *grid, const struct look *look, struct strbuf *out)
{
	_cleanup_free_ int *widths = mem_calloc(grid->n_columns, sizeof(*widths));
	_cleanup_free_ int *shown = mem_calloc(grid->n_columns, sizeof(*shown));
	size_t labels = 0, at;

	for (size_t i = 0; i < grid->n_columns; i++)
		widths[i] = grid->columns[i].flags & COLUMN_DETAIL ? HIDDEN : width_of(grid, i);
	while (labels < grid->n_columns && is_label(&grid->columns[labels]))
		labels++;
	at = labels;
	do {
		int width = sum_of(widths, 0, labels);
		size_t begin = at;

		for (; at < grid->n_columns; at = together_end(grid, at)) {
			int more = sum_of(widths, at, together_end(grid, at));

			if (look->is_terminal && at > begin && width + more > look->width)
				break;
			width += more;
		}
		for (size_t i = 0; i < grid->n_columns; i++)
			shown[i] = i < labels || (i >= begin && i < at) ? widths[i] : HIDDEN;
		put_block(grid, shown, out);
	} while (at < grid->n_columns);
}

void grid_list_to_text(const struct grid_list *list, struct strbuf *out)
{
	const struct look look = {
		.width = list->width ? list->width : GRID_TEXT_WIDTH,
		.is_terminal = list->width > 0,
		.colours = list->colours,
	};

	for (size_t i = 0; i < list->n; i++) {
		const struct grid *grid = &list->grids[i];

		if (grid->begins_part)
			put_rule(look.width, out);
		if (grid->form == GRID_TABLE)
			put_table(grid, &look, out);
		else
			put_lines(grid, &look, out);
	}
}
