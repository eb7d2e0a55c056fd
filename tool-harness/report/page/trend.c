/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How start-up went over records that may be compared (comparable.h) of one scenario, in the order
 * of their time.
 *
 * Invariant: a line joins one variant at one temperature, by name, and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "report/compare/comparable.h"
#include "report/page/put.h"
#include "report/page/plot.h"
#include "report/table/figures.h"

#define HEIGHT 380

struct series {
	const char *variant;
	enum temperature temperature;
};

struct trend {
	const struct run **runs; /* of one scenario, by time */
	size_t n, cap;
	struct series *series;
	size_t n_series, cap_series;
};

static const char *scenario_of(const struct run *run)
{
	const char *name = json_string_value(json_object_get(run->scenario, "name"));

	return name ? name : "";
}

static int by_time(const void *a, const void *b)
{
	const struct run *x = *(const struct run *const *)a, *y = *(const struct run *const *)b;
	int order = strcmp(x->started_utc ? x->started_utc : "", y->started_utc ? y->started_utc : "");

	return order ? order : strcmp(x->id, y->id);
}

static void add_series(struct trend *trend, const struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			size_t j = 0;

			while (j < trend->n_series &&
			       (trend->series[j].temperature != t ||
				strcmp(trend->series[j].variant, run->variants[i].name) != 0))
				j++;
			if (j < trend->n_series || !figures_has_runs(&(struct figure_place){ run, i, t }))
				continue;
			mem_grow(trend->series, trend->n_series, trend->cap_series);
			trend->series[trend->n_series++] = (struct series){ run->variants[i].name, t };
		}
	}
}

/* One scenario, machine, target, number of tasks, ...: a line may join them. */
static bool go_together(const struct run *a, const struct run *b)
{
	struct difference_list differences = { 0 };
	bool same;

	comparable_check_namesakes(a, b, &(struct comparable_options){ 0 }, &differences);
	same = !difference_list_forbids(&differences) && !strcmp(scenario_of(a), scenario_of(b));
	difference_list_deinit(&differences);
	return same;
}

/* Of the records that go with this one. */
static void find_trend(const struct page_input *input, const struct run *first, struct trend *ret)
{
	for (size_t i = 0; i < input->n_records; i++) {
		if (!go_together(first, &input->records[i].run))
			continue;
		mem_grow(ret->runs, ret->n, ret->cap);
		ret->runs[ret->n++] = &input->records[i].run;
	}
	qsort(ret->runs, ret->n, sizeof(*ret->runs), by_time);
	for (size_t i = 0; i < ret->n; i++)
		add_series(ret, ret->runs[i]);
}

/* Both phases, traced where it was traced; NULL: this record has none. */
static const struct quantiles *value_of(const struct run *run, const struct series *series, size_t *variant_ret,
					bool *traced_ret)
{
	const struct run_variant *variant = run_find_variant(run, series->variant);
	const struct quantiles *q;
	const struct summary *s;

	if (!variant)
		return NULL;
	s = &variant->summaries[series->temperature];
	*variant_ret = (size_t)(variant - run->variants);
	*traced_ret = s->n_traced > 0;
	q = *traced_ret ? &s->traced_ns[SPAN_STARTUP] : &s->untraced_ns[SPAN_STARTUP];
	return q->n ? q : NULL;
}

static void put_picture(struct page *page, const struct trend *trend)
{
	size_t n = trend->n_series < PAGE_N_COLOURS ? trend->n_series : PAGE_N_COLOURS, variant;
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT, curves = STRBUF_INIT;
	bool traced;

	plot_put_terminal(&script, PAGE_PLOT_WIDTH, HEIGHT);
	for (size_t i = 0; i < n; i++) {
		bool any = false;

		strbuf_printf(&script, "$trend%zu << EOD\n", i);
		for (size_t j = 0; j < trend->n; j++) {
			const struct quantiles *q = value_of(trend->runs[j], &trend->series[i], &variant, &traced);

			if (q)
				strbuf_printf(&script, "%zu %.9g %.9g %.9g\n", j + 1, q->p50 / NS_PER_S,
					      q->min / NS_PER_S, q->max / NS_PER_S);
			any |= q != NULL;
		}
		strbuf_puts(&script, "EOD\n");
		if (!any)
			continue;
		strbuf_printf(&curves,
			      "%s$trend%zu using 1:2:3:4 with yerrorlines linewidth 1.5 pointtype 7 pointsize 0.6 "
			      "linecolor rgb '%s' title ",
			      curves.len ? ", " : "plot ", i, page_colours[i]);
		{
			_cleanup_free_ char *title = mem_printf("%s, %s", trend->series[i].variant,
								temperature_names[trend->series[i].temperature]);
			plot_put_quoted(&curves, title);
		}
	}
	if (!curves.len)
		return;
	strbuf_printf(&script,
		      "set xrange [0.6:%zu.4]\nset yrange [0:*]\nset xtics 1\nset xlabel 'record, by time'\n"
		      "set ylabel 'phase 1 + 2, seconds'\nset grid ytics linecolor rgb '#cbd5e0'\nset border 3\n"
		      "set tics nomirror\nset key noenhanced outside top center maxcols 2 samplen 2\n",
		      trend->n);
	strbuf_printf(&script, "%s\n", curves.text);
	page_plot(page, &script,
		  "Start-up from record to record, numbered as in the table: medians, and bars from the fastest to "
		  "the slowest run. The vertical axis begins at 0.");
}

static void put_row(struct grid *grid, const struct run *run, size_t number, const struct series *series)
{
	struct figure_place place = { run, 0, series->temperature };
	bool traced = false;

	if (!value_of(run, series, &place.variant, &traced))
		return;
	grid_text(grid, "%zu", number);
	grid_text(grid, "%s", run->id);
	grid_text(grid, "%s", run->started_utc ? run->started_utc : "");
	grid_text(grid, "%s", series->variant);
	grid_text(grid, "%s", temperature_names[series->temperature]);
	grid_text(grid, "%s", traced ? "traced" : "untraced");
	figure_put(grid, &place, CELL_COUNT, "@.startup.n");
	figure_put(grid, &place, CELL_TIME, "@.startup.p50");
}

static void put_trend(struct page *page, const struct trend *trend, const char *scenario)
{
	static const struct grid_column columns[] = {
		{ "No.", 0, COLUMN_LABEL, NULL },     { "Record", 0, COLUMN_LABEL, NULL },
		{ "Started", 0, COLUMN_LABEL, NULL }, { "Variant", 0, COLUMN_LABEL, NULL },
		{ "Temperature", 0, COLUMN_LABEL, NULL }, { "Of", 0, COLUMN_LABEL, NULL },
		{ "n", 0, 0, NULL },		      { "phase 1 + 2", 0, 0, NULL },
	};
	struct grid_list list = { 0 };
	struct grid *grid = grid_add(&list, GRID_TABLE, "trend");

	if (*scenario && page->input->n_records > trend->n)
		html_element(page->out, "h3", scenario);
	put_picture(page, trend);
	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < trend->n_series; i++)
		for (size_t j = 0; j < trend->n; j++)
			put_row(grid, trend->runs[j], j + 1, &trend->series[i]);
	page_put_grids(page, &list);
}

void page_trend(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;
		struct trend trend = { 0 };
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen |= go_together(&page->input->records[j].run, run);
		if (!seen)
			find_trend(page->input, run, &trend);
		if (trend.n > 1)
			put_trend(page, &trend, scenario_of(run));
		free(trend.runs);
		free(trend.series);
	}
}
