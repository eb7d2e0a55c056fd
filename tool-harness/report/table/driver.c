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

#include "report/table/cell.h"
#include "report/human.h"
#include "report/paper.h"
#include "report/table/table.h"

#define NAME_WIDTH 17
#define ROW_WIDTH 15
#define COLUMN_WIDTH 11
#define MILLION 1e6
#define VANILLA "host"

/* A column of either table: where its number is in a summary and in the paper. */
struct column {
	const char *title;
	size_t worst, median; /* offsets of struct quantiles in struct summary */
	size_t paper;         /* offset in struct paper_row; NOT_IN_PAPER */
};
#define NOT_IN_PAPER ((size_t)-1)

struct metrics {
	const struct column *columns;
	size_t n;
	void (*put)(struct strbuf *out, double value);       /* one of ours, COLUMN_WIDTH wide */
	void (*put_paper)(struct strbuf *out, double value); /* one as the paper prints it */
};

#define SPAN_AT(span) (offsetof(struct summary, untraced_ns) + (span) * sizeof(struct quantiles))
#define PAPER_AT(member) offsetof(struct paper_row, member)

static const struct column time_columns[] = {
	{ "start-up", SPAN_AT(SPAN_DRIVER_WORST), SPAN_AT(SPAN_DRIVER_MEDIAN), PAPER_AT(startup_s) },
	{ "of task", SPAN_AT(SPAN_OWN_WORST), SPAN_AT(SPAN_OWN_MEDIAN), NOT_IN_PAPER },
	{ "import", SPAN_AT(SPAN_IMPORT_WORST), SPAN_AT(SPAN_IMPORT_MEDIAN), PAPER_AT(import_s) },
	{ "visit", SPAN_AT(SPAN_VISIT_WORST), SPAN_AT(SPAN_VISIT_MEDIAN), PAPER_AT(visit_s) },
	{ "total", SPAN_AT(SPAN_SUM_WORST), SPAN_AT(SPAN_SUM_MEDIAN), PAPER_AT(total_s) },
	{ "MPI test", SPAN_AT(SPAN_MPI_TEST_WORST), SPAN_AT(SPAN_MPI_TEST_MEDIAN), NOT_IN_PAPER },
};

#define COUNTER_AT(member, phase, counter) \
	(offsetof(struct summary, member) + ((phase) * COUNTER_N + (counter)) * sizeof(struct quantiles))
#define COUNTER_COLUMN(title, phase, counter, paper_member)              \
	{                                                                \
		title, COUNTER_AT(counters_worst, phase, counter),       \
			COUNTER_AT(counters_median, phase, counter),     \
			PAPER_AT(paper_member)                           \
	}

static const struct column counter_columns[] = {
	COUNTER_COLUMN("L1-D", COUNTED_IMPORT, COUNTER_L1D_MISSES, import_l1d),
	COUNTER_COLUMN("L1-I", COUNTED_IMPORT, COUNTER_L1I_MISSES, import_l1i),
	COUNTER_COLUMN("L1-D", COUNTED_VISIT, COUNTER_L1D_MISSES, visit_l1d),
	COUNTER_COLUMN("L1-I", COUNTED_VISIT, COUNTER_L1I_MISSES, visit_l1i),
};

static const struct quantiles *at(const struct summary *summary, size_t offset)
{
	return (const struct quantiles *)((const char *)summary + offset);
}

static double paper_value(const struct paper_row *row, const struct column *column)
{
	return column->paper == NOT_IN_PAPER ? NAN : *(const double *)((const char *)row + column->paper);
}

static void put_seconds(struct strbuf *out, double s)
{
	cell_format(out, COLUMN_WIDTH, "%.1f s", s);
}

static void put_time(struct strbuf *out, double ns)
{
	cell_duration(out, ns, COLUMN_WIDTH);
}

static void put_printed(struct strbuf *out, double millions)
{
	cell_format(out, COLUMN_WIDTH, millions < 1 ? "%.2f" : "%.1f", millions);
}

static void put_millions(struct strbuf *out, double count)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	human_number(&text, count / MILLION);
	cell_right(out, text.text, COLUMN_WIDTH);
}

static const struct metrics times = { time_columns, ARRAY_SIZE(time_columns), put_time, put_seconds };
static const struct metrics misses = { counter_columns, ARRAY_SIZE(counter_columns), put_millions, put_printed };

static void put_labels(struct strbuf *out, const char *name, const char *row)
{
	cell_left(out, name, NAME_WIDTH);
	cell_left(out, row, ROW_WIDTH);
}

/* One row of ours; what was not measured is a dash. */
static void put_ours(const struct metrics *metrics, const struct summary *summary, bool worst, struct strbuf *out)
{
	for (size_t i = 0; i < metrics->n; i++) {
		const struct column *column = &metrics->columns[i];
		const struct quantiles *q = at(summary, worst ? column->worst : column->median);

		if (q->n)
			metrics->put(out, q->p50);
		else
			cell_right(out, "-", COLUMN_WIDTH);
	}
}

static void put_ratio(struct strbuf *out, double ratio)
{
	if (isfinite(ratio))
		cell_multiple(out, ratio, COLUMN_WIDTH);
	else
		cell_right(out, "", COLUMN_WIDTH);
}

/* The slowest rank's as multiples of the vanilla build's. */
static void put_ratios(const struct metrics *metrics, const struct summary *summary, const struct summary *vanilla,
		       struct strbuf *out)
{
	for (size_t i = 0; i < metrics->n; i++) {
		const struct quantiles *a = at(summary, metrics->columns[i].worst);
		const struct quantiles *b = at(vanilla, metrics->columns[i].worst);

		put_ratio(out, a->n && b->n && b->p50 > 0 ? a->p50 / b->p50 : NAN);
	}
	cell_end(out);
}

static void put_paper(const struct metrics *metrics, const struct paper_row *paper, struct strbuf *out)
{
	const struct paper_row *vanilla = paper_find(VANILLA);
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

	strbuf_printf(&name, "  (%s)", paper->name);
	put_labels(out, name.text, "paper");
	for (size_t i = 0; i < metrics->n; i++) {
		double value = paper_value(paper, &metrics->columns[i]);

		if (isnan(value))
			cell_right(out, "", COLUMN_WIDTH);
		else
			metrics->put_paper(out, value);
	}
	cell_end(out);
	if (paper == vanilla)
		return;
	put_labels(out, "", "paper × " VANILLA);
	for (size_t i = 0; i < metrics->n; i++)
		put_ratio(out, paper_value(paper, &metrics->columns[i]) / paper_value(vanilla, &metrics->columns[i]));
	cell_end(out);
}

static const struct summary *find_vanilla(const struct run *run, enum temperature temperature)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (run->variants[i].program && !run->variants[i].bind_now &&
		    !strcmp(run->variants[i].program, VANILLA))
			return &run->variants[i].summaries[temperature];
	return NULL;
}

static bool is_measured(const struct run *run, enum temperature temperature)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (run->variants[i].summaries[temperature].n_untraced)
			return true;
	return false;
}

static const struct paper_row *paper_of(const struct run_variant *variant)
{
	_cleanup_free_ char *name = variant_name(variant->program, variant->bind_now);

	return paper_find(name);
}

/* All rows of one variant; put_more adds what stands behind its first row, or is NULL. */
static void put_variant(const struct metrics *metrics, const struct run *run, const struct run_variant *variant,
			enum temperature temperature,
			void (*put_more)(const struct run *run, const struct summary *summary, struct strbuf *out),
			struct strbuf *out)
{
	const struct summary *summary = &variant->summaries[temperature], *vanilla = find_vanilla(run, temperature);
	const struct paper_row *paper = paper_of(variant);

	put_labels(out, variant->name, "worst rank");
	put_ours(metrics, summary, true, out);
	if (put_more)
		put_more(run, summary, out);
	cell_end(out);
	put_labels(out, "", "median rank");
	put_ours(metrics, summary, false, out);
	cell_end(out);
	if (vanilla && vanilla != summary) {
		put_labels(out, "", "× " VANILLA);
		put_ratios(metrics, summary, vanilla, out);
	}
	if (paper)
		put_paper(metrics, paper, out);
}

static bool has_paper(const struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++)
		if (paper_of(&run->variants[i]))
			return true;
	return false;
}

/* "warm: n = 5", over the width of the labels. */
static void put_corner(const struct run *run, enum temperature temperature, struct strbuf *out)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < run->n_variants; i++) {
		uint64_t n = run->variants[i].summaries[temperature].n_untraced;

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	cell_runs(out, temperature_names[temperature], least, most, NAME_WIDTH + ROW_WIDTH);
}

static void put_titles(const struct metrics *metrics, struct strbuf *out)
{
	for (size_t i = 0; i < metrics->n; i++)
		cell_right(out, metrics->columns[i].title, COLUMN_WIDTH);
}

void metrics_put_times(const struct run *run, struct strbuf *out)
{
	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		if (!is_measured(run, t))
			continue;
		put_corner(run, t, out);
		put_titles(&times, out);
		cell_end(out);
		for (size_t i = 0; i < run->n_variants; i++)
			if (run->variants[i].summaries[t].n_untraced)
				put_variant(&times, run, &run->variants[i], t, NULL, out);
	}
	strbuf_puts(out, "start-up  from the launcher's spawn to the driver's first line; of task: from its exec\n");
	strbuf_puts(out, "total     start-up, import and visit, as the paper adds them\n");
	if (has_paper(run))
		strbuf_printf(out, "paper     Table 1: %s\n", paper_source);
}

/* Who counted, and by how much its repetitions differ, of the worst rank's counts. */
static void put_source(const struct run *run, const struct summary *summary, struct strbuf *out)
{
	const char *source = json_string_value(json_object_get(run->counters, "source"));
	double spread = 0;
	bool repeated = false;

	for (size_t i = 0; i < misses.n; i++) {
		const struct quantiles *q = at(summary, misses.columns[i].worst);

		repeated |= q->n > 1;
		if (q->p50 > 0 && (q->max - q->min) / q->p50 > spread)
			spread = (q->max - q->min) / q->p50;
	}
	cell_right(out, source ? source : "?", COLUMN_WIDTH + 1);
	if (repeated)
		cell_format(out, COLUMN_WIDTH, "%.2f %%", 100 * spread);
	else
		cell_right(out, "-", COLUMN_WIDTH);
}

void metrics_put_counters(const struct run *run, struct strbuf *out)
{
	json_t *notes = json_object_get(run->counters, "notes"), *note;
	const char *caches = json_string_value(json_object_get(run->counters, "caches"));
	size_t n;

	for (size_t t = 0; t < TEMPERATURE_N; t++) {
		if (!is_measured(run, t))
			continue;
		cell_left(out, "millions of misses", NAME_WIDTH + ROW_WIDTH);
		cell_ruled(out, 2 * COLUMN_WIDTH, "import");
		cell_ruled(out, 2 * COLUMN_WIDTH, "visit");
		cell_end(out);
		put_corner(run, t, out);
		put_titles(&misses, out);
		cell_right(out, "source", COLUMN_WIDTH + 1);
		cell_right(out, "spread", COLUMN_WIDTH);
		cell_end(out);
		for (size_t i = 0; i < run->n_variants; i++)
			if (run->variants[i].summaries[t].n_untraced)
				put_variant(&misses, run, &run->variants[i], t, put_source, out);
	}
	strbuf_puts(out, "spread    largest difference between repetitions, of the worst rank's counts\n");
	if (caches)
		strbuf_printf(out, "caches    %s\n", caches);
	json_array_foreach(notes, n, note)
		strbuf_printf(out, "note      %s\n", json_string_value(note) ? json_string_value(note) : "?");
	if (has_paper(run))
		strbuf_printf(out, "paper     Table 2: %s\n", paper_source);
}
