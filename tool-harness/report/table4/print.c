/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Table 4 as text: a row per tool and number of tasks, what is predicted behind it and marked so, the
 * paper's numbers as it prints them, and tools as multiples of the kit's own tracer.
 *
 * Invariant: a number that was not measured here is in a row that says so.
 */
#include "report/table4/rows.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "report/table/cell.h"
#include "report/human.h"
#include "report/paper.h"

#define NAME_WIDTH 28
#define TASKS_WIDTH 6
#define COLUMN_WIDTH 11

static void put_heading(const struct run *run, const struct table4 *table, struct strbuf *out)
{
	cell_left(out, "Table 4", NAME_WIDTH);
	cell_right(out, "", TASKS_WIDTH);
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		if (table->measured[t])
			cell_ruled(out, TABLE4_N * COLUMN_WIDTH - 2, "%s", temperature_names[t]);
	cell_end(out);
	cell_left(out, "", NAME_WIDTH);
	cell_right(out, "tasks", TASKS_WIDTH);
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		for (size_t i = 0; table->measured[t] && i < TABLE4_N; i++)
			cell_right(out, i == TABLE4_TOTAL && !run->target ? "whole run" : table4_span_names[i],
				   COLUMN_WIDTH);
	cell_end(out);
}

/* One of the three numbers of each time, by its offset. */
static void put_times(const struct table4 *table, const struct table4_row *row, size_t offset, struct strbuf *out)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		for (size_t i = 0; table->measured[t] && i < TABLE4_N; i++) {
			double ns = *(const double *)((const char *)&row->times[t][i] + offset);

			if (isnan(ns))
				cell_right(out, "-", COLUMN_WIDTH);
			else
				cell_duration(out, ns, COLUMN_WIDTH);
		}
	}
	cell_end(out);
}

static void put_labels(const char *name, double tasks, struct strbuf *out)
{
	cell_left(out, name, NAME_WIDTH);
	if (cell_display_width(name) >= NAME_WIDTH) {
		cell_end(out);
		cell_left(out, "", NAME_WIDTH);
	}
	if (tasks > 0)
		cell_count(out, tasks, TASKS_WIDTH);
	else
		cell_right(out, "", TASKS_WIDTH);
}

static void put_row(const struct table4 *table, const struct table4_row *row, struct strbuf *out)
{
	put_labels(row->predicted ? "  predicted" : row->variant->name, row->tasks, out);
	put_times(table, row, offsetof(struct table4_time, ns), out);
	if (!row->predicted)
		return;
	put_labels("    from", 0, out);
	put_times(table, row, offsetof(struct table4_time, low_ns), out);
	put_labels("    to", 0, out);
	put_times(table, row, offsetof(struct table4_time, high_ns), out);
}

static void put_paper(const struct table4 *table, struct strbuf *out)
{
	for (size_t i = 0; i < PAPER_STARTUPS; i++) {
		const struct paper_startup *startup = &paper_startups[i];
		_cleanup_free_ char *name = mem_printf("paper: %s", startup->name);

		put_labels(name, startup->tasks, out);
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			for (size_t j = 0; table->measured[t] && j < TABLE4_N; j++)
				cell_right(out, startup->times[t][j], COLUMN_WIDTH);
		cell_end(out);
	}
}

static void put_ratio(const struct table4 *table, const struct table4_ratio *ratio, struct strbuf *out)
{
	_cleanup_free_ char *name = mem_printf("%s / %s", ratio->row->variant->name, ratio->base->variant->name);

	put_labels(name, ratio->row->tasks, out);
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		for (size_t i = 0; table->measured[t] && i < TABLE4_N; i++) {
			if (isfinite(ratio->times[t][i]))
				cell_multiple(out, ratio->times[t][i], COLUMN_WIDTH);
			else
				cell_right(out, "-", COLUMN_WIDTH);
		}
	}
	cell_end(out);
}

/* How each prediction came about, and whether it could be run here at all. */
static void put_predictions(const struct run *run, const struct table4 *table, struct strbuf *out)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct table4_row *row = &table->rows[i];
		double memory = table4_exceeds_bytes(run, row);

		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (row->law[t] && (t == 0 || !row->law[0] || strcmp(row->law[0], row->law[t])))
				strbuf_printf(out, "predicted %s: %s\n", row->variant->name, row->law[t]);
		if (memory > 0) {
			strbuf_printf(out, "memory    %s: %.0f would hold ", row->variant->name, row->tasks);
			human_bytes(out, row->memory_bytes);
			strbuf_puts(out, ", this machine has ");
			human_bytes(out, memory);
			strbuf_putc(out, '\n');
		}
	}
}

void table4_put(const struct run *run, struct strbuf *out)
{
	struct table4 table;

	table4_make(run, &table);
	put_heading(run, &table, out);
	for (size_t i = 0; i < table.n_rows; i++)
		put_row(&table, &table.rows[i], out);
	if (run->target)
		put_paper(&table, out);
	for (size_t i = 0; i < table.n_ratios; i++)
		put_ratio(&table, &table.ratios[i], out);
	strbuf_puts(out, "phase 1   launch until all tasks are attached to, linked libraries read, breakpoints set\n");
	if (run->target)
		strbuf_puts(out, "phase 2   from there until the last task has imported everything; total: both\n");
	else
		strbuf_puts(out, "whole run launch until all tasks have ended: a command has no marks for phase 2\n");
	put_predictions(run, &table, out);
	if (run->target)
		strbuf_printf(out, "paper     Table 4: %s\n", paper_startup_source);
	table4_deinit(&table);
}
