/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Variants side by side: what a strategy costs and what it misses; and who ran, with the end that it came to.
 * A variant that is only run untraced has the times of that.
 *
 * Invariant: what was not measured, or a tool does not tell, is absent, not 0.
 */
#include "report/table/variants.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "report/table/figures.h"

#define NAME_WIDTH 30

static const struct figure columns[] = {
	{ "n", 0, COLUMN_DETAIL, CELL_COUNT, "n_traced", NULL },
	{ "phase 1", 9, 0, CELL_TIME, "@.phase1.p50", NULL },
	{ "phase 2", 9, 0, CELL_TIME, "@.phase2.p50", NULL },
	{ "import", 9, 0, CELL_RATIO, "ratio.import_worst.p50", NULL },
	{ "T1", 9, 0, CELL_TIME, "t1_ns.p50", NULL },
	{ "T2", 9, 0, CELL_TIME, "t2_ns.p50", NULL },
	{ "full cost", 10, 0, CELL_TIME, "task_cost_per_stop_ns.p50", NULL },
	{ "stops", 8, 0, CELL_COUNT, "stops[][]", NULL },
	{ "misses", 7, 0, CELL_COUNT, "hits_missed", NULL },
	{ "ptrace calls", 0, COLUMN_DETAIL, CELL_COUNT, "ptrace_calls", NULL },
	{ "bytes read", 0, COLUMN_DETAIL, CELL_BYTES, "bytes_read", NULL },
	{ "traps written", 0, COLUMN_DETAIL, CELL_COUNT, "traps_written", NULL },
	{ "memory", 0, COLUMN_DETAIL, CELL_BYTES, "tracer_peak_rss_bytes", NULL },
};

/* "tasks=4 wait=spin": what a variant sets, as far as its name does not say it. */
static void add_settings(const struct run_variant *variant, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf settings = STRBUF_INIT;
	const char *key;
	json_t *value;

	json_object_foreach(variant->settings, key, value) {
		_cleanup_free_ char *setting = mem_printf("%s=%s", key, json_string_value(value));

		if (!strstr(variant->name, setting))
			strbuf_printf(&settings, "%s%s", settings.len ? " · " : "", setting);
	}
	if (settings.len)
		grid_note(list, GRID_FACTS, variant->name, "%s", settings.text);
}

/* What makes a tool tell what its events cost; of several tools the first is asked for. */
const char *variants_why_no_t1(const struct run *run)
{
	const char *tool = json_string_value(json_object_get(run->scenario, "tool"));

	return tool && !strcmp(tool, "gdb") ? "told with gdb.solib_events=stop" :
					      "the tool does not tell of its events";
}

/* Whether a count is above 0 in any summary. */
static bool any_has(const struct run *run, const char *n_key)
{
	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			double n;

			if (figure_number(&(struct figure_place){ run, i, t }, n_key, &n) && n > 0)
				return true;
		}
	return false;
}

void variants_add(const struct run *run, struct grid_list *list)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		_cleanup_free_ char *corner = figures_corner(run, t);
		const struct grid_column label = { corner, NAME_WIDTH, COLUMN_LABEL, NULL };
		struct grid *grid = NULL;

		for (size_t i = 0; !grid && i < run->n_variants; i++)
			if (figures_has_runs(&(struct figure_place){ run, i, t }))
				grid = grid_add(list, GRID_TABLE, "variants %s", temperature_names[t]);
		if (!grid)
			continue;
		grid_add_columns(grid, &label, 1);
		figures_add_columns(grid, columns, ARRAY_SIZE(columns));
		for (size_t i = 0; i < run->n_variants; i++) {
			grid_text(grid, "%s", run->variants[i].name);
			figures_put(grid, &(struct figure_place){ run, i, t }, columns, ARRAY_SIZE(columns));
		}
	}
	for (size_t i = 0; i < run->n_variants; i++)
		add_settings(&run->variants[i], list);
	grid_note(list, GRID_NOTES, "import",
		  "traced / untraced, slowest rank, median of pairs%s; full cost of one stop, to a task",
		  any_has(run, "ratio.import_worst.n") ? "" : " (needs baseline=on)");
	if (!any_has(run, "t1_ns.n"))
		grid_note(list, GRID_NOTES, "T1", "%s", variants_why_no_t1(run));
	grid_note(list, GRID_NOTES, "misses",
		  "calls of functions with a breakpoint made before it was in, over all tasks");
}

void tools_add(const struct run *run, struct grid_list *list)
{
	static const struct grid_column titles[] = {
		{ "Tool", 0, COLUMN_LABEL, NULL },    { "Variant", 0, COLUMN_LEFT, NULL },
		{ "Run", 0, COLUMN_LEFT, NULL },      { "Verdict", 0, COLUMN_LEFT, NULL },
		{ "Version", 0, COLUMN_LEFT, NULL },  { "Transcript", 0, COLUMN_LEFT, NULL },
	};
	struct grid *grid = NULL;

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		if (trial->tool_verdict == VERDICT_NONE)
			continue;
		if (!grid) {
			grid = grid_add(list, GRID_TABLE, "tools");
			grid_set_caption(grid, "Tools that are processes of their own, run by run");
			grid_add_columns(grid, titles, ARRAY_SIZE(titles));
		}
		grid_text(grid, "%s", trial->tool ? trial->tool : "?");
		grid_text(grid, "%s", run->variants[trial->variant].name);
		grid_text(grid, "%s %u", temperature_names[trial->temperature], trial->repetition + 1);
		grid_text(grid, "%s", tool_verdict_names[trial->tool_verdict]);
		grid_text(grid, "%s%s", trial->tool_version ? trial->tool_version : "",
			  trial->tool_untried ? " (its description was never tried)" : "");
		grid_text(grid, "%s", trial->transcript ? fs_basename(trial->transcript) : "");
	}
}
