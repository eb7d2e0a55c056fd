/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page's frame: its sections in order, its contents, and what sections share. Each section has
 * a file of its own and computes nothing that measure/ does not.
 *
 * Invariant: nothing in the page refers to another file, and no element needs a style to be read.
 */
#include "report/page/put.h"

#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "report/compare/print.h"
#include "report/page/plot.h"
#include "report/record/samples.h"
#include "report/table/aslr.h"
#include "report/table/driver.h"
#include "report/table/head.h"
#include "report/table/short.h"
#include "report/table/variants.h"
#include "report/table4/rows.h"

/* Okabe and Ito's, darkened where white shines through. */
const char *const page_colours[PAGE_N_COLOURS] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
						   "#56b4e9", "#e69f00", "#5b4b8a", "#555555" };

/* Where styles are allowed: one column, a font without serifs, quiet tables. */
static const char style[] =
	"<style>\n"
	"body { font-family: sans-serif; color: #1a202c; max-width: 66em; margin: 2em auto; padding: 0 1em; "
	"line-height: 1.4; }\n"
	"h1 { font-size: 1.7em; } h2 { margin-top: 2.2em; border-bottom: 1px solid #cbd5e0; } h3 { font-size: 1em; "
	"}\n"
	"table { border-collapse: collapse; border: 0; margin: 1em 0; font-size: 0.9em; }\n"
	"th, td { border: 0; border-bottom: 1px solid #e2e8f0; padding: 0.25em 0.7em; }\n"
	"thead th { border-bottom: 2px solid #718096; }\n"
	"td { font-variant-numeric: tabular-nums; } td[align=right], tbody th { white-space: nowrap; } th { "
	"font-weight: normal; }\n"
	"thead th { font-weight: bold; vertical-align: bottom; }\n"
	"caption { text-align: left; font-style: italic; padding: 0.3em 0; }\n"
	"figure { margin: 1em 0; } figcaption { font-style: italic; max-width: 56em; } svg { max-width: 100%; "
	"height: auto; }\n"
	"pre { font-size: 0.85em; overflow-x: auto; background: #f7fafc; padding: 0.7em; }\n"
	"@media print { h2 { break-after: avoid; } figure, table { break-inside: avoid; } }\n"
	"</style>\n";

/* Nothing of untraced runs, which Tables 1 and 2 are of. */
static void add_variants(const struct run *run, struct grid_list *list)
{
	bool traced = false;

	for (size_t i = 0; i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			traced |= run->variants[i].summaries[t].n_traced > 0;
	if (traced)
		variants_add(run, list);
}

static bool is_traced_target(const struct run *run)
{
	for (size_t i = 0; run->target && i < run->n_variants; i++)
		for (size_t t = 0; t < TEMPERATURE_N; t++)
			if (run->variants[i].summaries[t].n_traced)
				return true;
	return false;
}

/* One table of all records: tools are often run apart. */
static void put_table4(struct page *page)
{
	_cleanup_free_ const struct run **runs = mem_calloc(page->input->n_records, sizeof(*runs));
	struct grid_list list = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < page->input->n_records; i++)
		if (is_traced_target(&page->input->records[i].run))
			runs[n++] = &page->input->records[i].run;
	if (n)
		table4_add_runs(runs, n, &list);
	page_put_grids(page, &list);
}

static const struct section {
	const char *id, *title;
	void (*put)(struct page *page);
	void (*add)(const struct run *run, struct grid_list *list); /* tables of a record; all that is put then */
} sections[] = {
	{ "runs", "What was run", NULL, head_add },
	{ "phases", "Phases of start-up", page_phases, NULL },
	{ "table4", "Tool start-up, as in the paper's Table 4", put_table4, NULL },
	{ "table1", "Driver without a tool, as in the paper's Table 1", NULL, driver_add_times },
	{ "table2", "Cache misses, as in the paper's Table 2", NULL, driver_add_misses },
	{ "variants", "Variants side by side", NULL, add_variants },
	{ "aslr", "ASLR tax", NULL, aslr_add },
	{ "compare", "A against B", NULL, comparison_add_sides },
	{ "events", "What one load event costs", page_events, NULL },
	{ "law", "Time against load events", page_laws, NULL },
	{ "scale", "Cost over libraries and tasks", page_scale, NULL },
	{ "trend", "From record to record", page_trend, NULL },
	{ "footprint", "Footprint of the target", page_footprints, NULL },
	{ "tools", "Tools, and how they ended", NULL, tools_add },
	{ "stacks", "Stacks", page_stacks, NULL },
};

void page_input_deinit(struct page_input *input)
{
	for (size_t i = 0; i < input->n_records; i++) {
		run_deinit(&input->records[i].run);
		free(input->records[i].path);
		free(input->records[i].no_samples);
	}
	for (size_t i = 0; i < input->n_footprints; i++) {
		json_decref(input->footprints[i].json);
		free(input->footprints[i].name);
	}
	free(input->records);
	free(input->footprints);
	memset(input, 0, sizeof(*input));
}

struct err *page_input_add_record(struct page_input *input, const char *path)
{
	struct page_record record = { 0 };
	struct err *err = run_read(path, &record.run);

	if (err)
		return err;
	/* The record stands by itself: without samples it is a page with one picture less. */
	err = samples_read(path, &record.run, &record.has_samples);
	if (err)
		record.no_samples = mem_strdup(err_message(err));
	err_free(err);
	record.path = mem_strdup(path);
	mem_grow(input->records, input->n_records, input->cap_records);
	input->records[input->n_records++] = record;
	return NULL;
}

static bool is_footprint(const json_t *json)
{
	const char *format = json_string_value(json_object_get(json, "format"));

	return format && !strcmp(format, "pynamic-footprint") &&
	       json_integer_value(json_object_get(json, "version")) == 1;
}

struct err *page_input_add_footprint(struct page_input *input, const char *path)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(path, &text);
	json_t *json;

	if (err)
		return err;
	json = json_loadb(text.text, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json || !is_footprint(json)) {
		json_decref(json);
		return err_hint(err_new("'%s' is no footprint of version 1", path),
				"'pynamic-gen footprint --json' writes one");
	}
	mem_grow(input->footprints, input->n_footprints, input->cap_footprints);
	input->footprints[input->n_footprints++] = (struct page_footprint){ json, mem_strdup(fs_basename(path)) };
	return NULL;
}

static bool has_note(const struct grid *notes, const char *label, const char *text)
{
	for (size_t row = 0; row < grid_rows(notes); row++)
		if (!strcmp(grid_cell(notes, row, 0)->text, label) && !strcmp(grid_cell(notes, row, 1)->text, text))
			return true;
	return false;
}

/* Tables record by record; what is said below them once, for all that say the same. */
static void put_tables(struct page *page, void (*add)(const struct run *run, struct grid_list *list))
{
	struct grid_list notes = { 0 };
	struct grid *all = grid_add(&notes, GRID_NOTES, "notes");

	for (size_t i = 0; i < page->input->n_records; i++) {
		struct grid_list list = { 0 };

		add(&page->input->records[i].run, &list);
		if (list.n)
			page_put_record_heading(page, &page->input->records[i].run);
		for (size_t j = 0; j < list.n; j++) {
			const struct grid *grid = &list.grids[j];

			if (grid->form != GRID_NOTES)
				grid_to_html(grid, page->out);
			for (size_t row = 0; grid->form == GRID_NOTES && row < grid_rows(grid); row++) {
				const char *label = grid_cell(grid, row, 0)->text;
				const char *text = grid_cell(grid, row, 1)->text;

				if (!has_note(all, label, text))
					grid_note(&notes, GRID_NOTES, label, "%s", text);
			}
		}
		grid_list_deinit(&list);
	}
	page_put_grids(page, &notes);
}

/* Before any number: which records contradict themselves; or that none does. */
static void put_validity(struct page *page)
{
	struct grid_list list = { 0 };
	size_t runs = 0, invalid = 0, n = page->input->n_records;

	if (n == 1) { /* the answer, as the terminal has it, with the verdict */
		short_add(&page->input->records[0].run, NULL, &list);
		page_put_grids(page, &list);
		return;
	}

	for (size_t i = 0; i < n; i++) {
		const struct run *run = &page->input->records[i].run;

		runs += run->n_trials;
		if (run_is_valid(run))
			continue;
		invalid++;
		grid_note(&list, GRID_NOTES, "INVALID", "%s", run->id);
		verdict_add(run, VERDICT_QUOTES, &list);
	}
	if (!invalid)
		grid_note(&list, GRID_NOTES, "valid", "the counts of all %zu runs of %zu records agree", runs, n);
	page_put_grids(page, &list);
}

/* "table1: host, native"; what all records are of. */
static void put_title(const struct page_input *input, struct strbuf *out)
{
	const struct run *run = &input->records[0].run;
	const char *name = json_string_value(json_object_get(run->scenario, "name"));

	if (input->title)
		html_text(out, input->title);
	else if (input->n_records == 1)
		html_textf(out, "Start-up of %s", name && *name ? name : run->id);
	else
		html_textf(out, "Start-up: %zu records", input->n_records);
}

static void put_head(struct page *page, struct strbuf *out)
{
	strbuf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"generator\" content=\"attachstorm\">\n<title>");
	put_title(page->input, out);
	strbuf_puts(out, "</title>\n");
	strbuf_puts(out, style);
	strbuf_puts(out, "</head>\n<body>\n<h1>");
	put_title(page->input, out);
	strbuf_puts(out, "</h1>\n");
	page->out = out;
	put_validity(page);
}

static void put_foot(const struct page *page, struct strbuf *out)
{
	strbuf_puts(out, "<hr>\n<p><small>");
	html_textf(out, "Made by attachstorm %s. ", KIT_VERSION);
	strbuf_puts(out,
		    "Numbers are medians where nothing else is said; n is how many runs or events they are of. "
		    "A number's title says where it is from in the record: the same, unrounded.");
	if (!page->draws && !page->input->tables_only)
		strbuf_puts(out, " There is no gnuplot on the machine that made this page, so tables stand alone.");
	strbuf_puts(out, "</small></p>\n</body>\n</html>\n");
}

struct err *page_put(const struct page_input *input, struct strbuf *out)
{
	struct page page = { .input = input, .draws = !input->tables_only && plot_available() };
	_cleanup_strbuf_ struct strbuf contents = STRBUF_INIT, body = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(sections) && !page.err; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		page.out = &text;
		page.section = sections[i].id;
		if (sections[i].put)
			sections[i].put(&page);
		else
			put_tables(&page, sections[i].add);
		if (!text.len)
			continue;
		strbuf_printf(&contents, "<li><a href=\"#%s\">", sections[i].id);
		html_text(&contents, sections[i].title);
		strbuf_puts(&contents, "</a></li>\n");
		strbuf_printf(&body, "<section id=\"%s\">\n<h2>", sections[i].id);
		html_text(&body, sections[i].title);
		strbuf_puts(&body, "</h2>\n");
		strbuf_add(&body, text.text, text.len);
		strbuf_puts(&body, "</section>\n");
	}
	if (page.err)
		return page.err;
	put_head(&page, out);
	strbuf_printf(out, "<nav><ul>\n%s</ul></nav>\n", contents.text);
	strbuf_add(out, body.text, body.len);
	put_foot(&page, out);
	return NULL;
}
