/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A comparison as a table on a terminal, and the sentence that sums it up. The formats for
 * other programs are files.c. Decides nothing.
 *
 * Invariant: every row is shown, so that "same" can be checked by eye.
 */
#include "report/compare/print.h"

#include <math.h>
#include <string.h>

#include "report/table/cell.h"
#include "report/human.h"
#include "report/table/table.h"

#define LABEL_WIDTH 21
#define SENTENCE_METRICS 4
#define VERDICT_WIDTH 13
#define LARGEST_SHARE 10.0 /* a tolerance of more is not worth its digits */

static bool is_count(const struct compare_row *row)
{
	return row->metric->kind < GATE_TIME;
}

void compare_value_text(const struct compare_row *row, const struct quantiles *side, struct strbuf *out)
{
	if (!side->n) {
		strbuf_puts(out, "not known");
	} else if (row->metric->kind == GATE_TIME) {
		human_duration(out, side->p50);
	} else if (row->metric->kind == GATE_MEMORY) {
		human_bytes(out, side->p50);
	} else {
		human_count(out, side->min);
		if (side->max > side->min) {
			strbuf_puts(out, "…");
			human_count(out, side->max);
		}
	}
}

/* "T1: 50.0 µs, then 2.05 ms: × 41 (39.8 … 42.1), p 0.0108"; "stops: 244, then 488". */
void compare_row_text(const struct compare_row *row, struct strbuf *out)
{
	const char *label = row->metric->label;

	strbuf_puts(out, label + strspn(label, " "));
	strbuf_puts(out, ": ");
	if (row->only) {
		strbuf_puts(out, compare_only_names[row->only]);
		return;
	}
	compare_value_text(row, &row->base, out);
	strbuf_puts(out, ", then ");
	compare_value_text(row, &row->new, out);
	if (row->has_ratio)
		strbuf_printf(out, ": × %.3g (%.3g … %.3g), p %.2g", row->ratio.value, row->ratio.low,
			      row->ratio.high, row->p_holm);
}

static void put_cell(const struct compare_row *row, const struct quantiles *side, int width, struct strbuf *out)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	compare_value_text(row, side, &text);
	cell_right(out, text.text, width);
}

const char *compare_row_verdict(const struct compare_row *row)
{
	return row->only ? compare_only_names[row->only] : compare_verdict_names[row->verdict];
}

/* A share above the largest that says anything is told as that: runs so wild decide nothing. */
static void put_tolerance(const struct compare_row *row, struct strbuf *out)
{
	if (row->tolerance >= LARGEST_SHARE)
		cell_right(out, "> 1000 %", 10);
	else
		cell_format(out, 10, "%.0f %%", 100 * row->tolerance);
}

static void put_row(const struct compare_row *row, struct strbuf *out)
{
	cell_label(out, row->metric->label, LABEL_WIDTH);
	put_cell(row, &row->base, is_count(row) ? 19 : 11, out);
	put_cell(row, &row->new, is_count(row) ? 19 : 11, out);
	if (row->has_ratio) {
		cell_format(out, 9, "%.3f", row->ratio.value);
		cell_format(out, 17, "%.3f … %.3f", row->ratio.low, row->ratio.high);
		put_tolerance(row, out);
		cell_format(out, 8, "%.2g", row->p_holm);
	} else if (is_count(row) && row->tolerance > 0) {
		cell_format(out, 14, "± %.0f %%", 100 * row->tolerance);
	} else if (!is_count(row)) {
		cell_right(out, "", 44);
	}
	if (is_count(row))
		cell_right(out, "", row->tolerance > 0 ? 1 : 15);
	cell_right(out, compare_row_verdict(row), 13);
	cell_end(out);
}

static void put_rows(const struct compare_part *part, bool counts, struct strbuf *out)
{
	for (size_t i = 0; i < part->n_rows; i++)
		if (is_count(&part->rows[i]) == counts)
			put_row(&part->rows[i], out);
}

static bool has_rows(const struct compare_part *part, bool counts)
{
	for (size_t i = 0; i < part->n_rows; i++)
		if (is_count(&part->rows[i]) == counts)
			return true;
	return false;
}

static void put_part(const struct compare_part *part, struct strbuf *out)
{
	cell_rule(out, TABLE_WIDTH);
	if (part->only) {
		strbuf_printf(out, "%s, %s: %s\n", part->name, temperature_names[part->temperature],
			      compare_only_names[part->only]);
		return;
	}
	strbuf_printf(out, "%s, %s: %zu valid runs against %zu", part->name, temperature_names[part->temperature],
		      part->n_base, part->n_new);
	if (part->invalid_base + part->invalid_new)
		strbuf_printf(out, "; left out as invalid: %zu and %zu", part->invalid_base, part->invalid_new);
	if (part->drift > 0)
		strbuf_printf(out, "; untraced runs differ by %.1f %%", 100 * part->drift);
	strbuf_putc(out, '\n');
	if (has_rows(part, true))
		cell_headings(out, "counts", LABEL_WIDTH, (const char *const[]){ "base", "new", "", "verdict", NULL },
			      (const int[]){ 19, 19, 15, 13 });
	put_rows(part, true, out);
	if (has_rows(part, false))
		cell_headings(out, "medians", LABEL_WIDTH,
			      (const char *const[]){ "base", "new", "ratio", "interval", "tolerance", "p", "verdict",
						     NULL },
			      (const int[]){ 11, 11, 9, 17, 10, 8, 13 });
	put_rows(part, false, out);
}

/* A list of findings, of which a few are told and the rest counted. */
struct findings {
	const char *first, *next; /* before the first, and before each further one */
	size_t told, all;
	struct strbuf *out;
};

/* False: enough have been told. */
static bool begin_finding(struct findings *findings)
{
	if (++findings->all > SENTENCE_METRICS)
		return false;
	strbuf_puts(findings->out, findings->told++ ? findings->next : findings->first);
	return true;
}

static bool begin_part_finding(const struct compare_part *part, struct findings *findings)
{
	if (!begin_finding(findings))
		return false;
	strbuf_printf(findings->out, "%s, %s: ", part->name, temperature_names[part->temperature]);
	return true;
}

/* What is missing is told whatever the policy makes of it, unless what is worse decides. */
static bool is_decisive(const struct comparison *comparison, enum compare_verdict verdict)
{
	if (verdict == COMPARE_MISSING)
		return comparison->verdict >= COMPARE_CANNOT_TELL && comparison->verdict != COMPARE_WORSE;
	return verdict == comparison->verdict && verdict != COMPARE_SAME;
}

static void put_part_findings(const struct comparison *comparison, const struct compare_part *part,
			      struct findings *findings)
{
	bool unclear = comparison->verdict == COMPARE_CANNOT_TELL;

	if (part->only && is_decisive(comparison, COMPARE_MISSING) && begin_part_finding(part, findings))
		strbuf_puts(findings->out, compare_only_names[part->only]);
	for (size_t i = 0; i < part->n_rows; i++)
		if (is_decisive(comparison, part->rows[i].verdict) && begin_part_finding(part, findings))
			compare_row_text(&part->rows[i], findings->out);
	if (!unclear || !part->why || !begin_part_finding(part, findings))
		return;
	strbuf_puts(findings->out, part->why);
	if (part->invalid_new > part->invalid_base)
		strbuf_printf(findings->out, ": %zu, then %zu", part->invalid_base, part->invalid_new);
}

/* What the verdict rests on, at most SENTENCE_METRICS of it. */
static void put_findings(const struct comparison *comparison, const char *first, const char *next, struct strbuf *out)
{
	struct findings findings = { .first = first, .next = next, .out = out };

	for (size_t i = 0; i < comparison->n_gaps; i++)
		if (begin_finding(&findings))
			strbuf_puts(out, comparison->gaps[i]);
	for (size_t i = 0; i < comparison->n_parts; i++)
		put_part_findings(comparison, &comparison->parts[i], &findings);
	if (findings.all > SENTENCE_METRICS)
		strbuf_printf(out, "%sand %zu more", next, findings.all - SENTENCE_METRICS);
}

void comparison_sentence(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_puts(out, compare_verdict_names[comparison->verdict]);
	put_findings(comparison, ": ", "; ", out);
}

void comparison_format(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_printf(out, "base      %s\nnew       %s\n", comparison->base, comparison->new);
	for (size_t i = 0; i < comparison->n_notes; i++)
		strbuf_printf(out, "%s%s\n", i ? "          " : "in spite  ", comparison->notes[i]);
	for (size_t i = 0; i < comparison->n_parts; i++)
		put_part(&comparison->parts[i], out);
	cell_rule(out, TABLE_WIDTH);
	cell_left(out, compare_verdict_names[comparison->verdict], VERDICT_WIDTH);
	put_findings(comparison, "  ", "\n               ", out);
	cell_end(out);
}
