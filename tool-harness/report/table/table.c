/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which tables of a run there are, and phases as in the paper's Table 4. The head (target, job,
 * machine) and the verdict are head.c, counts are counts.c, costs costs.c.
 *
 * Invariant: nothing that is shown depends on the format.
 */
#include "report/table/table.h"

#include "lib/mem.h"
#include "report/table/aslr.h"
#include "report/table/costs.h"
#include "report/table/counts.h"
#include "report/table/driver.h"
#include "report/table/figures.h"
#include "report/table/head.h"
#include "report/table/variants.h"
#include "report/table4/rows.h"

static const struct {
	enum span span;
	const char *part, *what;
} span_rows[] = {
	{ SPAN_PHASE1, "phase 1", "launch to planted" },
	{ SPAN_ACQUIRE, "phase 1", "tasks acquired" },
	{ SPAN_STOP, "phase 1", "stopped at exec" },
	{ SPAN_START, "phase 1", "linked libraries mapped" },
	{ SPAN_LINKMAPS, "phase 1", "link maps read" },
	{ SPAN_SYMBOLS, "phase 1", "symbols read" },
	{ SPAN_PLANT, "phase 1", "breakpoints planted" },
	{ SPAN_FIRST_STACK, "stacks", "first task" },
	{ SPAN_LAST_STACK, "stacks", "last task" },
	{ SPAN_PHASE2, "phase 2", "continued to imported" },
	{ SPAN_STARTUP, "phase 1 + 2", "" },
	{ SPAN_VISIT, "visit", "" },
	{ SPAN_MPI, "MPI test", "" },
	{ SPAN_EXIT, "exit", "" },
	{ SPAN_TOTAL, "total", "" },
	{ SPAN_IMPORT_WORST, "import", "slowest rank" },
	{ SPAN_IMPORT_MEDIAN, "import", "median rank" },
};

static void add_span_columns(const struct run *run, size_t variant, struct grid *grid)
{
	static const struct grid_column labels[] = { { "", 10, COLUMN_LABEL, NULL }, { "", 24, COLUMN_LABEL, NULL } };

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place place = { run, variant, t };
		const struct summary *s = figure_summary(&place);
		_cleanup_free_ char *group = mem_printf("%s: n = %zu, untraced %zu", temperature_names[t],
							(size_t)s->n_traced, (size_t)s->n_untraced);
		const struct grid_column columns[] = {
			{ "untraced", 12, 0, group }, { "traced", 11, 0, group }, { "ratio", 10, 0, group },
		};

		if (figures_has_runs(&place))
			grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	}
}

static void add_spans(const struct run *run, size_t variant, bool begins_part, struct grid_list *list)
{
	static const struct {
		const char *key;
		enum cell_kind kind;
	} columns[] = { { "untraced_ns", CELL_TIME }, { "traced_ns", CELL_TIME }, { "ratio", CELL_RATIO } };
	const struct summary *summaries = run->variants[variant].summaries;
	struct grid *grid = grid_add(list, GRID_TABLE, "phases");

	grid->begins_part = begins_part;
	grid->absent = "";
	add_span_columns(run, variant, grid);
	for (size_t row = 0; row < ARRAY_SIZE(span_rows); row++) {
		enum span span = span_rows[row].span;
		bool any = false;

		for (size_t t = 0; t < TEMPERATURE_N; t++)
			any |= summaries[t].traced_ns[span].n + summaries[t].untraced_ns[span].n > 0;
		if (!any)
			continue;
		grid_text(grid, "%s", span_rows[row].part);
		grid_text(grid, "%s", span_rows[row].what);
		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			const struct figure_place place = { run, variant, t };

			for (size_t i = 0; figures_has_runs(&place) && i < ARRAY_SIZE(columns); i++) {
				_cleanup_free_ char *key = mem_printf("%s.%s.p50", columns[i].key, span_names[span]);

				figure_put(grid, &place, columns[i].kind, key);
			}
		}
	}
}

/* Everything about one variant of a traced run; its name where there are others. */
static void add_variant(const struct run *run, size_t variant, struct grid_list *list)
{
	bool traced = false;

	for (size_t i = 0; i < TEMPERATURE_N; i++)
		traced |= run->variants[variant].summaries[i].n_traced > 0;
	if (run->n_variants > 1) {
		grid_add(list, GRID_FACTS, "variant")->begins_part = true;
		grid_note(list, GRID_FACTS, "variant", "%s", run->variants[variant].name);
	}
	add_spans(run, variant, run->n_variants == 1, list);
	residency_add(run, variant, list);
	if (traced)
		counts_add(run, variant, list);
	if (costs_has_any(run, variant)) {
		costs_add(run, variant, 1, list);
		list->grids[list->n - 1].begins_part = true;
		floors_add(run, variant, list);
		model_add(run, variant, list);
	}
}

/* Adds tables, of which the first begins a part. */
static void add_part(void (*add)(const struct run *run, struct grid_list *list), const struct run *run,
		     struct grid_list *list)
{
	size_t before = list->n;

	add(run, list);
	if (list->n > before)
		list->grids[before].begins_part = true;
}

void table_add(const struct run *run, struct grid_list *list)
{
	head_add(run, list);
	if (run_is_untraced(run)) {
		add_part(driver_add_times, run, list);
		add_part(driver_add_misses, run, list);
		residency_add(run, run->n_variants, list);
	} else {
		if (table4_applies(run))
			add_part(table4_add, run, list);
		if (run->n_variants > 1)
			add_part(variants_add, run, list);
		for (size_t i = 0; i < run->n_variants; i++)
			add_variant(run, i, list);
	}
	add_part(aslr_add, run, list);
	grid_add(list, GRID_NOTES, "verdict")->begins_part = true;
	verdict_add(run, VERDICT_QUOTES, list);
}

void table_format(const struct run *run, struct strbuf *out)
{
	struct grid_list list = { 0 };

	table_add(run, &list);
	grid_list_to_text(&list, out);
	grid_list_deinit(&list);
}
