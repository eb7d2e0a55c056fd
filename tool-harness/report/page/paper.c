/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables 1, 2 and 4 of the paper, ours beside those printed there.
 *
 * Invariant: a number of the paper stands in a row that says "paper", as printed, and has no key
 * of a record.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lib/mem.h"
#include "report/page/put.h"
#include "report/paper.h"

#define NOT_IN_PAPER ((size_t)-1)
#define PAPER_AT(member) offsetof(struct paper_row, member)

static const struct {
	enum span worst, median;
	size_t paper;
} time_columns[] = {
	{ SPAN_DRIVER_WORST, SPAN_DRIVER_MEDIAN, PAPER_AT(startup_s) },
	{ SPAN_OWN_WORST, SPAN_OWN_MEDIAN, NOT_IN_PAPER },
	{ SPAN_IMPORT_WORST, SPAN_IMPORT_MEDIAN, PAPER_AT(import_s) },
	{ SPAN_VISIT_WORST, SPAN_VISIT_MEDIAN, PAPER_AT(visit_s) },
	{ SPAN_SUM_WORST, SPAN_SUM_MEDIAN, PAPER_AT(total_s) },
	{ SPAN_MPI_TEST_WORST, SPAN_MPI_TEST_MEDIAN, NOT_IN_PAPER },
};

static const struct {
	enum counted_phase phase;
	enum counter counter;
	size_t paper;
} miss_columns[] = {
	{ COUNTED_IMPORT, COUNTER_L1D_MISSES, PAPER_AT(import_l1d) },
	{ COUNTED_IMPORT, COUNTER_L1I_MISSES, PAPER_AT(import_l1i) },
	{ COUNTED_VISIT, COUNTER_L1D_MISSES, PAPER_AT(visit_l1d) },
	{ COUNTED_VISIT, COUNTER_L1I_MISSES, PAPER_AT(visit_l1i) },
};

static const struct paper_row *paper_of(const struct run_variant *variant)
{
	_cleanup_free_ char *name = variant_name(variant->program, variant->bind_now);

	return paper_find(name);
}

static const char *counter_source(const struct run *run)
{
	const char *source = json_string_value(json_object_get(run->counters, "source"));

	return source ? source : "";
}

static void put_row_head(struct page *page, const char *name, const char *temperature, const char *row)
{
	strbuf_puts(page->out, "<tr>");
	page_put_label(page, name);
	html_element(page->out, "td align=\"left\"", temperature);
	html_element(page->out, "td align=\"left\"", row);
}

/* A number of the paper, as printed there; column by its offset. */
static void put_paper_cell(struct page *page, const struct paper_row *paper, size_t offset, bool seconds)
{
	double value;

	if (offset == NOT_IN_PAPER) {
		strbuf_puts(page->out, "<td></td>");
		return;
	}
	value = *(const double *)((const char *)paper + offset);
	strbuf_printf(page->out,
		      seconds	  ? "<td align=\"right\"><i>%.1f s</i></td>"
		      : value < 1 ? "<td align=\"right\"><i>%.2f M</i></td>"
				  : "<td align=\"right\"><i>%.1f M</i></td>",
		      value);
}

static void put_times(struct page *page, const struct run *run, size_t variant, enum temperature t, bool worst)
{
	const struct summary *s = &run->variants[variant].summaries[t];

	put_row_head(page, run->variants[variant].name, temperature_names[t],
		     worst ? "slowest rank" : "median rank");
	html_value(page->out, HTML_COUNT, (double)s->n_untraced, run->id, "variants[%zu].summary.%s.n_untraced",
		   variant, temperature_names[t]);
	for (size_t i = 0; i < ARRAY_SIZE(time_columns); i++) {
		enum span span = worst ? time_columns[i].worst : time_columns[i].median;
		_cleanup_free_ char *key = mem_printf("untraced_ns.%s", span_names[span]);

		page_put_median(page, run, variant, t, HTML_DURATION, &s->untraced_ns[span], key);
	}
	strbuf_puts(page->out, "</tr>\n");
}

/* The variant that the paper's tables begin with, of this run; n_variants: none. */
static size_t find_host(const struct run *run)
{
	size_t i = 0;

	while (i < run->n_variants && (!run->variants[i].program || run->variants[i].bind_now ||
				       strcmp(run->variants[i].program, "host") != 0))
		i++;
	return i;
}

/* How many times host's median each of the worst rank's is: by their keys in a summary. */
static void put_multiples(struct page *page, const struct run *run, size_t variant, enum temperature t,
			  const struct quantiles *const *over, const struct quantiles *const *under,
			  char *const *keys, size_t n)
{
	put_row_head(page, run->variants[variant].name, temperature_names[t], "× host");
	strbuf_puts(page->out, "<td></td>");
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *over_key = mem_printf("variants[%zu].summary.%s.%s.p50", variant,
							   temperature_names[t], keys[i]),
				    *under_key = mem_printf("variants[%zu].summary.%s.%s.p50", find_host(run),
							    temperature_names[t], keys[i]);

		html_ratio(page->out, over[i]->p50, over[i]->n && under[i]->n ? under[i]->p50 : 0, run->id,
			   over_key, under_key);
	}
	strbuf_puts(page->out, "</tr>\n");
}

static bool has_host(const struct run *run, size_t variant, enum temperature t)
{
	size_t host = find_host(run);

	return host < run->n_variants && host != variant && run->variants[host].summaries[t].n_untraced;
}

static void put_time_multiples(struct page *page, const struct run *run, size_t variant, enum temperature t)
{
	const struct quantiles *over[ARRAY_SIZE(time_columns)], *under[ARRAY_SIZE(time_columns)];
	char *keys[ARRAY_SIZE(time_columns)];

	if (!has_host(run, variant, t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(time_columns); i++) {
		over[i] = &run->variants[variant].summaries[t].untraced_ns[time_columns[i].worst];
		under[i] = &run->variants[find_host(run)].summaries[t].untraced_ns[time_columns[i].worst];
		keys[i] = mem_printf("untraced_ns.%s", span_names[time_columns[i].worst]);
	}
	put_multiples(page, run, variant, t, over, under, keys, ARRAY_SIZE(time_columns));
	for (size_t i = 0; i < ARRAY_SIZE(time_columns); i++)
		free(keys[i]);
}

static void put_paper_times(struct page *page, const struct paper_row *paper)
{
	put_row_head(page, paper->name, "", "paper");
	strbuf_puts(page->out, "<td></td>");
	for (size_t i = 0; i < ARRAY_SIZE(time_columns); i++)
		put_paper_cell(page, paper, time_columns[i].paper, true);
	strbuf_puts(page->out, "</tr>\n");
}

static bool has_times(const struct run *run)
{
	if (!run_is_untraced(run) || run_is_simulated(run))
		return false;
	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (run->variants[i].summaries[t].untraced_ns[SPAN_DRIVER_WORST].n)
				return true;
	return false;
}

static void put_times_of(struct page *page, const struct run *run)
{
	page_put_record_heading(page, run);
	html_table_begin(page->out, NULL, 3,
			 (const char *const[]){ "Variant", "Temperature", "Of", "n", "start-up", "of the task",
						"import", "visit", "total", "MPI test", NULL });
	for (size_t i = 0; i < run->n_variants; i++) {
		const struct paper_row *paper = paper_of(&run->variants[i]);

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			if (!run->variants[i].summaries[t].n_untraced)
				continue;
			put_times(page, run, i, t, true);
			put_times(page, run, i, t, false);
			put_time_multiples(page, run, i, t);
		}
		if (paper)
			put_paper_times(page, paper);
	}
	html_table_end(page->out);
}

void page_paper_times(struct page *page)
{
	bool any = false;

	for (size_t i = 0; i < page->input->n_records; i++) {
		if (!has_times(&page->input->records[i].run))
			continue;
		put_times_of(page, &page->input->records[i].run);
		any = true;
	}
	if (any)
		page_note(page,
			  "Start-up: from the launcher's spawn to the driver's first line; of the task: from its "
			  "exec. Total: start-up, import and visit, as the paper adds them. × host: of the slowest "
			  "rank. Paper: Table 1, in italics as printed there: %s.",
			  paper_source);
}

static void put_misses(struct page *page, const struct run *run, size_t variant, enum temperature t, bool worst)
{
	const struct summary *s = &run->variants[variant].summaries[t];

	put_row_head(page, run->variants[variant].name, temperature_names[t], worst ? "worst rank" : "median rank");
	html_value(page->out, HTML_COUNT, (double)s->n_untraced, run->id, "variants[%zu].summary.%s.n_untraced",
		   variant, temperature_names[t]);
	for (size_t i = 0; i < ARRAY_SIZE(miss_columns); i++) {
		enum counted_phase phase = miss_columns[i].phase;
		enum counter counter = miss_columns[i].counter;
		const struct quantiles *q =
			worst ? &s->counters_worst[phase][counter] : &s->counters_median[phase][counter];
		_cleanup_free_ char *key = mem_printf("%s.%s.%s", worst ? "counters_worst" : "counters_median",
						      counted_phase_names[phase], counter_names[counter]);

		page_put_median(page, run, variant, t, HTML_MILLIONS, q, key);
	}
	strbuf_puts(page->out, "</tr>\n");
}

static void put_miss_multiples(struct page *page, const struct run *run, size_t variant, enum temperature t)
{
	const struct quantiles *over[ARRAY_SIZE(miss_columns)], *under[ARRAY_SIZE(miss_columns)];
	char *keys[ARRAY_SIZE(miss_columns)];

	if (!has_host(run, variant, t))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(miss_columns); i++) {
		enum counted_phase phase = miss_columns[i].phase;
		enum counter counter = miss_columns[i].counter;

		over[i] = &run->variants[variant].summaries[t].counters_worst[phase][counter];
		under[i] = &run->variants[find_host(run)].summaries[t].counters_worst[phase][counter];
		keys[i] = mem_printf("counters_worst.%s.%s", counted_phase_names[phase], counter_names[counter]);
	}
	put_multiples(page, run, variant, t, over, under, keys, ARRAY_SIZE(miss_columns));
	for (size_t i = 0; i < ARRAY_SIZE(miss_columns); i++)
		free(keys[i]);
}

static void put_misses_of(struct page *page, const struct run *run)
{
	const char *caches = json_string_value(json_object_get(run->counters, "caches"));

	page_put_record_heading(page, run);
	html_table_begin(page->out, NULL, 3,
			 (const char *const[]){ "Variant", "Temperature", "Of", "n", "import, L1-D", "import, L1-I",
						"visit, L1-D", "visit, L1-I", NULL });
	for (size_t i = 0; i < run->n_variants; i++) {
		const struct paper_row *paper = paper_of(&run->variants[i]);

		for (size_t t = 0; t < TEMPERATURE_N; t++) {
			if (!run->variants[i].summaries[t].n_untraced)
				continue;
			put_misses(page, run, i, t, true);
			put_misses(page, run, i, t, false);
			put_miss_multiples(page, run, i, t);
		}
		if (!paper)
			continue;
		put_row_head(page, paper->name, "", "paper");
		strbuf_puts(page->out, "<td></td>");
		for (size_t j = 0; j < ARRAY_SIZE(miss_columns); j++)
			put_paper_cell(page, paper, miss_columns[j].paper, false);
		strbuf_puts(page->out, "</tr>\n");
	}
	html_table_end(page->out);
	page_note(page,
		  "Millions of misses, counted by %s%s%s. × host: of the worst rank. Paper: Table 2, in italics as "
		  "printed there: %s.",
		  counter_source(run), caches ? ", " : "", caches ? caches : "", paper_source);
}

void page_paper_misses(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;

		if (*counter_source(run) && run_is_untraced(run))
			put_misses_of(page, run);
	}
}
