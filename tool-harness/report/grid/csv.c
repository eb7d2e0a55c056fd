/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Grids as one table for programs: a line for each cell, since tables differ in their columns. Columns are
 * those of docs/formats.md. Values are unrounded and in the unit of their kind.
 *
 * Invariant: what is not known has no value, and says why.
 */
#include <string.h>

#include "report/grid/grid.h"

static void put_field(struct strbuf *out, const char *text)
{
	text = text ? text + strspn(text, " ") : "";
	if (!strpbrk(text, ",\"\r\n")) {
		strbuf_puts(out, text);
		return;
	}
	strbuf_putc(out, '"');
	for (; *text; text++)
		strbuf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
	strbuf_putc(out, '"');
}

/* "host, worst rank": what names a row. */
static void put_row_name(const struct grid *grid, size_t row, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

	for (size_t i = 0; i < grid->n_columns; i++) {
		const char *text = grid_cell(grid, row, i)->text;

		if (!(grid->columns[i].flags & COLUMN_LABEL) || !text || !*text)
			continue;
		strbuf_printf(&name, "%s%s", name.len ? ", " : "", text + strspn(text, " "));
	}
	put_field(out, name.text);
}

static void put_cell(const struct grid *grid, size_t row, size_t column, struct strbuf *out)
{
	static const char *const origins[] = { "", "derived", "predicted", "printed" };
	const struct cell *cell = grid_cell(grid, row, column);
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

	put_field(out, grid->name);
	strbuf_putc(out, ',');
	put_row_name(grid, row, out);
	strbuf_putc(out, ',');
	grid_column_title(&grid->columns[column], &title);
	put_field(out, title.text);
	strbuf_printf(out, ",%s,", cell_kind_names[cell->kind]);
	if (cell->kind >= CELL_COUNT && cell->origin != CELL_PRINTED)
		strbuf_printf(out, "%.17g", cell->value);
	else
		put_field(out, cell->text);
	strbuf_printf(out, ",%s,", cell->kind >= CELL_COUNT ? origins[cell->origin] : "");
	put_field(out, cell->why);
	strbuf_putc(out, ',');
	put_field(out, cell->record);
	strbuf_putc(out, ',');
	put_field(out, cell->key);
	strbuf_putc(out, ',');
	put_field(out, cell->under);
	strbuf_putc(out, '\n');
}

void grid_list_to_csv(const struct grid_list *list, struct strbuf *out)
{
	strbuf_puts(out, "table,row,column,kind,value,origin,why,record,key,under\n");
	for (size_t i = 0; i < list->n; i++) {
		const struct grid *grid = &list->grids[i];

		for (size_t row = 0; row < grid_rows(grid); row++)
			for (size_t column = 0; column < grid->n_columns; column++)
				if (!(grid->columns[column].flags & COLUMN_LABEL) &&
				    grid_cell(grid, row, column)->kind != CELL_EMPTY)
					put_cell(grid, row, column, out);
	}
}
