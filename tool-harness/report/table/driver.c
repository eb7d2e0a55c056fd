/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables 1 and 2. Each variant has a row of its slowest rank and one of its median rank,
 * both medians over repetitions; what the paper has for it; and both as multiples of the
 * vanilla build, which is what may be compared between machines.
 *
 * Invariant: a number of the paper is in a row that says so.
 */
#include "report/table/driver.h"

#include <math.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "report/paper.h"
#include "report/table/figures.h"

#define NAME_WIDTH 17
#define ROW_WIDTH 15
#define COLUMN_WIDTH 11
#define MILLION 1e6
#define VANILLA "host"

/* A column of either table: where its number is in a summary and in the paper. */
struct column {
	const char *group, *title;
	const char *worst, *median; /* keys in a summary */
	size_t paper;               /* offset in struct paper_row; NOT_IN_PAPER */
};
#define NOT_IN_PAPER ((size_t)-1)
#define PAPER_AT(member) offsetof(struct paper_row, member)

struct metrics {
	const char *name, *caption;
	const char *worst_row;
	enum cell_kind kind;
	double paper_unit;          /* of a number of the paper's, in that of the kind */
	const struct column *columns;
	size_t n;
	bool has_source;            /* who counted, and by how much repetitions differ */
};

#define TIME_COLUMN(title, span, paper) \
	{ NULL, title, "untraced_ns." span "_worst.p50", "untraced_ns." span "_median.p50", paper }
static const struct column time_columns[] = {
	TIME_COLUMN("start-up", "driver", PAPER_AT(startup_s)),
	TIME_COLUMN("of task", "own", NOT_IN_PAPER),
	TIME_COLUMN("import", "import", PAPER_AT(import_s)),
	TIME_COLUMN("visit", "visit", PAPER_AT(visit_s)),
	TIME_COLUMN("total", "sum", PAPER_AT(total_s)),
	TIME_COLUMN("MPI test", "mpi_test", NOT_IN_PAPER),
};

#define MISS_COLUMN(phase, title, counter, paper) \
	{ phase, title, "counters_worst." phase "." counter ".p50", "counters_median." phase "." counter ".p50", paper }
static const struct column miss_columns[] = {
	MISS_COLUMN("import", "L1-D", "l1d_misses", PAPER_AT(import_l1d)),
	MISS_COLUMN("import", "L1-I", "l1i_misses", PAPER_AT(import_l1i)),
	MISS_COLUMN("visit", "L1-D", "l1d_misses", PAPER_AT(visit_l1d)),
	MISS_COLUMN("visit", "L1-I", "l1i_misses", PAPER_AT(visit_l1i)),
};

static const struct metrics times = {
	.name = "table1", .worst_row = "slowest rank", .kind = CELL_TIME, .paper_unit = NS_PER_S,
	.columns = time_columns, .n = ARRAY_SIZE(time_columns),
};
static const struct metrics misses = {
	.name = "table2", .caption = "millions of misses", .worst_row = "worst rank", .kind = CELL_MILLIONS,
	.paper_unit = MILLION, .columns = miss_columns, .n = ARRAY_SIZE(miss_columns), .has_source = true,
};

static void put_rest(const struct metrics *metrics, struct grid *grid)
{
	for (size_t i = 0; metrics->has_source && i < 2; i++)
		grid_empty(grid);
}

/* Who counted, and by how much its repetitions differ, of the worst rank's counts. */
static void put_source(const struct figure_place *place, struct grid *grid)
{
	const char *source = json_string_value(json_object_get(place->run->counters, "source"));
	double spread = -1;

	for (size_t i = 0; i < misses.n; i++) {
		size_t len = strlen(misses.columns[i].worst) - strlen("p50");
		static const char *const names[] = { "n", "min", "p50", "max" };
		double values[ARRAY_SIZE(names)] = { 0 };

		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			_cleanup_free_ char *key = mem_printf("%.*s%s", (int)len, misses.columns[i].worst, names[j]);

			figure_number(place, key, &values[j]);
		}
		if (values[0] > 1)
			spread = fmax(spread, values[2] > 0 ? (values[3] - values[1]) / values[2] : 0);
	}
	grid_text(grid, "%s", source ? source : "?");
	if (spread < 0)
		grid_absent(grid, "there is one repetition");
	else
		grid_other(grid, CELL_SHARE, CELL_DERIVED, spread);
}

static void put_ours(const struct metrics *metrics, const struct figure_place *place, bool worst, struct grid *grid)
{
	grid_text(grid, "%s", place->run->variants[place->variant].name);
	grid_text(grid, "%s", worst ? metrics->worst_row : "median rank");
	figure_put(grid, place, CELL_COUNT, "n_untraced");
	for (size_t i = 0; i < metrics->n; i++)
		figure_put(grid, place, metrics->kind, worst ? metrics->columns[i].worst : metrics->columns[i].median);
	if (metrics->has_source && worst)
		put_source(place, grid);
	else
		put_rest(metrics, grid);
}

/* The slowest rank's as multiples of the vanilla build's; nothing where one of them is not known. */
static void put_ratios(const struct metrics *metrics, const struct figure_place *place,
		       const struct figure_place *vanilla, struct grid *grid)
{
	double value;

	grid_text(grid, "%s", place->run->variants[place->variant].name);
	grid_text(grid, "× " VANILLA);
	grid_empty(grid);
	for (size_t i = 0; i < metrics->n; i++) {
		const char *key = metrics->columns[i].worst;

		if (figure_number(place, key, &value) && figure_number(vanilla, key, &value) && value > 0)
			figure_put_quotient(grid, CELL_RATIO, place, key, vanilla, key);
		else
			grid_empty(grid);
	}
	put_rest(metrics, grid);
}

static double paper_value(const struct paper_row *row, const struct column *column)
{
	return column->paper == NOT_IN_PAPER ? NAN : *(const double *)((const char *)row + column->paper);
}

/* As printed, or over what is printed of the vanilla build. */
static void put_paper(const struct metrics *metrics, const struct paper_row *paper, const struct paper_row *vanilla,
		      struct grid *grid)
{
	grid_text(grid, "  (%s)", paper->name);
	grid_text(grid, vanilla ? "paper × " VANILLA : "paper");
	grid_empty(grid);
	for (size_t i = 0; i < metrics->n; i++) {
		double value = paper_value(paper, &metrics->columns[i]);

		if (isnan(value)) {
			grid_empty(grid);
			continue;
		}
		if (vanilla) {
			grid_other(grid, CELL_RATIO, CELL_PRINTED, value / paper_value(vanilla, &metrics->columns[i]));
			continue;
		}
		grid_other(grid, metrics->kind, CELL_PRINTED, value * metrics->paper_unit);
		grid_show(grid, value < 1 ? "%.2f%s" : "%.1f%s", value, metrics->kind == CELL_TIME ? " s" : "");
	}
	put_rest(metrics, grid);
}

/* The variant that the paper's tables begin with; n_variants: none. */
static size_t find_vanilla(const struct run *run)
{
	size_t i = 0;

	while (i < run->n_variants && (!run->variants[i].program || run->variants[i].bind_now ||
				       strcmp(run->variants[i].program, VANILLA) != 0))
		i++;
	return i;
}

static const struct paper_row *paper_of(const struct run_variant *variant)
{
	_cleanup_free_ char *name = variant_name(variant->program, variant->bind_now);

	return paper_find(name);
}

/* All rows of one variant. */
static void put_variant(const struct metrics *metrics, const struct figure_place *place, struct grid *grid)
{
	const struct figure_place vanilla = { place->run, find_vanilla(place->run), place->temperature };
	const struct paper_row *paper = paper_of(&place->run->variants[place->variant]);

	put_ours(metrics, place, true, grid);
	put_ours(metrics, place, false, grid);
	if (vanilla.variant < place->run->n_variants && vanilla.variant != place->variant)
		put_ratios(metrics, place, &vanilla, grid);
	if (!paper)
		return;
	put_paper(metrics, paper, NULL, grid);
	if (paper != paper_find(VANILLA))
		put_paper(metrics, paper, paper_find(VANILLA), grid);
}

static void add_columns(const struct metrics *metrics, const char *corner, struct grid *grid)
{
	const struct grid_column labels[] = {
		{ corner, NAME_WIDTH, COLUMN_LABEL, NULL },
		{ "", ROW_WIDTH, COLUMN_LABEL, NULL },
		{ "n", 0, COLUMN_DETAIL, NULL },
	};
	static const struct grid_column source[] = {
		{ "source", COLUMN_WIDTH - 1, COLUMN_LEFT, NULL },
		{ "spread", COLUMN_WIDTH, 0, NULL },
	};

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	for (size_t i = 0; i < metrics->n; i++)
		grid_add_columns(grid,
				 &(struct grid_column){ metrics->columns[i].title, COLUMN_WIDTH, 0,
							metrics->columns[i].group },
				 1);
	if (metrics->has_source)
		grid_add_columns(grid, source, ARRAY_SIZE(source));
}

/* A table for each temperature; false: nothing was measured. */
static bool add_tables(const struct metrics *metrics, const struct run *run, struct grid_list *list)
{
	bool any = false;

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		_cleanup_free_ char *corner = figures_corner(run, t);
		struct grid *grid = NULL;

		for (size_t i = 0; i < run->n_variants; i++) {
			const struct figure_place place = { run, i, t };

			if (!figure_summary(&place)->n_untraced)
				continue;
			if (!grid) {
				grid = grid_add(list, GRID_TABLE, "%s %s", metrics->name, temperature_names[t]);
				if (metrics->caption)
					grid_set_caption(grid, "%s", metrics->caption);
				add_columns(metrics, corner, grid);
			}
			put_variant(metrics, &place, grid);
		}
		any |= grid != NULL;
	}
	return any;
}

static void note_paper(const struct run *run, int table, struct grid_list *list)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (paper_of(&run->variants[i])) {
			grid_note(list, GRID_NOTES, "paper", "Table %d: %s", table, paper_source);
			return;
		}
}

void driver_add_times(const struct run *run, struct grid_list *list)
{
	/* simulated time is no time */
	if (!run_is_untraced(run) || run_is_simulated(run) || !add_tables(&times, run, list))
		return;
	grid_note(list, GRID_NOTES, "start-up",
		  "from the launcher's spawn to the driver's first line; of task: from its exec");
	grid_note(list, GRID_NOTES, "total", "start-up, import and visit, as the paper adds them");
	note_paper(run, 1, list);
}

void driver_add_misses(const struct run *run, struct grid_list *list)
{
	json_t *notes = json_object_get(run->counters, "notes"), *note;
	const char *caches = json_string_value(json_object_get(run->counters, "caches"));
	size_t n;

	if (!run_is_untraced(run) || !json_is_string(json_object_get(run->counters, "source")) ||
	    !add_tables(&misses, run, list))
		return;
	grid_note(list, GRID_NOTES, "spread", "largest difference between repetitions, of the worst rank's counts");
	if (caches)
		grid_note(list, GRID_NOTES, "caches", "%s", caches);
	json_array_foreach(notes, n, note)
		grid_note(list, GRID_NOTES, "note", "%s", json_string_value(note) ? json_string_value(note) : "?");
	note_paper(run, 2, list);
}
