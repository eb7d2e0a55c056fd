/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables about counts, a row for each temperature: stops by class and phase, libraries and breakpoints of
 * a task, link maps, and what the tool used. All of them are medians over repetitions.
 */
#include "report/table/counts.h"

#include <inttypes.h>

#include "lib/cleanup.h"
#include "report/human.h"
#include "report/table/figures.h"

#define LABEL_WIDTH 18
#define PLACES_SHOWN 4

static const struct figure stops[] = {
	{ "all", 10, 0, CELL_COUNT, "stops[][]", NULL },
	{ "add", 9, 0, CELL_COUNT, "stops[].add", NULL },
	{ "delete", 9, 0, CELL_COUNT, "stops[].delete", NULL },
	{ "consistent", 12, 0, CELL_COUNT, "stops[].consistent", NULL },
	{ "null", 9, 0, CELL_COUNT, "stops[].null", NULL },
	{ "start-up", 12, 0, CELL_COUNT, "stops.startup[]", NULL },
	{ "import", 10, 0, CELL_COUNT, "stops.import[]", NULL },
	{ "later", 10, 0, CELL_COUNT, "stops.later[]", NULL },
	{ "loaded", 0, COLUMN_DETAIL, CELL_COUNT, "stops[].loaded", NULL },
	{ "unloaded", 0, COLUMN_DETAIL, CELL_COUNT, "stops[].unloaded", NULL },
	{ "odd sequences", 0, COLUMN_DETAIL, CELL_COUNT, "odd_sequences", NULL },
};

static const struct figure per_task[] = {
	{ "load events", 12, 0, CELL_COUNT, "load_events", "tasks" },
	{ "of phase 2", 12, 0, CELL_COUNT, "load_events_per_task", NULL },
	{ "libs at start", 15, 0, CELL_COUNT, "libraries_at_start", NULL },
	{ "at end", 9, 0, CELL_COUNT, "libraries_at_end", NULL },
	{ "of target", 11, 0, CELL_COUNT, "target_libraries", NULL },
	{ "breakpoints", 13, 0, CELL_COUNT, "breakpoints_planted", "tasks" },
	{ "hits", 10, 0, CELL_COUNT, "breakpoint_hits", "tasks" },
	{ "missed, all tasks", 0, COLUMN_DETAIL, CELL_COUNT, "hits_missed", NULL },
	{ "of", 0, COLUMN_DETAIL, CELL_COUNT, "hits_expected", NULL },
};

static const struct figure maps[] = {
	{ "tasks", 12, 0, CELL_COUNT, "maps_read", NULL },
	{ "different", 12, 0, CELL_COUNT, "maps_different", NULL },
	{ "by files", 15, 0, CELL_COUNT, "maps_different_names", NULL },
	{ "libraries", 14, 0, CELL_COUNT, "libraries_mapped", NULL },
	{ "same place", 15, 0, CELL_COUNT, "libraries_same_place", NULL },
};

static const struct figure tracer[] = {
	{ "CPU time", 12, 0, CELL_TIME, "tracer_cpu_ns.p50", NULL },
	{ "peak memory", 14, 0, CELL_BYTES, "tracer_peak_rss_bytes", NULL },
	{ "ptrace calls", 15, 0, CELL_COUNT, "ptrace_calls", NULL },
	{ "bytes read", 14, 0, CELL_COUNT, "bytes_read", NULL },
	{ "traps written", 15, 0, CELL_COUNT, "traps_written", NULL },
};

/* What is seldom and not expected is said in words below its table. */
static void note_stops(const struct figure_place *place, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf loads = STRBUF_INIT, unloads = STRBUF_INIT, odd = STRBUF_INIT;
	double loaded = 0, unloaded = 0, sequences = 0;

	figure_number(place, "stops[].loaded", &loaded);
	figure_number(place, "stops[].unloaded", &unloaded);
	figure_number(place, "odd_sequences", &sequences);
	human_count(&loads, loaded);
	human_count(&unloads, unloaded);
	human_count(&odd, sequences);
	if (loaded + unloaded > 0)
		grid_note(list, GRID_NOTES, "", "%s, told at their end: loads %s, unloads %s",
			  temperature_names[place->temperature], loads.text, unloads.text);
	if (sequences > 0)
		grid_note(list, GRID_NOTES, "", "%s: odd sequences of stops: %s",
			  temperature_names[place->temperature], odd.text);
}

void missed_add(const struct figure_place *place, const char *label, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf missed = STRBUF_INIT, of = STRBUF_INIT;
	double values[2] = { 0 };

	if (!figure_number(place, "hits_missed", &values[0]))
		return;
	figure_number(place, "hits_expected", &values[1]);
	human_count(&missed, values[0]);
	human_count(&of, values[1]);
	grid_note(list, GRID_NOTES, label, "%s: calls that came before their breakpoint, all tasks: %s of %s",
		  temperature_names[place->temperature], missed.text, of.text);
}

static const struct trial *last_traced(const struct figure_place *place)
{
	const struct run *run = place->run;

	for (size_t i = run->n_trials; i > 0; i--)
		if (run->trials[i - 1].variant == place->variant && run->trials[i - 1].traced &&
		    run->trials[i - 1].temperature == place->temperature)
			return &run->trials[i - 1];
	return NULL;
}

/* Names that have several places: which, and how often each was hit, in the last traced run. */
static void note_places(const struct figure_place *place, struct grid_list *list)
{
	const struct trial *trial = last_traced(place);

	missed_add(place, "", list);
	for (size_t i = 0; trial && i < trial->n_breakpoints; i++) {
		const struct trial_breakpoint *bp = &trial->breakpoints[i];
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		for (size_t j = 0; bp->n_places > 1 && j < bp->n_places && j < PLACES_SHOWN; j++)
			strbuf_printf(&text, "%s%s%s%s %" PRIu64, j ? ", " : "", bp->places[j].symbol,
				      bp->places[j].kind == PLACE_FUNCTION ? "" : " ",
				      bp->places[j].kind == PLACE_FUNCTION ? "" :
									     place_kind_names[bp->places[j].kind],
				      bp->places[j].hits);
		if (text.len)
			grid_note(list, GRID_NOTES, "", "%s: '%s' has %zu places, hit: %s%s",
				  temperature_names[place->temperature], bp->function, bp->n_places, text.text,
				  bp->n_places > PLACES_SHOWN ? ", ..." : "");
	}
}

static const struct {
	const char *name, *title;
	const struct figure *figures;
	size_t n;
	const char *only_above; /* a row is there if this number is above... */
	double least;           /* ...that */
	void (*note)(const struct figure_place *place, struct grid_list *list);
} tables[] = {
	{ "stops", "stops, all tasks", stops, ARRAY_SIZE(stops), "n_traced", 0, note_stops },
	{ "per task", "per task", per_task, ARRAY_SIZE(per_task), "tasks", 0, note_places },
	{ "link maps", "link maps", maps, ARRAY_SIZE(maps), "maps_read", 1, NULL },
	{ "tracer", "tracer", tracer, ARRAY_SIZE(tracer), "n_traced", 0, NULL },
};

static bool has_row(const struct figure_place *place, size_t table)
{
	double value;

	return figure_summary(place)->n_traced && figure_number(place, tables[table].only_above, &value) &&
	       value > tables[table].least;
}

static void add_table(const struct run *run, size_t variant, size_t table, bool is_first, struct grid_list *list)
{
	const struct grid_column label = { tables[table].title, LABEL_WIDTH, COLUMN_LABEL, NULL };
	struct grid *grid = NULL;

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place place = { run, variant, t };

		if (!has_row(&place, table))
			continue;
		if (!grid) {
			grid = grid_add(list, GRID_TABLE, "%s", tables[table].name);
			grid->begins_part = is_first;
			grid_add_columns(grid, &label, 1);
			figures_add_columns(grid, tables[table].figures, tables[table].n);
		}
		grid_text(grid, "  %s", temperature_names[t]);
		figures_put(grid, &place, tables[table].figures, tables[table].n);
	}
	for (size_t t = 0; grid && tables[table].note && t < TEMPERATURE_N; t++) {
		const struct figure_place place = { run, variant, t };

		if (has_row(&place, table))
			tables[table].note(&place, list);
	}
}

void counts_add(const struct run *run, size_t variant, struct grid_list *list)
{
	size_t before = list->n;

	for (size_t i = run_tells_events(run, &run->variants[variant]) ? 0 : 1; i < ARRAY_SIZE(tables); i++)
		add_table(run, variant, i, list->n == before, list);
}
