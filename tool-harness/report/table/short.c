/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short table: sentences made of the numbers that the long tables show. A ratio stands with the least and the
 * most of its pairs, and where these lie on both sides of 1 no difference is claimed.
 *
 * Invariant: whatever is invalid comes before any number.
 */
#include "report/table/short.h"

#include <string.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/table/aslr.h"
#include "report/table/counts.h"
#include "report/table/driver.h"
#include "report/table/figures.h"
#include "report/table/head.h"
#include "report/table/variants.h"
#include "report/table4/rows.h"

#define PAIRS_FOR_PERCENTILES 10 /* with fewer the extremes are shown */
#define BUSY_LOAD 0.3            /* of a CPU: what others did when the run began */
#define FEW_RUNS 5
#define QUOTED_CONTRADICTIONS 3

/* --- a number with its range ------------------------------------------------------ */

struct range {
	double least, middle, most;
	double n;
};

/* Of quantiles at a key of the summary; false: there are none. */
static bool range_get(const struct figure_place *place, const char *quantiles, struct range *ret)
{
	_cleanup_free_ char *n = mem_printf("%s.n", quantiles), *p50 = mem_printf("%s.p50", quantiles);
	_cleanup_free_ char *low = NULL, *high = NULL;

	if (!figure_number(place, n, &ret->n) || ret->n < 1)
		return false;
	low = mem_printf("%s.%s", quantiles, ret->n < PAIRS_FOR_PERCENTILES ? "min" : "p10");
	high = mem_printf("%s.%s", quantiles, ret->n < PAIRS_FOR_PERCENTILES ? "max" : "p90");
	return figure_number(place, low, &ret->least) && figure_number(place, p50, &ret->middle) &&
	       figure_number(place, high, &ret->most);
}

static void put_range(const struct range *range, void (*show)(struct strbuf *out, double value), struct strbuf *out)
{
	show(out, range->least);
	strbuf_puts(out, " … ");
	show(out, range->most);
}

/* "(1.02 … 1.17, 3 pairs)": of a single one there is no range. */
static void put_spread(const struct range *range, void (*show)(struct strbuf *out, double value), const char *what,
		       struct strbuf *out)
{
	strbuf_puts(out, " (");
	if (range->n > 1) {
		put_range(range, show, out);
		strbuf_puts(out, ", ");
	}
	strbuf_printf(out, "%.0f %s%s)", range->n, what, range->n > 1 ? "s" : "");
}

/* --- the answer ------------------------------------------------------------------- */

/* What "start-up" is of a run: of a target both phases, of a command that marks no phases all of it. */
static const struct {
	enum span span;
	const char *name;
} answers[] = {
	{ SPAN_STARTUP, "start-up" }, { SPAN_IMPORT_WORST, "import, slowest rank," }, { SPAN_TOTAL, "the whole run" },
};

static bool has_span(const struct figure_place *place, enum span span)
{
	const struct summary *s = figure_summary(place);

	return s->traced_ns[span].n + s->untraced_ns[span].n > 0;
}

static size_t answer_of(const struct figure_place *place)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(answers) && !has_span(place, answers[i].span))
		i++;
	return i;
}

/* Of tasks that ran before there is no start-up: how long the tool took to have them. */
static void add_attached(const struct figure_place *place, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct range time;

	if (!range_get(place, "traced_ns.phase1", &time))
		return;
	human_duration(&text, time.middle);
	grid_note(list, GRID_NOTES, "answer", "attached, with all breakpoints in, after %s", text.text);
}

static void add_answer(const struct figure_place *place, struct grid_list *list)
{
	size_t i = answer_of(place);
	const char *span = span_names[answers[i].span], *temperature = temperature_names[place->temperature];
	_cleanup_free_ char *ratio_key = mem_printf("ratio.%s", span), *time_key = mem_printf("@.%s", span);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct range ratio, time;

	if (range_get(place, ratio_key, &ratio)) {
		strbuf_printf(&text, "traced, %s took ", answers[i].name);
		human_number(&text, ratio.middle);
		strbuf_puts(&text, " × the untraced time");
		put_spread(&ratio, human_number, "pair", &text);
		if (ratio.least < 1 && ratio.most > 1)
			strbuf_puts(&text, ": no difference to be told");
	} else if (range_get(place, time_key, &time)) {
		bool traced = figure_summary(place)->n_traced > 0;

		strbuf_printf(&text, "%s%s took ", traced ? "traced, " : "", answers[i].name);
		human_duration(&text, time.middle);
		put_spread(&time, human_duration, "run", &text);
		strbuf_puts(&text, traced ? "; untraced runs to compare with: baseline=on" : " without a tool");
	} else {
		return; /* no run is valid, which is said above */
	}
	grid_note(list, GRID_NOTES, temperature, "%s", text.text);
}

/* --- phases ----------------------------------------------------------------------- */

static const struct {
	enum span span;
	const char *name;
} rows[] = {
	{ SPAN_PHASE1, "phase 1" }, { SPAN_PHASE2, "phase 2" }, { SPAN_TOTAL, "total" },
};

static void put_ratio_range(struct grid *grid, const struct figure_place *place, const char *key)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *full = figure_key(place, key);
	struct range range;

	if (!range_get(place, key, &range) || range.n < 2) {
		grid_absent(grid, "it takes two pairs");
		return;
	}
	put_range(&range, human_number, &text);
	grid_value(grid, CELL_RATIO, range.least, place->run->id, "%s.%s", full,
		   range.n < PAIRS_FOR_PERCENTILES ? "min" : "p10");
	grid_show(grid, "%s", text.text);
}

/* Which runs there are of either kind, in any temperature. */
struct sides {
	bool untraced, traced;
	double pairs; /* the most of any ratio */
};

static struct sides sides_of(const struct run *run)
{
	struct sides sides = { 0 };

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct summary *s = &run->variants[0].summaries[t];

		sides.untraced |= s->n_untraced > 0;
		sides.traced |= s->n_traced > 0;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if ((double)s->ratio[rows[i].span].n > sides.pairs)
				sides.pairs = (double)s->ratio[rows[i].span].n;
	}
	return sides;
}

static void add_row(const struct figure_place *place, size_t row, const struct sides *sides, struct grid *grid)
{
	const char *span = span_names[rows[row].span];
	_cleanup_free_ char *untraced = mem_printf("untraced_ns.%s.p50", span);
	_cleanup_free_ char *traced = mem_printf("traced_ns.%s.p50", span);
	_cleanup_free_ char *ratio = mem_printf("ratio.%s", span), *ratio_p50 = mem_printf("%s.p50", ratio);

	grid_text(grid, "%s", temperature_names[place->temperature]);
	grid_text(grid, "%s", rows[row].name);
	if (sides->untraced)
		figure_put(grid, place, CELL_TIME, untraced);
	if (sides->traced)
		figure_put(grid, place, CELL_TIME, traced);
	if (sides->pairs < 1)
		return;
	figure_put(grid, place, CELL_RATIO, ratio_p50);
	put_ratio_range(grid, place, ratio);
}

static void add_phases(const struct run *run, struct grid_list *list)
{
	static const struct grid_column labels[] = { { "", GRID_LABEL_WIDTH, COLUMN_LABEL, NULL },
						     { "", 9, COLUMN_LABEL, NULL } };
	static const struct grid_column untraced = { "untraced", 11, 0, NULL }, traced = { "traced", 11, 0, NULL };
	const struct sides sides = sides_of(run);
	/* The ratio is a median of pairs, and not the quotient of the two medians before it. */
	const struct grid_column of_pairs[] = {
		{ "ratio", 10, 0, NULL },
		{ sides.pairs < PAIRS_FOR_PERCENTILES ? "of pairs: least … most" : "of pairs: 10 % … 90 %", 26, 0,
		  NULL },
	};
	struct grid *grid = grid_add(list, GRID_TABLE, "phases");

	grid_add_columns(grid, labels, ARRAY_SIZE(labels));
	grid_add_columns(grid, &untraced, sides.untraced);
	grid_add_columns(grid, &traced, sides.traced);
	grid_add_columns(grid, of_pairs, sides.pairs < 1 ? 0 : ARRAY_SIZE(of_pairs));
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		const struct figure_place place = { run, 0, t };

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (has_span(&place, rows[i].span))
				add_row(&place, i, &sides, grid);
	}
}

/* --- what one event costs --------------------------------------------------------- */

static void add_costs_of(const struct figure_place *place, const char *temperature, struct grid_list *list)
{
	static const struct {
		const char *before, *key;
	} figures[] = { { "T1 ", "t1_ns.mean" }, { " · T2 ", "t2_ns.mean" } };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	double tasks = 0, events = 0, measured = 0, model = 0, value;

	if (!figure_number(place, "t1_ns.n", &value) || value < 1)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		if (!figure_number(place, figures[i].key, &value) || value <= 0)
			continue;
		strbuf_puts(&text, figures[i].before);
		human_duration(&text, value);
	}
	if (figure_number(place, "tasks", &tasks) && figure_number(place, "load_events_per_task", &events)) {
		strbuf_printf(&text, " · %.0f × ", tasks);
		human_count(&text, events);
		strbuf_puts(&text, " load events");
	}
	if (figure_number(place, "measured_ns.p50", &measured) && measured > 0) {
		strbuf_puts(&text, " handled in ");
		human_duration(&text, measured);
	}
	if (figure_number(place, "model_ratio.p50", &model) && model > 0) {
		strbuf_puts(&text, " (model ");
		human_number(&text, model);
		strbuf_puts(&text, " ×)");
	}
	grid_note(list, GRID_FACTS, "costs", "%s%s%s", temperature, *temperature ? ": " : "", text.text);
}

static void add_costs(const struct run *run, struct grid_list *list)
{
	bool both = true, traced = false;
	size_t before;

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		both &= run->variants[0].summaries[t].n_traced > 0;
		traced |= run->variants[0].summaries[t].n_traced > 0;
	}
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		missed_add(&(struct figure_place){ run, 0, t }, "misses", list);
	before = list->n;
	for (size_t t = 0; t < TEMPERATURE_N; t++)
		add_costs_of(&(struct figure_place){ run, 0, t }, both ? temperature_names[t] : "", list);
	if (traced && list->n == before)
		grid_note(list, GRID_FACTS, "costs", "T1 and T2: %s", variants_why_no_t1(run));
}

/* --- several variants ------------------------------------------------------------- */

/* From which variant to which. */
static void add_extremes(const struct run *run, enum temperature temperature, struct grid_list *list)
{
	size_t least = 0, most = 0, n = 0;
	double low = 0, high = 0;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < run->n_variants; i++) {
		const struct figure_place place = { run, i, temperature };
		double value;

		if (!figure_number(&place, "@.startup.p50", &value) && !figure_number(&place, "@.total.p50", &value))
			continue;
		if (value <= 0)
			continue;
		if (!n || value < low)
			low = value, least = i;
		if (!n || value > high)
			high = value, most = i;
		n++;
	}
	if (n < 2)
		return;
	strbuf_printf(&text, "start-up of %zu variants: least ", n);
	human_duration(&text, low);
	strbuf_printf(&text, " (%s) · most ", run->variants[least].name);
	human_duration(&text, high);
	strbuf_printf(&text, " (%s)", run->variants[most].name);
	grid_note(list, GRID_FACTS, temperature_names[temperature], "%s", text.text);
}

/* --- all of it -------------------------------------------------------------------- */

static void add_noise(const struct run *run, struct grid_list *list)
{
	json_t *load = json_object_get(run->host, "load_1min"), *cpus = json_object_get(run->host, "cpus");
	json_int_t repetitions = json_integer_value(json_object_get(run->scenario, "repetitions"));
	bool few = repetitions > 0 && repetitions < FEW_RUNS;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (json_is_number(load) && json_is_integer(cpus) &&
	    json_number_value(load) > BUSY_LOAD * (double)json_integer_value(cpus))
		strbuf_printf(&text, "load %.2f on %" JSON_INTEGER_FORMAT " CPUs at its begin", json_number_value(load),
			      json_integer_value(cpus));
	if (few)
		strbuf_printf(&text, "%s%" JSON_INTEGER_FORMAT " repetition%s: more (-r) tell smaller differences",
			      text.len ? " · " : "", repetitions, repetitions == 1 ? "" : "s");
	if (text.len)
		grid_note(list, GRID_FACTS, "noise", "%s", text.text);
}

static bool has_runs(const struct run *run, enum temperature temperature)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (figures_has_runs(&(struct figure_place){ run, i, temperature }))
			return true;
	return false;
}

static bool has_valid_runs(const struct run *run)
{
	uint64_t n = 0;

	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			n += run->variants[i].summaries[t].n_traced + run->variants[i].summaries[t].n_untraced;
	return n > 0;
}

void short_add(const struct run *run, const char *name, struct grid_list *list)
{
	bool valid = run_is_valid(run);

	if (!valid)
		verdict_add(run, QUOTED_CONTRADICTIONS, list);
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		if (!has_runs(run, t) || run_is_simulated(run))
			continue;
		if (run->n_variants > 1)
			add_extremes(run, t, list);
		else if (head_ran_before(run))
			add_attached(&(struct figure_place){ run, 0, t }, list);
		else
			add_answer(&(struct figure_place){ run, 0, t }, list);
	}
	head_add_short(run, list);
	if (run_is_untraced(run)) {
		driver_add_times(run, list);
		driver_add_misses(run, list);
	} else if (run->n_variants > 1) {
		if (table4_applies(run))
			table4_add(run, list);
		variants_add(run, list);
		aslr_add(run, list);
	} else if (run->n_variants == 1 && (sides_of(run).untraced || sides_of(run).traced)) {
		add_phases(run, list);
		add_costs(run, list);
	}
	if (has_valid_runs(run))
		add_noise(run, list);
	if (valid)
		verdict_add(run, QUOTED_CONTRADICTIONS, list);
	if (name)
		grid_note(list, GRID_FACTS, "next",
			  "all tables: attachstorm show --details %s · a page: attachstorm report %s", name, name);
}
