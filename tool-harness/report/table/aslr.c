/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pairs of variants that differ in nothing but ASLR.
 *
 * Invariant: a factor stands below the two numbers that it is of.
 */
#include "report/table/aslr.h"

#include "lib/mem.h"
#include "measure/aslrtax.h"
#include "measure/stats/ratio.h"
#include "report/aslrpair.h"
#include "report/human.h"
#include "report/table/figures.h"

#define CONFIDENCE 0.95
#define RESAMPLES 2000
#define SEED 1 /* the same interval on every host */

/* By measure; then what there are no factors of. */
static const struct figure columns[] = {
	[ASLR_PHASE1] = { "phase 1", 9, 0, CELL_TIME, "traced_ns.phase1.p50", NULL },
	[ASLR_PHASE2] = { "phase 2", 9, 0, CELL_TIME, "traced_ns.phase2.p50", NULL },
	[ASLR_T1] = { "T1", 9, 0, CELL_TIME, "t1_ns.p50", NULL },
	[ASLR_BYTES_READ] = { "bytes read", 11, 0, CELL_BYTES, "bytes_read", NULL },
	[ASLR_MEMORY] = { "memory", 10, 0, CELL_BYTES, "tracer_peak_rss_bytes", NULL },
	{ "maps", 7, 0, CELL_COUNT, "maps_different", NULL },
	{ "same place", 11, 0, CELL_COUNT, "libraries_same_place", NULL },
	{ "of libraries", 0, COLUMN_DETAIL, CELL_COUNT, "libraries_mapped", NULL },
};

static void put_side(const struct figure_place *place, const char *label, const char *side, bool maps_known,
		     struct grid *grid)
{
	grid_text(grid, "%s", label);
	grid_text(grid, "%s", side);
	figure_put(grid, place, CELL_COUNT, "n_traced");
	figures_put(grid, place, columns, ASLR_N);
	for (size_t i = ASLR_N; i < ARRAY_SIZE(columns); i++)
		if (maps_known)
			figure_put(grid, place, columns[i].kind, columns[i].key);
		else
			grid_absent(grid, "link maps were not read");
}

static void put_tax(const struct figure_place *on, const struct figure_place *off, const struct aslr_tax *tax,
		    const char *label, struct grid *grid)
{
	grid_text(grid, "%s", label);
	grid_text(grid, "on / off");
	grid_empty(grid);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (i >= ASLR_N)
			grid_empty(grid);
		else if (tax->rows[i].known)
			figure_put_quotient(grid, CELL_RATIO, on, columns[i].key, off, columns[i].key);
		else
			grid_absent(grid, "not known of both");
}

/* Of each valid traced run of a variant. */
static void collect(const struct figure_place *place, enum aslr_measure measure, struct samples *ret)
{
	const struct run *run = place->run;

	for (size_t i = 0; i < run->n_trials && i < run->n_trial_summaries; i++) {
		const struct trial *trial = &run->trials[i];
		double value;

		if (trial->variant != place->variant || trial->temperature != place->temperature || !trial->traced ||
		    trial->n_contradictions)
			continue;
		value = aslr_value_of_trial(&run->trial_summaries[i], trial, measure);
		if (value > 0)
			samples_add(ret, value);
	}
}

/* Where the factor lies with 95 % confidence, as the runs differ: one that spans 1 is not told from none. */
static void put_interval(const struct figure_place *on, const struct figure_place *off, const char *label,
			 struct grid *grid)
{
	grid_text(grid, "%s", label);
	grid_text(grid, "95 %%");
	grid_empty(grid);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		_cleanup_(samples_deinit) struct samples over = { 0 }, under = { 0 };
		_cleanup_strbuf_ struct strbuf low = STRBUF_INIT, high = STRBUF_INIT;
		struct ratio ratio;

		if (i >= ASLR_N) {
			grid_empty(grid);
			continue;
		}
		collect(on, (enum aslr_measure)i, &over);
		collect(off, (enum aslr_measure)i, &under);
		if (over.n < 2 || under.n < 2) {
			grid_absent(grid, "it takes two runs on both sides");
			continue;
		}
		ratio_compute(&over, &under, CONFIDENCE, RESAMPLES, SEED, &ratio);
		human_number(&low, ratio.low);
		human_number(&high, ratio.high);
		grid_other(grid, CELL_RATIO, CELL_DERIVED, ratio.low);
		grid_show(grid, "%s…%s", low.text, high.text);
	}
}

static struct grid *add_grid(struct grid_list *list)
{
	static const struct grid_column labels[] = {
		{ "ASLR tax", 25, COLUMN_LABEL, NULL },
		{ "", 9, COLUMN_LABEL, NULL },
		{ "n", 0, COLUMN_DETAIL, NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "aslr");

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	figures_add_columns(grid, columns, ARRAY_SIZE(columns));
	return grid;
}

void aslr_add(const struct run *run, struct grid_list *list)
{
	struct grid *grid = NULL;
	struct aslr_pair pair;
	struct aslr_tax tax;

	for (size_t i = 0; aslr_pair_find(run, i, &pair); i = pair.on + 1) {
		_cleanup_free_ char *name = aslr_pair_name(run, &pair);

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			const struct figure_place on = { run, pair.on, t }, off = { run, pair.off, t };
			_cleanup_free_ char *label = mem_printf("  %s %s", temperature_names[t], name);

			if (!aslr_tax_compute(figure_summary(&on), figure_summary(&off), &tax))
				continue;
			grid = grid ? grid : add_grid(list);
			put_side(&on, label, "on", tax.maps_known, grid);
			put_side(&off, label, "off", tax.maps_known, grid);
			put_tax(&on, &off, &tax, label, grid);
			put_interval(&on, &off, label, grid);
		}
	}
	if (grid)
		grid_note(list, GRID_NOTES, "maps",
			  "different link maps among the tasks; same place: libraries at one address in all");
}
