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
#include "report/human.h"
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
		err = law_sources_add_record(sources, input->records[i].path);
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

static void put_cells(struct page *page, const struct law_result *result, size_t group)
{
	const struct law_data *data = &result->group->data;

	html_table_begin(page->out, NULL, 0,
			 (const char *const[]){ "load events (M)", "tasks (N)", "breakpoints (B)", "runs",
						"measured", "law", NULL });
	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *cell = &data->cells[i];
		double law_ns = 0;

		for (size_t j = 0; j < data->n_runs; j++)
			if (data->runs[j].cell == i)
				law_ns += law_total(&result->choice->fit, &data->runs[j]) / (double)cell->n_runs;
		strbuf_puts(page->out, "<tr>");
#define CELL(unit, value, name) \
	html_value(page->out, unit, value, "model fit", "laws[%zu].cells[%zu]." name, group, i)
		CELL(HTML_COUNT, cell->libraries, "libraries");
		CELL(HTML_COUNT, cell->tasks, "tasks");
		CELL(HTML_COUNT, cell->breakpoints, "breakpoints");
		CELL(HTML_COUNT, (double)cell->n_runs, "runs");
		CELL(HTML_DURATION, cell->total_ns, "total_ns");
		CELL(HTML_DURATION, law_ns, "law_ns");
#undef CELL
		strbuf_puts(page->out, "</tr>\n");
	}
	html_table_end(page->out);
}

static void put_laws(struct page *page, const struct laws *laws)
{
	for (size_t i = 0; i < laws->sources.n; i++) {
		const struct law_result *result = &laws->results[i];
		_cleanup_strbuf_ struct strbuf script = STRBUF_INIT, words = STRBUF_INIT;

		if (!result->choice)
			continue;
		law_plot_script(result, 1, &script);
		page_plot(page, &script,
			  "What all load events of a task cost, over their number, both axes logarithmic: points "
			  "are means of "
			  "runs, the line is the law fitted to them, its band holds 95 % of single runs. Right of "
			  "the last "
			  "point the law is stretched.");
		law_result_put_law(result, &words);
		html_element(page->out, "pre", words.text);
		strbuf_putc(page->out, '\n');
		put_cells(page, result, i);
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

static void put_prediction(struct page *page, const struct law_result *result, double libraries, double tasks,
			   double breakpoints)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct law_prediction p;

	law_predict(result->choice, &result->group->data, libraries, tasks, breakpoints, &p);
	human_duration(&text, p.total_ns);
	strbuf_printf(page->out,
		      "<td align=\"right\" data-record=\"model predict\" data-key=\"%s %g %g %g\" "
		      "data-value=\"%.15g\" title=\"predicted\"><i>",
		      result->group->name, libraries, tasks, breakpoints, p.total_ns);
	html_text(page->out, text.text);
	strbuf_puts(page->out, "</i></td>");
}

static void put_scale(struct page *page, const struct laws *laws)
{
	for (size_t i = 0; i < laws->sources.n; i++) {
		const struct law_result *result = &laws->results[i];
		double breakpoints;

		if (!result->choice)
			continue;
		breakpoints = most_breakpoints(&result->group->data);
		put_scale_picture(page, result, breakpoints);
		strbuf_puts(page->out, "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\">\n<caption>");
		html_textf(page->out, "Predicted by the law for %s, B = %g; none of these was measured",
			   result->group->name, breakpoints);
		strbuf_puts(page->out,
			    "</caption>\n<thead><tr><th scope=\"col\" align=\"left\">load events (M)</th>");
		for (size_t j = 0; j < ARRAY_SIZE(grid_tasks); j++)
			strbuf_printf(page->out, "<th scope=\"col\" align=\"right\">N = %g</th>", grid_tasks[j]);
		strbuf_puts(page->out, "</tr></thead>\n<tbody>\n");
		for (size_t m = 0; m < ARRAY_SIZE(grid_libraries); m++) {
			strbuf_printf(page->out, "<tr><th scope=\"row\" align=\"left\">%g</th>", grid_libraries[m]);
			for (size_t j = 0; j < ARRAY_SIZE(grid_tasks); j++)
				put_prediction(page, result, grid_libraries[m], grid_tasks[j], breakpoints);
			strbuf_puts(page->out, "</tr>\n");
		}
		html_table_end(page->out);
	}
}

void page_scale(struct page *page)
{
	for_laws(page, put_scale);
}
