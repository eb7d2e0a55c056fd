/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traced variants side by side: what a strategy costs and what it misses; and who ran, with the
 * end that it came to. Tables alone.
 *
 * Invariant: what a tool does not tell is a dash, not 0.
 */
#include <string.h>

#include "lib/fs.h"
#include "report/page/put.h"

static double all_stops(const struct summary *s)
{
	double sum = 0;

	for (size_t phase = 0; phase < EVENT_N_PHASES; phase++)
		for (size_t class = 0; class < EVENT_N_CLASSES; class ++)
			sum += s->stops[phase][class];
	return sum;
}

static void put_row(struct page *page, const struct run *run, size_t variant, enum temperature t)
{
	const struct summary *s = &run->variants[variant].summaries[t];

	strbuf_puts(page->out, "<tr>");
	page_put_label(page, run->variants[variant].name);
	html_element(page->out, "td align=\"left\"", temperature_names[t]);
	page_put_known(page, run, variant, t, HTML_COUNT, (double)s->n_traced, "n_traced");
	page_put_median(page, run, variant, t, HTML_MULTIPLE, &s->ratio[SPAN_IMPORT_WORST], "ratio.import_worst");
	page_put_median(page, run, variant, t, HTML_DURATION, &s->t1_ns, "t1_ns");
	page_put_median(page, run, variant, t, HTML_DURATION, &s->t2_ns, "t2_ns");
	page_put_median(page, run, variant, t, HTML_DURATION, &s->task_cost_per_stop_ns, "task_cost_per_stop_ns");
	if (run_tells_events(run, &run->variants[variant]))
		html_value(page->out, HTML_COUNT, all_stops(s), run->id, "variants[%zu].summary.%s.stops[][]", variant,
			   temperature_names[t]);
	else
		html_no_value(page->out);
	page_put_known(page, run, variant, t, HTML_COUNT, s->ptrace_calls, "ptrace_calls");
	page_put_known(page, run, variant, t, HTML_BYTES, s->bytes_read, "bytes_read");
	page_put_known(page, run, variant, t, HTML_COUNT, s->traps_written, "traps_written");
	page_put_known(page, run, variant, t, HTML_BYTES, s->tracer_peak_rss_bytes, "tracer_peak_rss_bytes");
	page_put_known(page, run, variant, t, HTML_COUNT, s->hits_missed, "hits_missed");
	strbuf_puts(page->out, "</tr>\n");
}

static bool is_traced(const struct run *run)
{
	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (run->variants[i].summaries[t].n_traced)
				return true;
	return false;
}

void page_strategies(struct page *page)
{
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		if (!is_traced(run))
			continue;
		any = true;
		page_put_record_heading(page, run);
		html_table_begin(page->out, NULL, 2,
				 (const char *const[]){ "Variant", "Temperature", "n", "import", "T1", "T2",
							"full cost", "stops", "ptrace calls", "bytes read",
							"traps written", "memory", "missed calls", NULL });
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			for (size_t j = 0; j < run->n_variants; j++)
				if (run->variants[j].summaries[t].n_traced)
					put_row(page, run, j, t);
		html_table_end(page->out);
	}
	if (any)
		page_note(page,
			  "Import: traced / untraced, of the slowest rank. T1: one load event; T2: one breakpoint "
			  "reinserted; full cost: what one stop costs its task, waiting included. Stops of all "
			  "tasks. Missed calls: of functions with a breakpoint, made before it was in; a dash: "
			  "the tool does not tell.");
}

/* --- tools ------------------------------------------------------------------------ */

static void put_trial(struct page *page, const struct run *run, const struct trial *trial)
{
	strbuf_puts(page->out, "<tr>");
	page_put_label(page, trial->tool ? trial->tool : "?");
	html_element(page->out, "td align=\"left\"", run->variants[trial->variant].name);
	strbuf_puts(page->out, "<td align=\"left\">");
	html_textf(page->out, "%s %u", temperature_names[trial->temperature], trial->repetition + 1);
	strbuf_puts(page->out, "</td>");
	html_element(page->out, "td align=\"left\"", tool_verdict_names[trial->tool_verdict]);
	strbuf_puts(page->out, "<td align=\"left\">");
	html_text(page->out, trial->tool_version ? trial->tool_version : "");
	strbuf_puts(page->out, trial->tool_untried ? " (its description was never tried)</td>" : "</td>");
	html_element(page->out, "td align=\"left\"", trial->transcript ? fs_basename(trial->transcript) : "");
	strbuf_puts(page->out, "</tr>\n");
}

void page_tools(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;
		bool any = false;

		for (size_t j = 0; j < run->n_trials; j++) {
			const struct trial *trial = &run->trials[j];

			if (trial->tool_verdict == VERDICT_NONE)
				continue;
			if (!any) {
				page_put_record_heading(page, run);
				html_table_begin(page->out, "Tools that are processes of their own, run by run", 6,
						 (const char *const[]){ "Tool", "Variant", "Run", "Verdict",
									"Version", "Transcript", NULL });
			}
			any = true;
			put_trial(page, run, trial);
		}
		if (any)
			html_table_end(page->out);
	}
}
