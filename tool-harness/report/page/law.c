/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Laws fitted to the sweeps in the records, as 'attachstorm model fit' does with its defaults: time
 * against load events with the law and its band; then what the law says of jobs of other sizes.
 *
 * Invariant: what was not measured is said to be predicted wherever it is shown.
 */
#include <math.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "report/law/result.h"
#include "report/page/put.h"
#include "report/page/plot.h"

#define SEED 1
#define RESAMPLES 1000 /* both as 'model fit' has them */
#define SCALE_HEIGHT 460

/* Laws of all groups; groups without one are passed over. */
struct laws {
	struct law_sources sources;
	struct law_choice *choices; /* by group */
	struct law_result *results;
};

static void laws_deinit(struct laws *laws)
{
	for (size_t i = 0; laws->choices && i < laws->sources.n; i++)
		law_choice_deinit(&laws->choices[i]);
	free(laws->choices);
	free(laws->results);
	law_sources_deinit(&laws->sources);
}

/* Records whose settings differ in more than a sweep have no common law: false. */
static bool add_records(const struct page_input *input, size_t first, size_t n, struct law_sources *sources)
{
	struct err *err = NULL;

	for (size_t i = first; i < first + n && !err; i++)
		err = law_sources_add_record(sources, input->records[i].path, NULL);
	if (!err)
		err = law_sources_finish(sources);
	err_free(err);
	return !err;
}

/* False if there is no law at all. */
static bool laws_find(const struct page_input *input, size_t first, size_t n, struct laws *ret)
{
	bool any = false;

	*ret = (struct laws){ 0 };
	if (!add_records(input, first, n, &ret->sources))
		return false;
	ret->choices = mem_calloc(ret->sources.n, sizeof(*ret->choices));
	ret->results = mem_calloc(ret->sources.n, sizeof(*ret->results));
	for (size_t i = 0; i < ret->sources.n; i++) {
		struct err *err = law_choose(&ret->sources.groups[i].data, SEED, RESAMPLES, &ret->choices[i]);

		ret->results[i] = (struct law_result){ &ret->sources.groups[i], err ? NULL : &ret->choices[i], "" };
		any |= !err;
		err_free(err);
	}
	return any;
}

/* Calls put for the laws of all records together or, where these do not go together, of each. */
static void for_laws(struct page *page, void (*put)(struct page *page, const struct laws *laws))
{
	struct laws laws;
	bool pooled = laws_find(page->input, 0, page->input->n_records, &laws);

	if (pooled)
		put(page, &laws);
	laws_deinit(&laws);
	for (size_t i = 0; !pooled && page->input->n_records > 1 && i < page->input->n_records; i++) {
		if (laws_find(page->input, i, 1, &laws)) {
			page_put_record_heading(page, &page->input->records[i].run);
			put(page, &laws);
		}
		laws_deinit(&laws);
	}
}

/* --- time against events ---------------------------------------------------------- */

static void put_laws(struct page *page, const struct laws *laws)
{
	for (size_t i = 0; i < laws->sources.n; i++) {
		const struct law_result *result = &laws->results[i];
		_cleanup_strbuf_ struct strbuf script = STRBUF_INIT;
		struct grid_list list = { 0 };

		if (!result->choice)
			continue;
		law_plot_script(result, 1, &script);
		page_plot(page, &script,
			  "What all load events of a task cost, over their number, both axes logarithmic: points "
			  "are means of "
			  "runs, the line is the law fitted to them, its band holds 95 % of single runs. Right of "
			  "the last "
			  "point the law is stretched.");
		law_result_add(result, i, &list);
		page_put_grids(page, &list);
	}
}

void page_laws(struct page *page)
{
	for_laws(page, put_laws);
}

/* --- cost over M x N -------------------------------------------------------------- */

static const double grid_libraries[] = { 125, 250, 500, 1000, 2000 };
static const double grid_tasks[] = { 1, 8, 32, 128, 512, 4096 };

static double most_breakpoints(const struct law_data *data)
{
	double most = 0;

	for (size_t i = 0; i < data->n_cells; i++)
		most = fmax(most, data->cells[i].breakpoints);
	return most;
}

/* Cells with these breakpoints: N and total. */
static void put_measured(const struct law_data *data, double breakpoints, struct strbuf *script)
{
	strbuf_puts(script, "$measured << EOD\n");
	for (size_t i = 0; i < data->n_cells; i++)
		if (data->cells[i].breakpoints == breakpoints)
			strbuf_printf(script, "%.9g %.9g\n", data->cells[i].tasks,
				      data->cells[i].total_ns / NS_PER_S);
	strbuf_puts(script, "EOD\n");
}

static void put_scale_picture(struct page *page, const struct law_result *result, double breakpoints)
{
	const struct law_data *data = &result->group->data;
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT;
	_cleanup_free_ char *caption = NULL;

	plot_put_terminal(&script, PAGE_PLOT_WIDTH, SCALE_HEIGHT);
	put_measured(data, breakpoints, &script);
	for (size_t i = 0; i < ARRAY_SIZE(grid_libraries); i++) {
		strbuf_printf(&script, "$law%zu << EOD\n", i);
		for (size_t j = 0; j < ARRAY_SIZE(grid_tasks); j++) {
			struct law_prediction p;

			law_predict(result->choice, data, grid_libraries[i], grid_tasks[j], breakpoints, &p);
			strbuf_printf(&script, "%.9g %.9g\n", grid_tasks[j], p.total_ns / NS_PER_S);
		}
		strbuf_puts(&script, "EOD\n");
	}
	strbuf_puts(&script,
		    "set logscale xy\nset xlabel 'tasks (N)'\nset ylabel 'seconds for all load events'\n"
		    "set grid linecolor rgb '#cbd5e0'\nset border 3\nset tics nomirror\nset format y '%g'\n"
		    "set xrange [0.8:6000]\nset key left top reverse Left\nplot ");
	for (size_t i = ARRAY_SIZE(grid_libraries); i-- > 0;)
		strbuf_printf(&script,
			      "$law%zu using 1:2 with lines dashtype 2 linewidth 2 linecolor rgb '%s' "
			      "title 'M = %g, predicted', ",
			      i, page_colours[i], grid_libraries[i]);
	strbuf_puts(&script,
		    "$measured using 1:2 with points pointtype 7 pointsize 0.9 linecolor rgb '#000000' title "
		    "'measured'\n");
	caption = mem_printf(
		"PREDICTION for %s with %g breakpoints: dashed lines are what the law says of M load events in "
		"each of N tasks, handled one after the other. Points alone were measured.",
		result->group->name, breakpoints);
	page_plot(page, &script, caption);
}

static void put_scale_table(struct page *page, const struct law_result *result, double breakpoints)
{
	static const struct grid_column begin = { "load events (M)", 0, COLUMN_LABEL, NULL };
	struct grid_list list = { 0 };
	struct grid *grid = grid_add(&list, GRID_TABLE, "scale");

	grid_set_caption(grid, "Predicted by the law for %s, B = %g; none of these was measured", result->group->name,
			 breakpoints);
	grid_add_columns(grid, &begin, 1);
	for (size_t i = 0; i < ARRAY_SIZE(grid_tasks); i++) {
		_cleanup_free_ char *title = mem_printf("N = %g", grid_tasks[i]);

		grid_add_columns(grid, &(struct grid_column){ title, 0, 0, NULL }, 1);
	}
	for (size_t m = 0; m < ARRAY_SIZE(grid_libraries); m++) {
		grid_text(grid, "%g", grid_libraries[m]);
		for (size_t i = 0; i < ARRAY_SIZE(grid_tasks); i++) {
			struct law_prediction p;

			law_predict(result->choice, &result->group->data, grid_libraries[m], grid_tasks[i], breakpoints,
				    &p);
			grid_value(grid, CELL_TIME, p.total_ns, "model predict", "%s %g %g %g", result->group->name,
				   grid_libraries[m], grid_tasks[i], breakpoints);
		}
	}
	page_put_grids(page, &list);
}

static void put_scale(struct page *page, const struct laws *laws)
{
	for (size_t i = 0; i < laws->sources.n; i++) {
		double breakpoints = most_breakpoints(&laws->sources.groups[i].data);

		if (!laws->results[i].choice)
			continue;
		put_scale_picture(page, &laws->results[i], breakpoints);
		put_scale_table(page, &laws->results[i], breakpoints);
	}
}

void page_scale(struct page *page)
{
	for_laws(page, put_scale);
}
