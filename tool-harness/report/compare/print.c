/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A comparison as tables, and the sentence that sums it up. The formats for
 * other programs are files.c. Decides nothing.
 *
 * Invariant: every row is shown, so that "same" can be checked by eye.
 */
#include "report/compare/print.h"

#include <string.h>

#include "report/grid/text.h"
#include "report/human.h"

#define SENTENCE_METRICS 4
#define VERDICT_WIDTH 13
#define LARGEST_SHARE 10.0 /* a tolerance of more is not worth its digits */

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

const char *compare_row_verdict(const struct compare_row *row)
{
	return row->only ? compare_only_names[row->only] : compare_verdict_names[row->verdict];
}

const char *const compare_which_names[] = { "base", "new", NULL };

/* "gate#B · gate-20260301T120000Z-17 · gdb (GNU gdb 13.1) · n1, EPYC, 6.1 · Open MPI 4.1.4 · kit 0.3" */
void compare_about_text(const struct comparison *comparison, enum compare_which side, struct strbuf *out)
{
	static const struct { const char *key, *word; } lists[] = {
		{ "records", "" },   { "tools", "tool " },       { "machines", "" },
		{ "launchers", "" }, { "kits", "attachstorm " },
	};
	json_t *about = comparison->about[side], *value;
	const char *name = json_string_value(json_object_get(about, "name"));
	size_t n;

	strbuf_puts(out, name ? name : "");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		json_t *list = json_object_get(about, lists[i].key);

		json_array_foreach(list, n, value) {
			const char *text = json_string_value(value);

			if (text && strcmp(text, name ? name : "") != 0)
				strbuf_printf(out, " · %s%s", lists[i].word, text);
		}
	}
}

static const struct grid_column columns[] = {
	{ "", 21, COLUMN_LABEL, NULL }, { "base", 11, 0, NULL },  { "new", 11, 0, NULL },
	{ "ratio", 8, 0, NULL },	{ "interval", 17, 0, NULL }, { "tolerance", 10, 0, NULL },
	{ "p", 7, 0, NULL },		{ "verdict", 13, COLUMN_LEFT, NULL },
};

/* Keys are those of 'compare --json'. */
#define VALUE(kind, value, name) grid_value(grid, kind, value, "compare", "parts[%zu].metrics[%zu]." name, part, index)

static void put_side(const struct compare_row *row, const struct quantiles *side, const char *name, size_t part,
		     size_t index, struct grid *grid)
{
	enum cell_kind kind = row->metric->kind == GATE_TIME ? CELL_TIME :
			      row->metric->kind == GATE_MEMORY ? CELL_BYTES : CELL_COUNT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (side->n)
		grid_value(grid, kind, side->p50, "compare", "parts[%zu].metrics[%zu].%s.median", part, index, name);
	else
		grid_absent(grid, "no valid run of this side knows it");
	compare_value_text(row, side, &text);
	grid_show(grid, "%s", text.text);
}

static void put_row(const struct compare_row *row, size_t part, size_t index, struct grid *grid)
{
	grid_text(grid, "  %s", row->metric->label);
	put_side(row, &row->base, "base", part, index, grid);
	put_side(row, &row->new, "new", part, index, grid);
	if (row->has_ratio) {
		VALUE(CELL_RATIO, row->ratio.value, "ratio");
		grid_show(grid, "%.3f", row->ratio.value);
		grid_text(grid, "%.3f … %.3f", row->ratio.low, row->ratio.high);
	} else {
		grid_empty(grid);
		grid_empty(grid);
	}
	if (row->has_ratio || row->tolerance > 0) {
		VALUE(CELL_SHARE, row->tolerance, "tolerance");
		/* a share above the largest that says anything is told as that: runs so wild decide nothing */
		if (row->tolerance >= LARGEST_SHARE)
			grid_show(grid, "> 1000 %%");
		else
			grid_show(grid, "%.0f %%", 100 * row->tolerance);
	} else {
		grid_empty(grid);
	}
	if (row->has_ratio) {
		VALUE(CELL_NUMBER, row->p_holm, "p_holm");
		grid_show(grid, "%.2g", row->p_holm);
	} else {
		grid_empty(grid);
	}
	grid_text(grid, "%s", compare_row_verdict(row));
	grid_strong(grid, row->verdict == COMPARE_WORSE || row->verdict == COMPARE_BETTER);
}

void comparison_add_part(const struct comparison *comparison, size_t index, bool same_too, struct grid_list *list)
{
	const struct compare_part *part = &comparison->parts[index];
	_cleanup_strbuf_ struct strbuf caption = STRBUF_INIT;
	struct grid *grid = grid_add(list, part->only ? GRID_NOTES : GRID_TABLE, "compare %s %s", part->name,
				     temperature_names[part->temperature]);

	grid->begins_part = true;
	if (part->only) {
		grid_text(grid, "%s", part->name);
		grid_text(grid, "%s: %s", temperature_names[part->temperature], compare_only_names[part->only]);
		return;
	}
	strbuf_printf(&caption, "%s, %s: %zu valid runs against %zu", part->name, temperature_names[part->temperature],
		      part->n_base, part->n_new);
	if (part->invalid_base + part->invalid_new)
		strbuf_printf(&caption, "; left out as invalid: %zu and %zu", part->invalid_base, part->invalid_new);
	if (part->n_pairs)
		strbuf_printf(&caption, "; %zu pairs", part->n_pairs);
	if (part->tests)
		strbuf_printf(&caption, "; %zu test%s", part->tests, part->tests == 1 ? "" : "s");
	if (part->drift > 0)
		strbuf_printf(&caption, "; untraced runs differ by %.1f %%", 100 * part->drift);
	grid_set_caption(grid, "%s", caption.text);
	grid_add_columns(grid, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < part->n_rows; i++)
		if (same_too || part->rows[i].verdict != COMPARE_SAME)
			put_row(&part->rows[i], index, i, grid);
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

size_t comparison_runs_more(const struct comparison *comparison)
{
	size_t most = 0, worse = COMPARE_NEVER; /* until all rows are decided; until one is worse */

	if (comparison->verdict != COMPARE_CANNOT_TELL || comparison->n_gaps)
		return 0;
	for (size_t i = 0; i < comparison->n_parts; i++) {
		const struct compare_part *part = &comparison->parts[i];

		if (part->why || part->only)
			return 0;
		for (size_t j = 0; j < part->n_rows; j++) {
			const struct compare_row *row = &part->rows[j];

			if (row->verdict != COMPARE_CANNOT_TELL)
				continue;
			most = row->more > most ? row->more : most;
			worse = row->more_worse && row->more_worse < worse ? row->more_worse : worse;
		}
	}
	return most < worse ? most : worse;
}

static void put_more_runs(const struct comparison *comparison, const char *next, struct strbuf *out)
{
	size_t more = comparison_runs_more(comparison);

	if (more == COMPARE_NEVER)
		strbuf_printf(out, "%sno number of further runs would decide, at this spread: a quieter machine may",
			      next);
	else if (more)
		strbuf_printf(out, "%s%zu more run%s a side would decide, at this spread", next, more,
			      more == 1 ? "" : "s");
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
	put_more_runs(comparison, next, out);
}

void comparison_sentence(const struct comparison *comparison, struct strbuf *out)
{
	strbuf_puts(out, compare_verdict_names[comparison->verdict]);
	put_findings(comparison, ": ", "; ", out);
}

void comparison_format(const struct comparison *comparison, struct strbuf *out)
{
	struct grid_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(comparison->about); i++) {
		_cleanup_strbuf_ struct strbuf about = STRBUF_INIT;

		compare_about_text(comparison, i, &about);
		grid_note(&list, GRID_FACTS, compare_which_names[i], "%s", about.text);
	}
	for (size_t i = 0; i < comparison->differs.n; i++) {
		_cleanup_free_ char *text = difference_text(&comparison->differs.all[i]);

		if (!comparison->differs.all[i].forbids)
			grid_note(&list, GRID_FACTS, "differs", "%s", text);
	}
	for (size_t i = 0; i < comparison->n_notes; i++)
		grid_note(&list, GRID_FACTS, "in spite", "%s", comparison->notes[i]);
	for (size_t i = 0; i < comparison->n_parts; i++)
		comparison_add_part(comparison, i, true, &list);
	grid_list_to_text(&list, out);
	grid_list_deinit(&list);
	text_rule(out);
	text_left(out, compare_verdict_names[comparison->verdict], VERDICT_WIDTH);
	put_findings(comparison, "  ", "\n               ", out);
	text_end(out);
}

/* --- the two variants of 'run --compare-to' --------------------------------------- */

/* Settings of B, which are all that differs. */
static void add_settings(const struct run *run, struct grid_list *list)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		const char *key;
		json_t *value;

		json_object_foreach (run->variants[i].settings, key, value)
			if (json_is_string(value))
				grid_note(list, GRID_FACTS, run->variants[i].name, "%s=%s", key,
					  json_string_value(value));
	}
}

void comparison_add_sides(const struct run *run, struct grid_list *list)
{
	_cleanup_strbuf_ struct strbuf sentence = STRBUF_INIT;
	struct tolerances tolerances = { 0 };
	struct comparison comparison;

	if (run->n_variants != 2 || strcmp(run->variants[0].name, "A") || strcmp(run->variants[1].name, "B"))
		return;
	conf_defaults(&tolerances_table, &tolerances);
	compare_variants(run, 0, 1, &(struct compare_options){ .tolerances = &tolerances }, &comparison);
	comparison_sentence(&comparison, &sentence);
	grid_note(list, GRID_FACTS, "verdict", "%s", sentence.text);
	add_settings(run, list);
	for (size_t i = 0; i < comparison.n_parts; i++)
		comparison_add_part(&comparison, i, true, list);
	grid_note(list, GRID_NOTES, "",
		  "A (base) and B (new) took turns in one run. Counts are compared exactly, times as distributions "
		  "over whole runs: of pairs their ratio by Hodges and Lehmann and the signed-rank test; with too few "
		  "pairs the ratio of medians with its interval by bootstrap and the rank-sum test.");
	comparison_deinit(&comparison);
	tolerances_deinit(&tolerances);
}
