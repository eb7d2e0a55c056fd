/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What address-space randomisation costs the tool: pairs of variants that differ in nothing else.
 *
 * Invariant: a factor stands below the two numbers that it is of.
 */
#include "lib/mem.h"
#include "report/aslrpair.h"
#include "report/page/put.h"

static void put_side(struct page *page, const struct run *run, size_t variant, enum temperature t, const char *name)
{
	const struct summary *s = &run->variants[variant].summaries[t];
	const struct quantiles *medians[] = { &s->traced_ns[SPAN_PHASE1], &s->traced_ns[SPAN_PHASE2], &s->t1_ns };
	static const char *const keys[] = { "traced_ns.phase1", "traced_ns.phase2", "t1_ns" };

	strbuf_puts(page->out, "<tr>");
	page_put_label(page, name);
	html_element(page->out, "td align=\"left\"", temperature_names[t]);
	html_element(page->out, "td align=\"left\"", run_variant_text(run, &run->variants[variant], "aslr"));
	page_put_known(page, run, variant, t, HTML_COUNT, (double)s->n_traced, "n_traced");
	for (size_t i = 0; i < ARRAY_SIZE(medians); i++)
		page_put_median(page, run, variant, t, HTML_DURATION, medians[i], keys[i]);
	page_put_known(page, run, variant, t, HTML_BYTES, s->bytes_read, "bytes_read");
	page_put_known(page, run, variant, t, HTML_BYTES, s->tracer_peak_rss_bytes, "tracer_peak_rss_bytes");
	page_put_known(page, run, variant, t, HTML_COUNT, s->maps_read > 0 ? s->maps_different : -1,
		       "maps_different");
	page_put_known(page, run, variant, t, HTML_COUNT, s->libraries_mapped > 0 ? s->libraries_same_place : -1,
		       "libraries_same_place");
	page_put_known(page, run, variant, t, HTML_COUNT, s->libraries_mapped > 0 ? s->libraries_mapped : -1,
		       "libraries_mapped");
	strbuf_puts(page->out, "</tr>\n");
}

static void put_tax(struct page *page, const struct run *run, const struct aslr_pair *pair, enum temperature t,
		    const struct aslr_tax *tax)
{
	strbuf_puts(page->out, "<tr>");
	page_put_label(page, "");
	strbuf_puts(page->out, "<td></td><td align=\"left\"><b>on / off</b></td><td></td>");
	for (size_t i = 0; i < ASLR_N; i++) {
		_cleanup_free_ char *over = mem_printf("variants[%zu].summary.%s.%s", pair->on,
						       temperature_names[t], aslr_columns[i].key);
		_cleanup_free_ char *under = mem_printf("variants[%zu].summary.%s.%s", pair->off,
							temperature_names[t], aslr_columns[i].key);

		if (tax->rows[i].known)
			html_ratio(page->out, tax->rows[i].on, tax->rows[i].off, run->id, over, under);
		else
			html_no_value(page->out);
	}
	strbuf_puts(page->out, "<td></td><td></td><td></td></tr>\n");
}

static bool put_pairs(struct page *page, const struct run *run)
{
	struct aslr_pair pair;
	struct aslr_tax tax;
	bool any = false;

	for (size_t i = 0; aslr_pair_find(run, i, &pair); i = pair.on + 1) {
		_cleanup_free_ char *name = aslr_pair_name(run, &pair);

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			if (!aslr_tax_compute(&run->variants[pair.on].summaries[t],
					      &run->variants[pair.off].summaries[t], &tax))
				continue;
			if (!any) {
				page_put_record_heading(page, run);
				html_table_begin(page->out, NULL, 3,
						 (const char *const[]){ "Variants", "Temperature", "ASLR", "n",
									"phase 1", "phase 2", "T1", "bytes read",
									"memory", "different maps", "same place",
									"of libraries", NULL });
			}
			any = true;
			put_side(page, run, pair.on, t, name);
			put_side(page, run, pair.off, t, "");
			put_tax(page, run, &pair, t, &tax);
		}
	}
	if (any)
		html_table_end(page->out);
	return any;
}

void page_aslr(struct page *page)
{
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++)
		any |= put_pairs(page, &page->input->records[i].run);
	if (any)
		page_note(page,
			  "Pairs of variants that differ in nothing but address-space randomisation: above 1 × it "
			  "costs "
			  "the tool that much. Different maps: link maps among the tasks that differ in names or "
			  "load "
			  "addresses; same place: libraries that stand at one address in all tasks. Bytes read and "
			  "memory are the tool's.");
}
