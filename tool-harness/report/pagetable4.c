/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phase 1, phase 2 and their sum for each tool, cold and warm, above what the paper printed for
 * TotalView.
 *
 * Invariant: as in pagepaper.c, a number of the paper has no key of a record.
 */
#include "report/page_internal.h"
#include "report/paper.h"

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
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		for (size_t j = 0; j < run->n_variants; j++)
			for (size_t t = 0; t < TEMPERATURE_N; t++)
				any |= run->target && run->variants[j].summaries[t].n_traced > 0;
	}
	if (!any)
		return;
	html_table_begin(page->out, NULL, 3,
			 (const char *const[]){ "Tool", "Variant", "Temperature", "tasks", "n", "phase 1",
						"phase 2", "phase 1 + 2", NULL });
	for (size_t i = 0; i < page->input->n_records; i++)
		if (page->input->records[i].run.target)
			put_rows(page, &page->input->records[i].run);
	for (size_t i = 0; i < PAPER_STARTUPS; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			put_paper(page, &paper_startups[i], t);
	html_table_end(page->out);
	page_note(page,
		  "Paper: Table 4, in italics as printed there: %s. Orders of magnitude alone compare.",
		  paper_startup_source);
}
