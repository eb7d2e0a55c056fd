/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Grids as Markdown, with the tables that GitHub and GitLab know.
 *
 * Invariant: text that came from a record is escaped: it is no markup.
 */
#include <string.h>

#include "report/grid/grid.h"
#include "report/grid/markdown.h"

void markdown_text(struct strbuf *out, const char *text)
{
	for (text += strspn(text, " "); *text; text++) {
		if (strchr("|<>*_`\\[]", *text))
			strbuf_putc(out, '\\');
		strbuf_putc(out, *text == '\n' ? ' ' : *text);
	}
}

static void put_cell(const struct grid *grid, const struct cell *cell, struct strbuf *out)
{
	const char *mark = cell->is_strong ? "**" : cell->origin == CELL_PRINTED ? "*" : "";
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	cell_show(grid, cell, &text);
	strbuf_puts(out, " ");
	if (!text.len)
		return;
	strbuf_puts(out, mark);
	markdown_text(out, text.text);
	strbuf_printf(out, "%s ", mark);
}

static void put_table(const struct grid *grid, struct strbuf *out)
{
	strbuf_puts(out, "|");
	for (size_t i = 0; i < grid->n_columns; i++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

		grid_column_title(&grid->columns[i], &title);
		strbuf_putc(out, ' ');
		markdown_text(out, title.text);
		strbuf_puts(out, " |");
	}
	strbuf_puts(out, "\n|");
	for (size_t i = 0; i < grid->n_columns; i++)
		strbuf_puts(out, grid->columns[i].flags & (COLUMN_LEFT | COLUMN_LABEL) ? "---|" : "---:|");
	strbuf_putc(out, '\n');
	for (size_t row = 0; row < grid_rows(grid); row++) {
		strbuf_puts(out, "|");
		for (size_t i = 0; i < grid->n_columns; i++) {
			put_cell(grid, grid_cell(grid, row, i), out);
			strbuf_putc(out, '|');
		}
		strbuf_putc(out, '\n');
	}
}

void grid_to_markdown(const struct grid *grid, struct strbuf *out)
{
	if (grid->caption) {
		strbuf_puts(out, "#### ");
		markdown_text(out, grid->caption);
		strbuf_puts(out, "\n\n");
	}
	if (grid->form == GRID_TABLE)
		put_table(grid, out);
	for (size_t row = 0; grid->form != GRID_TABLE && row < grid_rows(grid); row++) {
		strbuf_puts(out, "- ");
		if (*grid_cell(grid, row, 0)->text) {
			markdown_text(out, grid_cell(grid, row, 0)->text);
			strbuf_puts(out, ": ");
		}
		markdown_text(out, grid_cell(grid, row, 1)->text);
		strbuf_putc(out, '\n');
	}
}

void grid_list_to_markdown(const struct grid_list *list, struct strbuf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		strbuf_puts(out, i ? "\n" : "");
		grid_to_markdown(&list->grids[i], out);
	}
}
