/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The comparison of a record that was made by 'attachstorm run --compare-to': its variants A and B,
 * with the tolerances that are the default.
 *
 * Invariant: verdicts are those of compare.c.
 */
#include <string.h>

#include "lib/mem.h"
#include "report/compare/print.h"
#include "report/page/put.h"

static bool is_comparison(const struct run *run)
{
	return run->n_variants == 2 && !strcmp(run->variants[0].name, "A") && !strcmp(run->variants[1].name, "B");
}

/* Settings of B, which are all that differs. */
static char *settings_of(const struct run *run)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < run->n_variants; i++) {
		const char *key;
		json_t *value;

		json_object_foreach (run->variants[i].settings, key, value)
			if (json_is_string(value))
				strbuf_printf(&text, "%s%s: %s=%s", text.len ? ", " : "", run->variants[i].name,
					      key, json_string_value(value));
	}
	return strbuf_steal(&text);
}

static void put_side(struct page *page, const struct compare_row *row, const struct quantiles *side,
		     const char *name, size_t part, size_t index)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	compare_value_text(row, side, &text);
	strbuf_printf(page->out,
		      "<td align=\"right\" data-record=\"compare\" data-key=\"parts[%zu].metrics[%zu].%s.median\""
		      " data-value=\"%.15g\">",
		      part, index, name, side->p50);
	html_text(page->out, text.text);
	strbuf_puts(page->out, "</td>");
}

static void put_ratio(struct page *page, const struct compare_row *row)
{
	strbuf_puts(page->out, "<td align=\"right\">");
	html_unit_text(page->out, HTML_MULTIPLE, row->ratio.value);
	strbuf_puts(page->out, "</td><td align=\"right\">");
	html_unit_text(page->out, HTML_NUMBER, row->ratio.low);
	strbuf_puts(page->out, " … ");
	html_unit_text(page->out, HTML_NUMBER, row->ratio.high);
	strbuf_printf(page->out, "</td><td align=\"right\">%.2g</td>", row->p_holm);
}

static void put_row(struct page *page, const struct compare_row *row, size_t part, size_t index)
{
	strbuf_puts(page->out, "<tr>");
	page_put_label(page, row->metric->label + strspn(row->metric->label, " "));
	put_side(page, row, &row->base, "base", part, index);
	put_side(page, row, &row->new, "new", part, index);
	if (row->has_ratio)
		put_ratio(page, row);
	else
		strbuf_puts(page->out, "<td></td><td></td><td></td>");
	strbuf_puts(page->out, "<td align=\"left\">");
	strbuf_puts(page->out, row->verdict == COMPARE_WORSE || row->verdict == COMPARE_BETTER ? "<b>" : "");
	html_text(page->out, compare_row_verdict(row));
	strbuf_puts(page->out, row->verdict == COMPARE_WORSE || row->verdict == COMPARE_BETTER ? "</b>" : "");
	strbuf_puts(page->out, "</td></tr>\n");
}

static void put_part(struct page *page, const struct comparison *comparison, size_t index)
{
	const struct compare_part *part = &comparison->parts[index];
	_cleanup_free_ char *caption =
		mem_printf("%s, %s: n = %zu and %zu: %s", part->name, temperature_names[part->temperature],
			   part->n_base, part->n_new, compare_verdict_names[part->verdict]);

	html_table_begin(
		page->out, caption, 1,
		(const char *const[]){ "Metric", "A", "B", "B / A", "95 % interval", "p (Holm)", "verdict", NULL });
	for (size_t i = 0; i < part->n_rows; i++)
		put_row(page, &part->rows[i], index, i);
	html_table_end(page->out);
}

static void put_comparison(struct page *page, const struct run *run, const struct tolerances *tolerances)
{
	_cleanup_free_ char *settings = settings_of(run);
	_cleanup_strbuf_ struct strbuf sentence = STRBUF_INIT;
	struct comparison comparison;

	compare_variants(run, 0, 1, tolerances, &comparison);
	page_put_record_heading(page, run);
	comparison_sentence(&comparison, &sentence);
	html_element(page->out, "p", sentence.text);
	page_note(
		page,
		"A and B took turns in one run. %s. Counts are compared exactly, times as distributions over whole "
		"runs: ratio of medians with its interval by bootstrap, rank-sum test.",
		settings);
	for (size_t i = 0; i < comparison.n_parts; i++)
		put_part(page, &comparison, i);
	comparison_deinit(&comparison);
}

void page_compare(struct page *page)
{
	struct tolerances tolerances = { 0 };

	conf_defaults(&tolerances_table, &tolerances);
	for (size_t i = 0; i < page->input->n_records; i++)
		if (is_comparison(&page->input->records[i].run))
			put_comparison(page, &page->input->records[i].run, &tolerances);
	conf_deinit(&tolerances_table, &tolerances);
}
