/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Grids, filled cell by cell. Knows no table and no format but how a single number is shown.
 *
 * Invariant: a number that is shown is a number; what is none is absent, and says why.
 */
#include "report/grid/grid.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "report/human.h"

const char *const cell_kind_names[] = { "empty", "absent", "text",  "count",  "millions", "time_ns",
					"bytes", "ratio",  "share", "number", NULL };
_Static_assert(ARRAY_SIZE(cell_kind_names) == CELL_N + 1, "a name per kind");

static void cell_deinit(struct cell *cell)
{
	free(cell->text);
	free(cell->why);
	free(cell->record);
	free(cell->key);
	free(cell->under);
}

static void grid_deinit(struct grid *grid)
{
	for (size_t i = 0; i < grid->n_cells; i++)
		cell_deinit(&grid->cells[i]);
	for (size_t i = 0; i < grid->n_columns; i++) {
		free((char *)grid->columns[i].title);
		free((char *)grid->columns[i].group);
	}
	free(grid->cells);
	free(grid->columns);
	free(grid->caption);
	free(grid->name);
}

void grid_list_deinit(struct grid_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		grid_deinit(&list->grids[i]);
	free(list->grids);
	memset(list, 0, sizeof(*list));
}

/* Names of others are in it, of files, functions, hosts: nothing of them moves a cursor or breaks a row. */
static char *format(const char *fmt, va_list ap)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_vprintf(&text, fmt, ap);
	return text_legible(text.text);
}

struct grid *grid_add(struct grid_list *list, enum grid_form form, const char *name_fmt, ...)
{
	static const struct grid_column pair[] = {
		{ "", GRID_LABEL_WIDTH, COLUMN_LABEL, NULL },
		{ "", 0, COLUMN_LEFT, NULL },
	};
	struct grid *grid;
	va_list ap;

	mem_grow(list->grids, list->n, list->cap);
	grid = &list->grids[list->n++];
	*grid = (struct grid){ .form = form, .absent = "-" };
	va_start(ap, name_fmt);
	grid->name = format(name_fmt, ap);
	va_end(ap);
	if (form != GRID_TABLE)
		grid_add_columns(grid, pair, ARRAY_SIZE(pair));
	return grid;
}

void grid_add_columns(struct grid *grid, const struct grid_column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		mem_grow(grid->columns, grid->n_columns, grid->cap_columns);
		grid->columns[grid->n_columns] = columns[i];
		grid->columns[grid->n_columns].title = mem_strdup(columns[i].title);
		grid->columns[grid->n_columns++].group = mem_strdup(columns[i].group);
	}
}

void grid_set_caption(struct grid *grid, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(grid->caption);
	grid->caption = format(fmt, ap);
	va_end(ap);
}

size_t grid_rows(const struct grid *grid)
{
	return grid->n_columns ? grid->n_cells / grid->n_columns : 0;
}

const struct cell *grid_cell(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cells[row * grid->n_columns + column];
}

static struct cell *add_cell(struct grid *grid, enum cell_kind kind, enum cell_origin origin, double value)
{
	struct cell *cell;

	mem_grow(grid->cells, grid->n_cells, grid->cap_cells);
	cell = &grid->cells[grid->n_cells++];
	*cell = (struct cell){ .kind = kind, .origin = origin, .value = value };
	return cell;
}

void grid_text(struct grid *grid, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cell(grid, CELL_TEXT, CELL_RECORDED, 0)->text = format(fmt, ap);
	va_end(ap);
}

void grid_empty(struct grid *grid)
{
	add_cell(grid, CELL_EMPTY, CELL_RECORDED, 0);
}

void grid_absent(struct grid *grid, const char *why)
{
	add_cell(grid, CELL_ABSENT, CELL_RECORDED, 0)->why = mem_strdup(why);
}

void grid_value(struct grid *grid, enum cell_kind kind, double value, const char *record, const char *key_fmt, ...)
{
	struct cell *cell;
	va_list ap;

	if (!isfinite(value)) {
		grid_absent(grid, "not measured");
		return;
	}
	cell = add_cell(grid, kind, CELL_RECORDED, value);
	cell->record = mem_strdup(record);
	va_start(ap, key_fmt);
	cell->key = format(key_fmt, ap);
	va_end(ap);
}

void grid_quotient(struct grid *grid, enum cell_kind kind, double over, double under, const char *record,
		   const char *over_key, const char *under_key)
{
	if (!(under > 0)) {
		grid_absent(grid, "there is nothing to divide by");
		return;
	}
	grid_value(grid, kind, over / under, record, "%s", over_key);
	grid->cells[grid->n_cells - 1].under = mem_strdup(under_key);
}

void grid_other(struct grid *grid, enum cell_kind kind, enum cell_origin origin, double value)
{
	if (isfinite(value))
		add_cell(grid, kind, origin, value);
	else
		grid_absent(grid, "not known");
}

void grid_show(struct grid *grid, const char *fmt, ...)
{
	struct cell *cell = &grid->cells[grid->n_cells - 1];
	va_list ap;

	va_start(ap, fmt);
	free(cell->text);
	cell->text = format(fmt, ap);
	va_end(ap);
}

void grid_strong(struct grid *grid, bool is_strong)
{
	grid->cells[grid->n_cells - 1].is_strong = is_strong;
}

void grid_note(struct grid_list *list, enum grid_form form, const char *label, const char *fmt, ...)
{
	struct grid *grid = list->n ? &list->grids[list->n - 1] : NULL;
	va_list ap;

	if (!grid || grid->form != form)
		grid = grid_add(list, form, form == GRID_FACTS ? "facts" : "notes");
	grid_text(grid, "%s", label);
	va_start(ap, fmt);
	add_cell(grid, CELL_TEXT, CELL_RECORDED, 0)->text = format(fmt, ap);
	va_end(ap);
}

void grid_note_tone(struct grid_list *list, enum cell_tone tone)
{
	struct grid *grid = &list->grids[list->n - 1];

	grid->cells[grid->n_cells - 2].tone = tone;
}

void cell_show_value(enum cell_kind kind, double value, struct strbuf *out)
{
	switch (kind) {
	case CELL_COUNT:
		human_count(out, value);
		break;
	case CELL_MILLIONS:
		human_number(out, value / 1e6);
		break;
	case CELL_TIME:
		human_duration(out, value);
		break;
	case CELL_BYTES:
		human_bytes(out, value);
		break;
	case CELL_RATIO:
		human_number(out, value);
		strbuf_puts(out, " ×");
		break;
	case CELL_SHARE:
		strbuf_printf(out, "%.*f %%", fabs(value) < 0.1 ? 2 : 1, 100 * value);
		break;
	case CELL_NUMBER:
		human_number(out, value);
		break;
	case CELL_EMPTY:
	case CELL_ABSENT:
	case CELL_TEXT:
	case CELL_N:
		break;
	}
}

void cell_show(const struct grid *grid, const struct cell *cell, struct strbuf *out)
{
	if (cell->text)
		strbuf_puts(out, cell->text);
	else if (cell->kind == CELL_ABSENT)
		strbuf_puts(out, grid->absent);
	else
		cell_show_value(cell->kind, cell->value, out);
}

void grid_column_title(const struct grid_column *column, struct strbuf *out)
{
	strbuf_printf(out, "%s%s%s", column->group ? column->group : "", column->group ? ", " : "",
		      column->title + strspn(column->title, " "));
}
