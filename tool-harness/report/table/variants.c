/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Variants side by side: one row each. A variant that is only run untraced has the times of
 * that; what was not measured is a dash.
 *
 * Invariant: a name too long for its column stands in a line of its own, whole.
 */
#include "report/table/variants.h"

#include <string.h>

#include "lib/mem.h"
#include "report/table/cell.h"
#include "report/table/table.h"
#include "report/table/counts.h"

#define NAME_WIDTH 30
#define LABEL_WIDTH 10

static void put_quantile(const struct quantiles *q, int width, struct strbuf *out)
{
	if (q->n)
		cell_duration(out, q->p50, width);
	else
		cell_right(out, "-", width);
}

static void put_row(const struct run *run, size_t index, enum temperature temperature, struct strbuf *out)
{
	const struct summary *s = &run->variants[index].summaries[temperature];
	const char *name = run->variants[index].name;
	const struct quantiles *spans = s->n_traced ? s->traced_ns : s->untraced_ns;
	double stops = 0;

	cell_left(out, name, NAME_WIDTH);
	if (cell_display_width(name) >= NAME_WIDTH) {
		cell_end(out);
		cell_left(out, "", NAME_WIDTH);
	}
	put_quantile(&spans[SPAN_PHASE1], 9, out);
	put_quantile(&spans[SPAN_PHASE2], 9, out);
	if (s->ratio[SPAN_IMPORT_WORST].n)
		cell_multiple(out, s->ratio[SPAN_IMPORT_WORST].p50, 9);
	else
		cell_right(out, "-", 9);
	put_quantile(&s->t1_ns, 9, out);
	put_quantile(&s->t2_ns, 9, out);
	put_quantile(&s->task_cost_per_stop_ns, 10, out);
	for (size_t phase = 0; phase < EVENT_N_PHASES; phase++)
		stops += stops_in_phase(s, phase);
	if (s->n_traced && run_tells_events(run, &run->variants[index]))
		cell_count(out, stops, 8);
	else
		cell_right(out, "-", 8);
	if (s->n_traced && s->hits_missed >= 0)
		cell_count(out, s->hits_missed, 7);
	else
		cell_right(out, "-", 7);
	cell_end(out);
}

/* The fewest and the most runs that a row stands for: "warm: n = 3". */
static void put_corner(const struct run *run, enum temperature temperature, struct strbuf *out)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct summary *s = &run->variants[i].summaries[temperature];
		uint64_t n = s->n_traced ? s->n_traced : s->n_untraced;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	cell_runs(out, temperature_names[temperature], least, most, NAME_WIDTH);
}

/* What a variant sets, where its name does not say it: "B         tasks=4 wait=spin". */
static void put_settings(const struct run_variant *variant, struct strbuf *out)
{
	size_t column = 0, width;
	const char *key;
	json_t *value;

	json_object_foreach(variant->settings, key, value) {
		_cleanup_free_ char *setting = mem_printf("%s=%s", key, json_string_value(value));

		if (strstr(variant->name, setting))
			continue;
		width = cell_display_width(setting);
		if (column && column + 1 + width > TABLE_WIDTH) {
			cell_end(out);
			column = 0;
		}
		if (!column)
			cell_left(out, variant->name, LABEL_WIDTH);
		else
			strbuf_putc(out, ' ');
		strbuf_puts(out, setting);
		column = (column ? column + 1 : LABEL_WIDTH) + width;
	}
	if (column)
		cell_end(out);
}

void variants_put(const struct run *run, struct strbuf *out)
{
	static const struct {
		const char *title;
		int width;
	} columns[] = { { "phase 1", 9 }, { "phase 2", 9 },	{ "import", 9 }, { "T1", 9 },
			{ "T2", 9 },	  { "full cost", 10 }, { "stops", 8 },	 { "misses", 7 } };

	for (size_t temperature = 0; temperature < TEMPERATURE_N; temperature++) {
		bool any = false;

		for (size_t i = 0; i < run->n_variants; i++) {
			const struct summary *s = &run->variants[i].summaries[temperature];

			any |= s->n_traced + s->n_untraced + s->n_invalid > 0;
		}
		if (!any)
			continue;
		put_corner(run, temperature, out);
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
			cell_right(out, columns[i].title, columns[i].width);
		cell_end(out);
		for (size_t i = 0; i < run->n_variants; i++)
			put_row(run, i, temperature, out);
	}
	for (size_t i = 0; i < run->n_variants; i++)
		put_settings(&run->variants[i], out);
	strbuf_puts(out, "import    traced / untraced, slowest rank; full cost of one stop, to a task\n");
	strbuf_puts(out, "misses    calls of functions with a breakpoint made before it was in, over all tasks\n");
}
