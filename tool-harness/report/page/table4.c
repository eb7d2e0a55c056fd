/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phase 1, phase 2 and their sum for each tool, cold and warm, above what the paper printed for
 * TotalView; of runs of several tools also what is predicted for more tasks, and the tools as
 * multiples of the kit's own tracer. Both are table4/rows.h's.
 *
 * Invariant: as in paper.c, a number of the paper has no key of a record; nor has one that
 * is predicted, in a row that says so and a cell with data-predicted.
 */
#include <math.h>

#include "lib/mem.h"
#include "report/human.h"
#include "report/page/put.h"
#include "report/paper.h"
#include "report/table4/rows.h"

static const struct {
	enum span span;
	const char *key;
} columns[] = {
	{ SPAN_PHASE1, "traced_ns.phase1" },
	{ SPAN_PHASE2, "traced_ns.phase2" },
	{ SPAN_STARTUP, "traced_ns.startup" },
};

static bool put_rows(struct page *page, const struct run *run)
{
	bool any = false;

	for (size_t i = 0; i < run->n_variants; i++) {
		const char *tool = run_variant_text(run, &run->variants[i], "tool");

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			const struct summary *s = &run->variants[i].summaries[t];

			if (!s->n_traced)
				continue;
			strbuf_puts(page->out, "<tr>");
			page_put_label(page, tool ? tool : "traced");
			html_element(page->out, "td align=\"left\"", run->variants[i].name);
			html_element(page->out, "td align=\"left\"", temperature_names[t]);
			page_put_known(page, run, i, t, HTML_COUNT, s->tasks, "tasks");
			page_put_known(page, run, i, t, HTML_COUNT, (double)s->n_traced, "n_traced");
			for (size_t j = 0; j < ARRAY_SIZE(columns); j++)
				page_put_median(page, run, i, t, HTML_DURATION, &s->traced_ns[columns[j].span],
						columns[j].key);
			strbuf_puts(page->out, "</tr>\n");
			any = true;
		}
	}
	return any;
}

static void put_predicted_time(struct page *page, const struct table4_time *time)
{
	if (isnan(time->ns)) {
		html_no_value(page->out);
		return;
	}
	strbuf_printf(page->out, "<td align=\"right\" data-predicted=\"%.15g\">", time->ns);
	html_unit_text(page->out, HTML_DURATION, time->ns);
	if (!isnan(time->low_ns) && !isnan(time->high_ns)) {
		strbuf_puts(page->out, "<br>(");
		html_unit_text(page->out, HTML_DURATION, time->low_ns);
		strbuf_puts(page->out, " to ");
		html_unit_text(page->out, HTML_DURATION, time->high_ns);
		strbuf_putc(page->out, ')');
	}
	strbuf_puts(page->out, "</td>");
}

static void put_predicted(struct page *page, const struct table4 *table)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct table4_row *row = &table->rows[i];

		for (size_t t = 0; row->predicted && t < TEMPERATURE_N; t++) {
			if (!table->measured[t])
				continue;
			strbuf_puts(page->out, "<tr>");
			page_put_label(page, row->tool);
			strbuf_puts(page->out, "<td align=\"left\">");
			html_textf(page->out, "predicted from %s", row->variant->name);
			strbuf_puts(page->out, "</td>");
			html_element(page->out, "td align=\"left\"", temperature_names[t]);
			strbuf_printf(page->out, "<td align=\"right\" data-predicted=\"%.15g\">", row->tasks);
			html_unit_text(page->out, HTML_COUNT, row->tasks);
			strbuf_puts(page->out, "</td><td></td>");
			for (size_t j = 0; j < TABLE4_N; j++)
				put_predicted_time(page, &row->times[t][j]);
			strbuf_puts(page->out, "</tr>\n");
		}
	}
}

/* The medians of both are the record's. */
static void put_multiple(struct page *page, const struct run *run, const struct table4_ratio *ratio,
			 enum temperature t, size_t column)
{
	const struct table4_row *const rows[] = { ratio->row, ratio->base };
	char *keys[ARRAY_SIZE(rows)];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		keys[i] = mem_printf("variants[%zu].summary.%s.%s.p50", (size_t)(rows[i]->variant - run->variants),
				     temperature_names[t], columns[column].key);
	html_ratio(page->out, ratio->row->times[t][column].ns, ratio->base->times[t][column].ns, run->id, keys[0],
		   keys[1]);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		free(keys[i]);
}

static void put_multiples(struct page *page, const struct run *run, const struct table4 *table)
{
	if (!table->n_ratios)
		return;
	page_put_record_heading(page, run);
	html_table_begin(page->out, "The same work, one tool over the other", 2,
			 (const char *const[]){ "Tools", "Temperature", "tasks", "phase 1", "phase 2", "total", NULL });
	for (size_t i = 0; i < table->n_ratios; i++) {
		const struct table4_ratio *ratio = &table->ratios[i];

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			if (!table->measured[t])
				continue;
			strbuf_puts(page->out, "<tr><th align=\"left\">");
			html_textf(page->out, "%s / %s", ratio->row->variant->name, ratio->base->variant->name);
			strbuf_puts(page->out, "</th>");
			html_element(page->out, "td align=\"left\"", temperature_names[t]);
			page_put_known(page, run, (size_t)(ratio->row->variant - run->variants), t, HTML_COUNT,
				       ratio->row->variant->summaries[t].tasks, "tasks");
			for (size_t j = 0; j < TABLE4_N; j++)
				put_multiple(page, run, ratio, t, j);
			strbuf_puts(page->out, "</tr>\n");
		}
	}
	html_table_end(page->out);
}

/* How each prediction came about, and whether it could be run here at all. */
static void put_laws(struct page *page, const struct run *run, const struct table4 *table)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct table4_row *row = &table->rows[i];
		_cleanup_strbuf_ struct strbuf needed = STRBUF_INIT, there = STRBUF_INIT;
		double memory = table4_exceeds_bytes(run, row);

		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (row->law[t])
				page_note(page, "Predicted, %s, %s: %s.", row->variant->name, temperature_names[t],
					  row->law[t]);
		if (!memory)
			continue;
		human_bytes(&needed, row->memory_bytes);
		human_bytes(&there, memory);
		page_note(page, "%s: %.0f tasks would hold %s; this machine has %s.", row->variant->name, row->tasks,
			  needed.text, there.text);
	}
}

static void put_paper(struct page *page, const struct paper_startup *startup, enum temperature t)
{
	strbuf_puts(page->out, "<tr>");
	page_put_label(page, startup->name);
	html_element(page->out, "td align=\"left\"", "paper");
	html_element(page->out, "td align=\"left\"", temperature_names[t]);
	strbuf_printf(page->out, "<td align=\"right\"><i>%d</i></td><td></td>", startup->tasks);
	for (size_t i = 0; i < ARRAY_SIZE(startup->times[t]); i++)
		strbuf_printf(page->out, "<td align=\"right\"><i>%s min</i></td>", startup->times[t][i]);
	strbuf_puts(page->out, "</tr>\n");
}

void page_paper_tools(struct page *page)
{
	_cleanup_free_ struct table4 *tables = NULL;
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		for (size_t j = 0; j < run->n_variants; j++)
			for (size_t t = 0; t < TEMPERATURE_N; t++)
				any |= run->target && run->variants[j].summaries[t].n_traced > 0;
	}
	if (!any)
		return;
	tables = mem_calloc(page->input->n_records, sizeof(*tables));
	for (size_t i = 0; i < page->input->n_records; i++)
		if (table4_applies(&page->input->records[i].run))
			table4_make(&page->input->records[i].run, &tables[i]);
	html_table_begin(page->out, NULL, 3,
			 (const char *const[]){ "Tool", "Variant", "Temperature", "tasks", "n", "phase 1",
						"phase 2", "phase 1 + 2", NULL });
	for (size_t i = 0; i < page->input->n_records; i++)
		if (page->input->records[i].run.target) {
			put_rows(page, &page->input->records[i].run);
			if (table4_applies(&page->input->records[i].run))
				put_predicted(page, &tables[i]);
		}
	for (size_t i = 0; i < PAPER_STARTUPS; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			put_paper(page, &paper_startups[i], t);
	html_table_end(page->out);
	page_note(page,
		  "Paper: Table 4, in italics as printed there: %s. Orders of magnitude alone compare.",
		  paper_startup_source);
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		if (run->target && table4_applies(run)) {
			put_laws(page, run, &tables[i]);
			put_multiples(page, run, &tables[i]);
		}
		table4_deinit(&tables[i]);
	}
}
