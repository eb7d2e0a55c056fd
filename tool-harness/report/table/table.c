/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table's body: phases as in the paper's Table 4, and the verdict. The head (target, job,
 * machine) is head.c, counts are counts.c, costs costs.c, cells cell.c.
 *
 * Invariant: no line is wider than TABLE_WIDTH, but for contradictions and names,
 * which are never cut.
 */
#include "report/table/table.h"

#include <string.h>

#include "report/aslrpair.h"
#include "report/table/cell.h"
#include "report/human.h"
#include "report/table/driver.h"
#include "report/table4/rows.h"
#include "report/table/costs.h"
#include "report/table/counts.h"
#include "report/table/head.h"
#include "report/table/variants.h"

#define LABEL_WIDTH 34
#define QUOTED_CONTRADICTIONS 12

static bool is_shown(const struct summary *summary)
{
	return summary->n_traced + summary->n_untraced + summary->n_invalid > 0;
}

static const struct {
	enum span span;
	const char *label;
} span_rows[] = {
	{ SPAN_PHASE1, "phase 1   launch to planted" },
	{ SPAN_ACQUIRE, "          tasks acquired" },
	{ SPAN_STOP, "          stopped at exec" },
	{ SPAN_START, "          linked libraries mapped" },
	{ SPAN_LINKMAPS, "          link maps read" },
	{ SPAN_SYMBOLS, "          symbols read" },
	{ SPAN_PLANT, "          breakpoints planted" },
	{ SPAN_FIRST_STACK, "stacks    first task" },
	{ SPAN_LAST_STACK, "          last task" },
	{ SPAN_PHASE2, "phase 2   continued to imported" },
	{ SPAN_STARTUP, "phase 1 + 2" },
	{ SPAN_VISIT, "visit" },
	{ SPAN_MPI, "MPI test" },
	{ SPAN_EXIT, "exit" },
	{ SPAN_TOTAL, "total" },
	{ SPAN_IMPORT_WORST, "import    slowest rank" },
	{ SPAN_IMPORT_MEDIAN, "          median rank" },
};

static void put_span_heading(const struct summary *summaries, struct strbuf *out)
{
	cell_left(out, "", LABEL_WIDTH);
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct summary *s = &summaries[i];

		if (is_shown(s))
			cell_ruled(out, 31, "%s: n = %zu, untraced %zu", temperature_names[i], (size_t)s->n_traced,
				   (size_t)s->n_untraced);
	}
	cell_end(out);
	cell_left(out, "", LABEL_WIDTH);
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		if (!is_shown(&summaries[i]))
			continue;
		cell_right(out, "untraced", 12);
		cell_right(out, "traced", 11);
		cell_right(out, "ratio", 10);
	}
	cell_end(out);
}

static void put_spans(const struct summary *summaries, struct strbuf *out)
{
	put_span_heading(summaries, out);
	for (size_t row = 0; row < ARRAY_SIZE(span_rows); row++) {
		enum span span = span_rows[row].span;
		bool any = false;

		for (size_t i = 0; i < TEMPERATURE_N; i++)
			any |= summaries[i].traced_ns[span].n + summaries[i].untraced_ns[span].n > 0;
		if (!any)
			continue;
		cell_left(out, span_rows[row].label, LABEL_WIDTH);
		for (size_t i = 0; i < TEMPERATURE_N; i++) {
			const struct summary *s = &summaries[i];

			if (!is_shown(s))
				continue;
			cell_median(out, &s->untraced_ns[span], 12);
			cell_median(out, &s->traced_ns[span], 11);
			if (s->ratio[span].n)
				cell_multiple(out, s->ratio[span].p50, 10);
			else
				cell_right(out, "", 10);
		}
		cell_end(out);
	}
}

/* Whose pages: the target's, or the tool's own. */
static const struct trial_residency *residency_of(const struct trial *trial, bool tool)
{
	return tool ? &trial->tool_residency : &trial->residency;
}

static double resident_share(const struct trial_residency *r)
{
	return r->pages ? (double)r->pages_resident / (double)r->pages : 0;
}

/* The run whose page cache was least as it should be stands for all; variant NULL: of any. */
static void put_residency_of(const struct run *run, const struct run_variant *variant, bool tool, struct strbuf *out)
{
	for (size_t i = 0; i < TEMPERATURE_N; i++) {
		const struct trial_residency *worst = NULL;

		for (size_t j = 0; j < run->n_trials; j++) {
			const struct trial_residency *r = residency_of(&run->trials[j], tool);

			if (variant && variant != &run->variants[run->trials[j].variant])
				continue;
			if (run->trials[j].temperature != i || !r->pages)
				continue;
			if (!worst || (i == TEMPERATURE_COLD ? resident_share(r) > resident_share(worst) :
							       resident_share(r) < resident_share(worst)))
				worst = r;
		}
		if (!worst)
			continue;
		cell_left(out, temperature_names[i], 10);
		strbuf_printf(out, "at %s %.1f %% of ", i == TEMPERATURE_COLD ? "most" : "least",
			      100 * resident_share(worst));
		human_count(out, worst->pages);
		strbuf_puts(out, " pages of ");
		human_count(out, worst->files);
		strbuf_printf(out, " files%s in the page cache at launch%s\n", tool ? " of the tool" : "",
			      worst->dropped_caches ? "; all caches dropped" : "");
	}
}

static void put_residency(const struct run *run, const struct run_variant *variant, struct strbuf *out)
{
	put_residency_of(run, variant, false, out);
	put_residency_of(run, variant, true, out);
}

static void put_verdict(const struct run *run, struct strbuf *out)
{
	size_t invalid = 0, quoted = 0, all = 0;

	for (size_t i = 0; i < run->n_trials; i++)
		invalid += run->trials[i].n_contradictions > 0;
	if (run->n_trials == 0) {
		strbuf_puts(out, "INVALID   nothing was measured\n");
		return;
	}
	if (invalid == 0) {
		strbuf_printf(out, "valid     the counts of all %zu runs agree%s%s\n", run->n_trials,
			      run->target ? " with the manifest" : "",
			      run->complete ? "" : " (not all repetitions yet)");
		return;
	}
	strbuf_printf(out, "INVALID   %zu of %zu runs contradict themselves%s; the numbers above leave them out\n",
		      invalid, run->n_trials, run->target ? " or the manifest" : "");
	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];

		for (size_t j = 0; j < trial->n_contradictions; j++, all++) {
			if (quoted == QUOTED_CONTRADICTIONS)
				continue;
			quoted++;
			strbuf_printf(out, "          %s %u, %s", temperature_names[trial->temperature],
				      trial->repetition + 1, trial->traced ? "traced" : "untraced");
			if (run->n_variants > 1)
				strbuf_printf(out, ", %s", run->variants[trial->variant].name);
			strbuf_printf(out, ": %s\n", trial->contradictions[j]);
		}
	}
	if (all > quoted)
		strbuf_printf(out, "          and %zu more in the record\n", all - quoted);
}

/* Everything about one variant of a traced run; its name where there are others. */
static void put_variant(const struct run *run, const struct run_variant *variant, struct strbuf *out)
{
	const struct summary *summaries = variant->summaries;
	bool traced = false;

	for (size_t i = 0; i < TEMPERATURE_N; i++)
		traced |= summaries[i].n_traced > 0;
	if (run->n_variants > 1)
		strbuf_printf(out, "variant   %s\n", variant->name);
	put_spans(summaries, out);
	put_residency(run, variant, out);
	if (traced) {
		cell_rule(out, TABLE_WIDTH);
		if (run_tells_events(run, variant))
			stops_put(summaries, out);
		libraries_put(summaries, run_tells_events(run, variant), out);
		maps_put(summaries, out);
		tracer_put(summaries, out);
	}
	if (costs_have_any(summaries)) {
		cell_rule(out, TABLE_WIDTH);
		costs_put(run, variant, out);
		model_put(summaries, out);
	}
}

/* Simulated time is no time: with callgrind there are counts alone. */
static void put_untraced(const struct run *run, struct strbuf *out)
{
	cell_rule(out, TABLE_WIDTH);
	if (!run_is_simulated(run))
		metrics_put_times(run, out);
	if (json_is_string(json_object_get(run->counters, "source")))
		metrics_put_counters(run, out);
	put_residency(run, NULL, out);
}

static void format(const struct run *run, bool details, struct strbuf *out)
{
	head_put(run, out);
	if (run_is_untraced(run)) {
		put_untraced(run, out);
	} else {
		if (table4_applies(run)) {
			cell_rule(out, TABLE_WIDTH);
			table4_put(run, out);
		}
		if (run->n_variants > 1) {
			cell_rule(out, TABLE_WIDTH);
			variants_put(run, out);
		}
		for (size_t i = 0; (details || run->n_variants == 1) && i < run->n_variants; i++) {
			cell_rule(out, TABLE_WIDTH);
			put_variant(run, &run->variants[i], out);
		}
	}
	aslr_put(run, out);
	cell_rule(out, TABLE_WIDTH);
	put_verdict(run, out);
}

void table_format(const struct run *run, struct strbuf *out)
{
	format(run, false, out);
}

void table_format_details(const struct run *run, struct strbuf *out)
{
	format(run, true, out);
}
