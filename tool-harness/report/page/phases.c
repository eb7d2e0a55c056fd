/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phases as stacked bars: each variant at each temperature, untraced and beside it traced. The
 * table below the picture has the same numbers.
 *
 * Invariant: a bar's part is the number in the table, a median over valid runs; but of a tool that came to running
 * tasks, whose phases overlap, phase 2 is drawn from the end of phase 1 on.
 */
#include <math.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/page/put.h"
#include "report/page/plot.h"
#include "report/table/figures.h"

#define MOST_BARS 36
#define BAR_HEIGHT 26
#define FRAME_HEIGHT 120 /* key, axis, its label */

static const struct {
	enum span span;
	const char *title;
	const char *colour;
} parts[] = {
	{ SPAN_PHASE1, "phase 1", "#0072b2" }, { SPAN_PHASE2, "phase 2", "#e69f00" },
	{ SPAN_VISIT, "visit", "#009e73" },    { SPAN_MPI, "MPI test", "#cc79a7" },
	{ SPAN_EXIT, "exit", "#999999" },
};

struct bar {
	size_t variant;
	enum temperature temperature;
	bool traced;
	const struct quantiles *spans;
	uint64_t n;
	bool overlaps; /* tasks ran before phase 1 had ended */
};

struct bars {
	struct bar *v;
	size_t n, cap;
};

/* The tool came to tasks that ran: phase 2 began before it was ready. */
static bool runs_before_ready(const struct run *run, size_t variant)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		if (trial->variant == variant && trial->traced && trial->phases.continued_ns &&
		    trial->phases.continued_ns < trial->phases.planted_ns)
			return true;
	}
	return false;
}

/* How long a part of a bar is. */
static double part_ns(const struct bar *bar, size_t part)
{
	const struct quantiles *startup = &bar->spans[SPAN_STARTUP];

	if (parts[part].span == SPAN_PHASE2 && bar->overlaps && startup->n)
		return fmax(0, startup->p50 - bar->spans[SPAN_PHASE1].p50);
	return bar->spans[parts[part].span].p50;
}

static void add_bar(struct bars *bars, const struct run *run, size_t variant, enum temperature t, bool traced)
{
	const struct summary *s = &run->variants[variant].summaries[t];
	uint64_t n = traced ? s->n_traced : s->n_untraced;

	if (!n)
		return;
	mem_grow(bars->v, bars->n, bars->cap);
	bars->v[bars->n++] = (struct bar){ variant, t, traced, traced ? s->traced_ns : s->untraced_ns, n,
					    traced && runs_before_ready(run, variant) };
}

static void find_bars(const struct run *run, struct bars *ret)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		for (size_t i = 0; i < run->n_variants; i++) {
			add_bar(ret, run, i, t, false);
			add_bar(ret, run, i, t, true);
		}
	}
}

/* The name of a traced bar's tool where that is known. */
static const char *tool_of(const struct run *run, const struct bar *bar)
{
	const char *tool = run_variant_text(run, &run->variants[bar->variant], "tool");

	return !bar->traced ? "untraced" : tool ? tool : "traced";
}

/* "host, warm, gdb". */
static char *bar_label(const struct run *run, const struct bar *bar)
{
	return mem_printf("%s, %s, %s", run->variants[bar->variant].name, temperature_names[bar->temperature],
			  tool_of(run, bar));
}

static double longest(const struct bars *bars)
{
	double most = 0;

	for (size_t i = 0; i < bars->n; i++) {
		double sum = 0;

		for (size_t j = 0; j < ARRAY_SIZE(parts); j++)
			sum += part_ns(&bars->v[i], j);
		most = fmax(most, sum);
	}
	return most;
}

static void put_parts(const struct bars *bars, size_t n, size_t part, double unit_ns, struct strbuf *script)
{
	strbuf_printf(script, "$part%zu << EOD\n", part);
	for (size_t i = 0; i < n; i++) {
		double begin = 0, length = part_ns(&bars->v[i], part);

		for (size_t j = 0; j < part; j++)
			begin += part_ns(&bars->v[i], j);
		/* y grows upwards, bars are read downwards */
		strbuf_printf(script, "%.9g %zu %.9g %.9g %.2f %.2f\n", begin / unit_ns, n - i, begin / unit_ns,
			      (begin + length) / unit_ns, (double)(n - i) - 0.36, (double)(n - i) + 0.36);
	}
	strbuf_puts(script, "EOD\n");
}

static void put_picture(struct page *page, const struct run *run, const struct bars *bars)
{
	size_t n = bars->n < MOST_BARS ? bars->n : MOST_BARS;
	const struct human_unit *unit = human_unit_for(longest(bars));
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT;
	_cleanup_free_ char *caption = NULL;
	bool traced = false, untraced = false;

	plot_put_terminal(&script, PAGE_PLOT_WIDTH, (unsigned)n * BAR_HEIGHT + FRAME_HEIGHT);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		put_parts(bars, n, i, unit->ns, &script);
	strbuf_printf(&script, "set xlabel '%s'\nset xrange [0:*]\nset yrange [0.4:%zu.6]\n", unit->word, n);
	strbuf_puts(&script,
		    "set grid xtics linecolor rgb '#cbd5e0'\nset border 1\nset ytics nomirror scale 0 noenhanced\n"
		    "set xtics nomirror\nset key outside top center horizontal samplen 1\nset style fill solid 1.0 "
		    "noborder\n"
		    "set ytics (");
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *label = bar_label(run, &bars->v[i]);

		traced |= bars->v[i].traced;
		untraced |= !bars->v[i].traced;
		strbuf_puts(&script, i ? ", " : "");
		plot_put_quoted(&script, label);
		strbuf_printf(&script, " %zu", n - i);
	}
	strbuf_puts(&script, ")\nplot ");
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		strbuf_printf(&script, "%s$part%zu using 1:2:3:4:5:6 with boxxyerror linecolor rgb '%s' title '%s'",
			      i ? ", " : "", i, parts[i].colour, parts[i].title);
	strbuf_putc(&script, '\n');
	caption = mem_printf("Where the time goes from the launch of the job to its end, in %s: medians of each "
			     "phase, one bar for each variant%s.%s",
			     unit->word, !traced	? "; no tool traced it" :
			     untraced	? ", the same job untraced above it traced" :
					  "",
			     n < bars->n ? " The first bars only; the table has all." : "");
	page_plot(page, &script, caption);
}

#define COLUMNS(side)                                                        \
	{                                                                    \
		{ "n", 0, 0, CELL_COUNT, "n_" side, NULL },                      \
		{ "phase 1", 0, 0, CELL_TIME, side "_ns.phase1.p50", NULL },       \
		{ "phase 2", 0, 0, CELL_TIME, side "_ns.phase2.p50", NULL },       \
		{ "visit", 0, 0, CELL_TIME, side "_ns.visit.p50", NULL },          \
		{ "MPI test", 0, 0, CELL_TIME, side "_ns.mpi.p50", NULL },         \
		{ "exit", 0, 0, CELL_TIME, side "_ns.exit.p50", NULL },            \
		{ "total", 0, 0, CELL_TIME, side "_ns.total.p50", NULL },          \
		{ "traced / untraced", 0, 0, CELL_RATIO, "ratio.total.p50", NULL },\
	}

static void put_table(struct page *page, const struct run *run, const struct bars *bars)
{
	static const struct figure columns[2][8] = { COLUMNS("untraced"), COLUMNS("traced") };
	static const struct grid_column labels[] = {
		{ "Variant", 0, COLUMN_LABEL, NULL },
		{ "Temperature", 0, COLUMN_LABEL, NULL },
		{ "Tool", 0, COLUMN_LABEL, NULL },
	};
	struct grid_list list = { 0 };
	struct grid *grid = grid_add(&list, GRID_TABLE, "phases of variants");

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	figures_add_columns(grid, columns[0], ARRAY_SIZE(columns[0]));
	for (size_t i = 0; i < bars->n; i++) {
		const struct bar *bar = &bars->v[i];
		const struct figure_place place = { run, bar->variant, bar->temperature };

		grid_text(grid, "%s", run->variants[bar->variant].name);
		grid_text(grid, "%s", temperature_names[bar->temperature]);
		grid_text(grid, "%s", tool_of(run, bar));
		figures_put(grid, &place, columns[bar->traced], ARRAY_SIZE(columns[0]) - 1);
		if (bar->traced)
			figure_put(grid, &place, CELL_RATIO, "ratio.total.p50");
		else
			grid_empty(grid);
	}
	page_put_grids(page, &list);
}

static void put_overlaps(struct page *page, const struct run *run, const struct bars *bars)
{
	for (size_t i = 0; i < bars->n; i++)
		if (bars->v[i].overlaps)
			page_note(page,
				  "%s, %s: the tool came to tasks that ran, so phase 2 began before phase 1 had "
				  "ended. Its bar shows what was left of it then.",
				  run->variants[bars->v[i].variant].name, temperature_names[bars->v[i].temperature]);
}

void page_phases(struct page *page)
{
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;
		struct bars bars = { 0 };

		if (!run_is_simulated(run))
			find_bars(run, &bars);
		if (bars.n) {
			page_put_record_heading(page, run);
			put_picture(page, run, &bars);
			put_table(page, run, &bars);
			put_overlaps(page, run, &bars);
			any = true;
		}
		free(bars.v);
	}
	if (any)
		page_note(page,
			  "Phase 1: from the launch until the tool has planted its breakpoints in all tasks; "
			  "untraced, until the tasks are let go. Phase 2: from there until the last rank has "
			  "imported all modules. Medians of parts need not add up to the median of the total.");
}
