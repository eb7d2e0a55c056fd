/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table 4 as a grid: a row per tool and number of tasks, what is predicted behind it and marked so, the
 * paper's numbers as it prints them, and tools as multiples of the kit's own tracer.
 *
 * Invariant: a number that was not measured here is in a row that says so.
 */
#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/paper.h"
#include "report/table/figures.h"
#include "report/table4/internal.h"

#define NAME_WIDTH 28
#define TASKS_WIDTH 6
#define COLUMN_WIDTH 11

static void add_columns(const bool *measured, bool has_phases, struct grid *grid)
{
	static const struct grid_column labels[] = {
		{ "Tool", 0, COLUMN_LABEL | COLUMN_DETAIL, NULL },
		{ "", NAME_WIDTH, COLUMN_LABEL, NULL },
		{ "tasks", TASKS_WIDTH, 0, NULL },
		{ "n", 0, COLUMN_DETAIL, NULL },
	};

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		for (size_t i = 0; measured[t] && i < TABLE4_N; i++)
			grid_add_columns(grid,
					 &(struct grid_column){ i == TABLE4_TOTAL && !has_phases ? "whole run" :
												   table4_span_names[i],
								COLUMN_WIDTH, 0, temperature_names[t] },
					 1);
}

static struct figure_place place_of(const struct run *run, const struct table4_row *row, enum temperature t)
{
	return (struct figure_place){ run, (size_t)(row->variant - run->variants), t };
}

static char *span_key(const struct run *run, enum table4_span span)
{
	return mem_printf("traced_ns.%s.p50", span_names[table4_span_of(run, span)]);
}

/* Tasks and runs are said once; of the temperature that was run. */
static void put_begin(const struct run *run, const struct table4_row *row, const char *name, struct grid *grid)
{
	enum temperature t = row->variant->summaries[0].n_traced ? 0 : TEMPERATURE_N - 1;
	const struct figure_place place = place_of(run, row, t);

	grid_text(grid, "%s", row->tool);
	grid_text(grid, "%s", name);
	figure_put(grid, &place, CELL_COUNT, "tasks");
	figure_put(grid, &place, CELL_COUNT, "n_traced");
}

static void put_measured(const struct run *run, const bool *measured, const struct table4_row *row, struct grid *grid)
{
	put_begin(run, row, row->variant->name, grid);
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place place = place_of(run, row, t);

		for (size_t i = 0; measured[t] && i < TABLE4_N; i++) {
			_cleanup_free_ char *key = span_key(run, i);

			figure_put(grid, &place, CELL_TIME, key);
		}
	}
}

/* A row for the prediction, and for both ends of its range. */
static void put_predicted(const bool *measured, const struct table4_row *row, struct grid *grid)
{
	static const struct {
		const char *name;
		size_t offset; /* in struct table4_time */
	} rows[] = {
		{ "  predicted", offsetof(struct table4_time, ns) },
		{ "    from", offsetof(struct table4_time, low_ns) },
		{ "    to", offsetof(struct table4_time, high_ns) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		grid_text(grid, "%s", row->tool);
		grid_text(grid, "%s", rows[i].name);
		if (i == 0)
			grid_other(grid, CELL_COUNT, CELL_PREDICTED, row->tasks);
		else
			grid_empty(grid);
		grid_empty(grid);
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			for (size_t j = 0; measured[t] && j < TABLE4_N; j++)
				grid_other(grid, CELL_TIME, CELL_PREDICTED,
					   *(const double *)((const char *)&row->times[t][j] + rows[i].offset));
	}
}

static void put_paper(const bool *measured, struct grid *grid)
{
	for (size_t i = 0; i < PAPER_STARTUPS; i++) {
		const struct paper_startup *startup = &paper_startups[i];

		grid_text(grid, "TotalView");
		grid_text(grid, "paper: %s", startup->name);
		grid_other(grid, CELL_COUNT, CELL_PRINTED, startup->tasks);
		grid_empty(grid);
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			for (size_t j = 0; measured[t] && j < TABLE4_N; j++) {
				grid_other(grid, CELL_TIME, CELL_PRINTED, 0);
				grid_show(grid, "%s", startup->times[t][j]);
			}
	}
}

static void put_ratio(const struct run *run, const bool *measured, const struct table4_ratio *ratio, struct grid *grid)
{
	_cleanup_free_ char *name = mem_printf("%s / %s", ratio->row->variant->name, ratio->base->variant->name);

	put_begin(run, ratio->row, name, grid);
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place over = place_of(run, ratio->row, t), under = place_of(run, ratio->base, t);

		for (size_t i = 0; measured[t] && i < TABLE4_N; i++) {
			_cleanup_free_ char *key = span_key(run, i);

			figure_put_quotient(grid, CELL_RATIO, &over, key, &under, key);
		}
	}
}

/* How each prediction came about, and whether it could be run here at all. */
static void note_predictions(const struct run *run, const struct table4 *table, struct grid_list *list)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct table4_row *row = &table->rows[i];
		_cleanup_strbuf_ struct strbuf needed = STRBUF_INIT, there = STRBUF_INIT;
		double memory = table4_exceeds_bytes(run, row);

		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (row->law[t] && (t == 0 || !row->law[0] || strcmp(row->law[0], row->law[t])))
				grid_note(list, GRID_NOTES, "predicted", "%s: %s", row->variant->name, row->law[t]);
		if (!(memory > 0))
			continue;
		human_bytes(&needed, row->memory_bytes);
		human_bytes(&there, memory);
		grid_note(list, GRID_NOTES, "memory", "%s: %.0f tasks would hold %s, this machine has %s",
			  row->variant->name, row->tasks, needed.text, there.text);
	}
}

static void note_phases(bool has_phases, struct grid_list *list)
{
	grid_note(list, GRID_NOTES, "phase 1",
		  "launch until all tasks are attached to, linked libraries read, breakpoints set");
	if (has_phases)
		grid_note(list, GRID_NOTES, "phase 2",
			  "from there until the last task has imported everything; total: both");
	else
		grid_note(list, GRID_NOTES, "whole run",
			  "launch until all tasks have ended: a command has no marks for phase 2");
}

void table4_add_runs(const struct run *const *runs, size_t n, struct grid_list *list)
{
	_cleanup_free_ struct table4 *tables = mem_calloc(n, sizeof(*tables));
	bool measured[TEMPERATURE_N] = { false }, has_phases = n && runs[0]->target;
	struct grid *grid = grid_add(list, GRID_TABLE, "table4");

	for (size_t i = 0; i < n; i++) {
		table4_make(runs[i], &tables[i]);
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			measured[t] |= tables[i].measured[t];
	}
	grid_set_caption(grid, "Table 4");
	add_columns(measured, has_phases, grid);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < tables[i].n_rows; j++)
			if (tables[i].rows[j].predicted)
				put_predicted(measured, &tables[i].rows[j], grid);
			else
				put_measured(runs[i], measured, &tables[i].rows[j], grid);
	if (has_phases)
		put_paper(measured, grid);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < tables[i].n_ratios; j++)
			put_ratio(runs[i], measured, &tables[i].ratios[j], grid);
	note_phases(has_phases, list);
	for (size_t i = 0; i < n; i++) {
		note_predictions(runs[i], &tables[i], list);
		table4_deinit(&tables[i]);
	}
	if (has_phases)
		grid_note(list, GRID_NOTES, "paper", "Table 4: %s", paper_startup_source);
}

void table4_add(const struct run *run, struct grid_list *list)
{
	table4_add_runs(&run, 1, list);
}
