/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a target's libraries hold, as pynamic-gen measured it: sums by section. And merged stacks,
 * as text.
 *
 * Invariant: sums are those of the footprint's own object list, so that a hand-written one shows
 * the same.
 */
#include <string.h>

#include "lib/mem.h"
#include "report/page/put.h"
#include "report/page/plot.h"
#include "report/stacks.h"

#define BAR_HEIGHT 40
#define FRAME_HEIGHT 110
#define MIB (1024.0 * 1024.0)

static const struct {
	const char *key, *title;
	const char *colour;
} sections[] = {
	{ "text_bytes", "text", "#0072b2" },
	{ "data_bytes", "data", "#e69f00" },
	{ "debug_bytes", "debug", "#009e73" },
	{ "symtab_bytes", "symbols", "#cc79a7" },
	{ "strtab_bytes", "strings", "#56b4e9" },
	{ "dynsym_bytes", "dynamic symbols", "#5b4b8a" },
	{ "dynstr_bytes", "dynamic strings", "#999999" },
};
#define N_SECTIONS ARRAY_SIZE(sections)

struct sums {
	double files, bytes[N_SECTIONS];
};

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Of modules and utilities. */
static void sum_libraries(const json_t *footprint, struct sums *ret)
{
	json_t *object;
	size_t i;

	*ret = (struct sums){ 0 };
	json_array_foreach (json_object_get(footprint, "objects"), i, object) {
		const char *kind = json_string_value(json_object_get(object, "kind"));

		if (!kind || !strcmp(kind, "program"))
			continue;
		ret->files += json_object_get(object, "count") ? number_of(object, "count") : 1;
		for (size_t j = 0; j < N_SECTIONS; j++)
			ret->bytes[j] += number_of(object, sections[j].key);
	}
}

static void put_picture(struct page *page, const struct sums *sums)
{
	size_t n = page->input->n_footprints;
	_cleanup_strbuf_ struct strbuf script = STRBUF_INIT;

	plot_put_terminal(&script, PAGE_PLOT_WIDTH, (unsigned)n * BAR_HEIGHT + FRAME_HEIGHT);
	for (size_t j = 0; j < N_SECTIONS; j++) {
		strbuf_printf(&script, "$section%zu << EOD\n", j);
		for (size_t i = 0; i < n; i++) {
			double begin = 0;

			for (size_t k = 0; k < j; k++)
				begin += sums[i].bytes[k] / MIB;
			strbuf_printf(&script, "%.9g %zu %.9g %.9g %.2f %.2f\n", begin, n - i, begin,
				      begin + sums[i].bytes[j] / MIB, (double)(n - i) - 0.36,
				      (double)(n - i) + 0.36);
		}
		strbuf_puts(&script, "EOD\n");
	}
	strbuf_printf(
		&script,
		"set xlabel 'MiB, modules and utilities together'\nset xrange [0:*]\nset yrange [0.4:%zu.6]\n", n);
	strbuf_puts(&script, "set grid xtics linecolor rgb '#cbd5e0'\nset border 1\nset xtics nomirror\n"
			     "set key outside top center horizontal samplen 1\nset style fill solid 1.0 noborder\n"
			     "set ytics nomirror scale 0 noenhanced\nset ytics (");
	for (size_t i = 0; i < n; i++) {
		strbuf_puts(&script, i ? ", " : "");
		plot_put_quoted(&script, page->input->footprints[i].name);
		strbuf_printf(&script, " %zu", n - i);
	}
	strbuf_puts(&script, ")\nplot ");
	for (size_t j = 0; j < N_SECTIONS; j++)
		strbuf_printf(&script,
			      "%s$section%zu using 1:2:3:4:5:6 with boxxyerror linecolor rgb '%s' title '%s'",
			      j ? ", " : "", j, sections[j].colour, sections[j].title);
	strbuf_putc(&script, '\n');
	page_plot(page, &script,
		  "What a debugger has to read: sizes of the libraries of a target by kind of section.");
}

static void put_row(struct grid *grid, const struct page_footprint *footprint, const struct sums *sums)
{
	double total = 0;

	grid_text(grid, "%s", footprint->name);
	grid_value(grid, CELL_COUNT, sums->files, footprint->name, "sums.libraries.count");
	for (size_t j = 0; j < N_SECTIONS; j++) {
		grid_value(grid, CELL_BYTES, sums->bytes[j], footprint->name, "sums.libraries.%s", sections[j].key);
		total += sums->bytes[j];
	}
	grid_value(grid, CELL_BYTES, total, footprint->name, "sums.libraries.total_bytes");
}

void page_footprints(struct page *page)
{
	static const struct grid_column begin[] = {
		{ "Footprint", 0, COLUMN_LABEL, NULL },
		{ "libraries", 0, 0, NULL },
	};
	size_t n = page->input->n_footprints;
	_cleanup_free_ struct sums *sums = mem_calloc(n + 1, sizeof(*sums));
	struct grid_list list = { 0 };
	struct grid *grid;

	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		sum_libraries(page->input->footprints[i].json, &sums[i]);
	put_picture(page, sums);
	grid = grid_add(&list, GRID_TABLE, "footprint");
	grid_add_columns(grid, begin, ARRAY_SIZE(begin));
	for (size_t i = 0; i < N_SECTIONS; i++)
		grid_add_columns(grid, &(struct grid_column){ sections[i].title, 0, 0, NULL }, 1);
	grid_add_columns(grid, &(struct grid_column){ "sum", 0, 0, NULL }, 1);
	for (size_t i = 0; i < n; i++)
		put_row(grid, &page->input->footprints[i], &sums[i]);
	page_put_grids(page, &list);
}

void page_stacks(struct page *page)
{
	for (size_t i = 0; i < page->input->n_records; i++) {
		const struct run *run = &page->input->records[i].run;
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		stacks_put(run, &text);
		if (!text.len)
			continue;
		page_put_record_heading(page, run);
		html_element(page->out, "pre", text.text);
		strbuf_putc(page->out, '\n');
	}
}
