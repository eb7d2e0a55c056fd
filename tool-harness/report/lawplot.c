/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The picture of fitted laws: time per task over M, both logarithmic, since a power is a
 * straight line there. Writes gnuplot's commands and data; gnuplot draws.
 *
 * Invariant: the file at path is a whole picture or not touched.
 */
#include "report/lawresult.h"

#include <math.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/proc.h"

#define PANEL_WIDTH 720
#define PANEL_HEIGHT 440
#define STEPS 40          /* points of a curve */
#define MOST_CURVES 6     /* numbers of breakpoints drawn */
#define DEADLINE_NS (60 * NS_PER_S)

static const char *const colours[MOST_CURVES] = { "#0060ad", "#dd6b20", "#2f855a", "#805ad5", "#b83280", "#718096" };
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

static void put_points(const struct law_data *data, size_t panel, size_t curve, double breakpoints, struct strbuf *out)
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

/* Names come from records: nothing in them may end the string or be markup. */
static void put_quoted(const char *text, struct strbuf *out)
{
	strbuf_putc(out, '\'');
	for (; *text; text++)
		strbuf_putc(out, *text == '\'' || (unsigned char)*text < ' ' ? ' ' : *text);
	strbuf_putc(out, '\'');
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
	put_quoted(result->group->name, out);
	strbuf_puts(out, " noenhanced\n");
	/* Bands first, light and opaque: not every viewer knows transparency. */
	for (size_t i = 0; result->choice && i < n; i++, between = ", \\\n     ")
		strbuf_printf(out, "%s$law%zu_%zu using 1:3:4 with filledcurves fillcolor rgb '%s' notitle", between,
			      panel, i, bands[i]);
	for (size_t i = 0; result->choice && i < n; i++)
		strbuf_printf(out, "%s$law%zu_%zu using 1:2 with lines linewidth 2 linecolor rgb '%s' notitle", between,
			      panel, i, colours[i]);
	for (size_t i = 0; i < n; i++, between = ", \\\n     ")
		strbuf_printf(out,
			      "%s$points%zu_%zu using 1:2 with points pointtype 7 pointsize 0.7 linecolor rgb '%s' "
			      "title '%g breakpoints'",
			      between, panel, i, colours[i], breakpoints[i]);
	strbuf_putc(out, '\n');
}

static void put_script(const struct law_result *results, size_t n, struct strbuf *out)
{
	strbuf_printf(out, "set terminal svg size %d,%zu font 'sans-serif,13' background '#ffffff'\n", PANEL_WIDTH,
		      n * PANEL_HEIGHT);
	strbuf_puts(out, "set logscale xy\nset grid\nset key left top\nset xlabel 'load events in each task (M)'\n"
			 "set ylabel 'seconds per task'\n");
	strbuf_printf(out, "set multiplot layout %zu,1\n", n);
	for (size_t i = 0; i < n; i++)
		put_panel(&results[i], i, out);
	strbuf_puts(out, "unset multiplot\n");
}

static struct err *run_gnuplot(const struct strbuf *script, struct proc_result *ret)
{
	static const char *const argv[] = { "gnuplot", "-", NULL };
	_cleanup_close_ int fd = memfd_create("gnuplot", MFD_CLOEXEC);
	struct proc_opts opts = PROC_OPTS_INIT;

	if (fd < 0 || write(fd, script->text, script->len) != (ssize_t)script->len || lseek(fd, 0, SEEK_SET))
		return err_new("cannot hand gnuplot its commands");
	opts.stdin_fd = fd;
	return proc_run(argv, &opts, DEADLINE_NS, ret);
}

struct err *law_plot(const struct law_result *results, size_t n, const char *path)
{
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT;
	_cleanup_free_ char *program = fs_find_program("gnuplot"), *status = NULL;
	_cleanup_(proc_result_deinit) struct proc_result result = { 0 };
	struct err *err;

	if (!program)
		return err_hint(err_exit(EXIT_SKIPPED, "no plot '%s': gnuplot is missing", path),
				"install gnuplot-nox; the tables need none");
	put_script(results, n, &script);
	err = run_gnuplot(&script, &result);
	if (err)
		return err_wrap(err, "no plot '%s'", path);
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) || !result.out.len) {
		status = proc_status_text(result.status);
		return err_new("no plot '%s': gnuplot %s: %s", path, status, result.err.text ? result.err.text : "");
	}
	return fs_publish(path, result.out.text, result.out.len);
}
