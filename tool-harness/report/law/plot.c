/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The picture of fitted laws: time per task over M, both logarithmic, since a power is a
 * straight line there. Writes gnuplot's commands and data; plot.c has it draw.
 *
 * Invariant: the file at path is a whole picture or not touched.
 */
#include "report/law/result.h"

#include <math.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "report/page/plot.h"

#define PANEL_WIDTH 720
#define PANEL_HEIGHT 440
#define STEPS 40      /* points of a curve */
#define MOST_CURVES 6 /* numbers of breakpoints drawn */

static const char *const colours[MOST_CURVES] = {
	"#0060ad", "#dd6b20", "#2f855a", "#805ad5", "#b83280", "#718096"
};
static const char *const bands[MOST_CURVES] = { "#cfe0f0", "#f9e0cd", "#d3e8db", "#e6dcf6", "#f2d5e4", "#e1e5ea" };

/* The different B of a group, at most MOST_CURVES, in ascending order of first M. */
static size_t find_breakpoints(const struct law_data *data, double *ret)
{
	size_t n = 0, j;

	for (size_t i = 0; i < data->n_cells && n < MOST_CURVES; i++) {
		for (j = 0; j < n && ret[j] != data->cells[i].breakpoints; j++)
			;
		if (j == n)
			ret[n++] = data->cells[i].breakpoints;
	}
	return n;
}

static void put_points(const struct law_data *data, size_t panel, size_t curve, double breakpoints,
		       struct strbuf *out)
{
	strbuf_printf(out, "$points%zu_%zu << EOD\n", panel, curve);
	for (size_t i = 0; i < data->n_cells; i++)
		if (data->cells[i].breakpoints == breakpoints)
			strbuf_printf(out, "%.9g %.9g\n", data->cells[i].libraries,
				      data->cells[i].total_ns / data->cells[i].tasks / NS_PER_S);
	strbuf_puts(out, "EOD\n");
}

/* M, what the law says, and its band; N is that of the first cell, as the law is linear in it. */
static void put_curve(const struct law_result *result, size_t panel, size_t curve, double breakpoints,
		      struct strbuf *out)
{
	const struct law_data *data = &result->group->data;
	double low = data->cells[0].libraries, high = 1.5 * data->cells[data->n_cells - 1].libraries;
	double tasks = data->cells[0].tasks;

	strbuf_printf(out, "$law%zu_%zu << EOD\n", panel, curve);
	for (int i = 0; i <= STEPS; i++) {
		double m = low * pow(high / low, (double)i / STEPS);
		struct law_prediction p;

		law_predict(result->choice, data, m, tasks, breakpoints, &p);
		strbuf_printf(out, "%.9g %.9g %.9g %.9g\n", m, p.total_ns / tasks / NS_PER_S,
			      p.interval.low / tasks / NS_PER_S, p.interval.high / tasks / NS_PER_S);
	}
	strbuf_puts(out, "EOD\n");
}

static void put_panel(const struct law_result *result, size_t panel, struct strbuf *out)
{
	double breakpoints[MOST_CURVES];
	size_t n = find_breakpoints(&result->group->data, breakpoints);
	const char *between = "plot ";

	for (size_t i = 0; i < n; i++) {
		put_points(&result->group->data, panel, i, breakpoints[i], out);
		if (result->choice)
			put_curve(result, panel, i, breakpoints[i], out);
	}
	strbuf_puts(out, "set title ");
	plot_put_quoted(out, result->group->name);
	strbuf_puts(out, " noenhanced\n");
	/* Bands first, light and opaque: not every viewer knows transparency. */
	for (size_t i = 0; result->choice && i < n; i++, between = ", \\\n     ")
		strbuf_printf(out, "%s$law%zu_%zu using 1:3:4 with filledcurves fillcolor rgb '%s' notitle",
			      between, panel, i, bands[i]);
	for (size_t i = 0; result->choice && i < n; i++)
		strbuf_printf(out, "%s$law%zu_%zu using 1:2 with lines linewidth 2 linecolor rgb '%s' notitle",
			      between, panel, i, colours[i]);
	for (size_t i = 0; i < n; i++, between = ", \\\n     ")
		strbuf_printf(out,
			      "%s$points%zu_%zu using 1:2 with points pointtype 7 pointsize 0.7 linecolor rgb '%s' "
			      "title '%g breakpoints'",
			      between, panel, i, colours[i], breakpoints[i]);
	strbuf_putc(out, '\n');
}

void law_plot_script(const struct law_result *results, size_t n, struct strbuf *out)
{
	plot_put_terminal(out, PANEL_WIDTH, (unsigned)n * PANEL_HEIGHT);
	strbuf_puts(out, "set logscale xy\nset grid\nset key left top\nset xlabel 'load events in each task (M)'\n"
			 "set ylabel 'seconds per task'\n");
	strbuf_printf(out, "set multiplot layout %zu,1\n", n);
	for (size_t i = 0; i < n; i++)
		put_panel(&results[i], i, out);
	strbuf_puts(out, "unset multiplot\n");
}

struct err *law_plot(const struct law_result *results, size_t n, const char *path)
{
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT, picture = STRBUF_INIT;
	struct err *err;

	law_plot_script(results, n, &script);
	err = err_wrap(plot_draw(&script, &picture), "no plot '%s'", path);
	return err ? err : fs_publish(path, picture.text, picture.len);
}
