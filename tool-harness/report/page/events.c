/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Distribution of T1 over load events: a cumulative curve for each variant and temperature, from
 * the samples beside the record, and its quantiles, from the record.
 *
 * Invariant: the events drawn are those that the record's quantiles are of, or none are drawn.
 */
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "measure/loadevent.h"
#include "report/page/put.h"
#include "report/page/plot.h"
#include "report/table/costs.h"

#define STEPS 200 /* points of a curve at most */
#define HEIGHT 400
#define KEY_HEIGHT 18 /* of a line of it */

/* T1 of all load events of the valid trials, as summarised in the record. */
static void find_events(const struct run *run, size_t variant, enum temperature t, struct samples *ret)
{
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		struct load_events found;

		if (trial->variant != variant || trial->temperature != t || !trial->traced ||
		    trial->n_contradictions || trial->unstopped)
			continue;
		load_events_find(trial, &found);
		for (size_t j = 0; j < found.n; j++)
			if (!found.events[j].at_launch && !found.events[j].untimed)
				samples_add(ret, (double)found.events[j].t1_ns);
		load_events_deinit(&found);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Share of events in %, over time; all points, or evenly spread ones. */
static void put_curve(struct samples *events, size_t curve, struct strbuf *script)
{
	size_t points = events->n < STEPS ? events->n : STEPS;

	qsort(events->values, events->n, sizeof(*events->values), by_value);
	strbuf_printf(script, "$curve%zu << EOD\n", curve);
	for (size_t i = 0; i < points; i++) {
		size_t at = points > 1 ? i * (events->n - 1) / (points - 1) : 0;

		strbuf_printf(script, "%.9g %.6g\n", events->values[at] / NS_PER_US,
			      100.0 * (double)(at + 1) / (double)events->n);
	}
	strbuf_puts(script, "EOD\n");
}

/* Puts data blocks into script and plot elements into curves; their number. */
static size_t put_curves(const struct run *run, struct strbuf *script, struct strbuf *curves)
{
	size_t n = 0;

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		for (size_t i = 0; i < run->n_variants && n < PAGE_N_COLOURS; i++) {
			struct samples events = { 0 };

			find_events(run, i, t, &events);
			if (events.n && events.n == run->variants[i].summaries[t].t1_ns.n) {
				_cleanup_free_ char *title = mem_printf("%s, %s (n = %zu)", run->variants[i].name,
									temperature_names[t], events.n);

				put_curve(&events, n, script);
				strbuf_printf(curves,
					      "%s$curve%zu using 1:2 with lines linewidth 2 dashtype %d "
					      "linecolor rgb '%s' title ",
					      n ? ", " : "plot ", n, t == TEMPERATURE_COLD ? 2 : 1,
					      page_colours[n]);
				plot_put_quoted(curves, title);
				n++;
			}
			samples_deinit(&events);
		}
	}
	return n;
}

static size_t count_measured(const struct run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			n += run->variants[i].summaries[t].t1_ns.n > 0;
	return n;
}

static void put_picture(struct page *page, const struct run *run)
{
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT, data = STRBUF_INIT, curves = STRBUF_INIT,
				       caption = STRBUF_INIT;
	struct floor floors[FLOOR_N];
	double stop_us;
	size_t n;

	n = put_curves(run, &data, &curves);
	if (!n)
		return;
	plot_put_terminal(&script, PAGE_PLOT_WIDTH, HEIGHT + (unsigned)n / 2 * KEY_HEIGHT);
	strbuf_add(&script, data.text, data.len);
	floors_read(run, &run->variants[0], floors);
	stop_us = floors[FLOOR_STOP].ns / NS_PER_US;
	strbuf_puts(&script,
		    "set logscale x\nset xlabel 'T1: handling of one load event, microseconds (logarithmic)'\n"
		    "set ylabel 'load events that took no longer, %'\nset yrange [0:100]\nset ytics 25\n"
		    "set grid linecolor rgb '#cbd5e0'\nset border 3\nset tics nomirror\n"
		    "set key noenhanced outside top center maxcols 2 samplen 2\n");
	if (stop_us > 0)
		strbuf_printf(&script,
			      "set arrow 1 from %.9g, graph 0 to %.9g, graph 1 nohead dashtype 3 linecolor rgb "
			      "'#555555'\nset label 1 ' bare stop' at %.9g, graph 0.06 textcolor rgb '#555555'\n",
			      stop_us, stop_us, stop_us);
	strbuf_puts(&script, curves.text);
	strbuf_putc(&script, '\n');
	strbuf_puts(&caption, "How long the tool handles one load event, over all load events after the tasks were let "
			      "go: a curve further left is cheaper, a steep one is steady. ");
	if (stop_us > 0)
		strbuf_puts(&caption, "The dotted line is what a bare stop and continue costs on this machine. ");
	strbuf_puts(&caption, "Dashed: cold.");
	if (n == PAGE_N_COLOURS && count_measured(run) > n)
		strbuf_printf(&caption, " These are the first %zu of %zu; all are in the table.", n,
			      count_measured(run));
	page_plot(page, &script, caption.text);
}

static bool has_costs(const struct run *run)
{
	return count_measured(run) > 0;
}

void page_events(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct page_record *record = &page->input->records[i];
		struct grid_list list = { 0 };

		if (!has_costs(&record->run))
			continue;
		page_put_record_heading(page, &record->run);
		if (record->has_samples)
			put_picture(page, &record->run);
		else if (record->no_samples)
			page_note(page, "No curve is drawn: %s.", record->no_samples);
		else
			page_note(page, "No curve is drawn: the samples (%s.events.csv) are not beside the record.",
				  record->run.id);
		costs_add(&record->run, 0, record->run.n_variants, &list);
		page_put_grids(page, &list);
	}
}
