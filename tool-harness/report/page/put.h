/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report/page/: sections with pictures, a file each; a section that puts nothing is left out. */
#ifndef REPORT_PAGE_PUT_H
#define REPORT_PAGE_PUT_H

#include "report/grid/grid.h"
#include "report/grid/html.h"
#include "report/page/page.h"

struct page {
	const struct page_input *input;
	struct strbuf *out; /* of the section at work */
	bool draws;	    /* there is a gnuplot, and it is wanted */
	unsigned n_plots;
	const char *section; /* the id of that at work */
	struct err *err; /* the first one of gnuplot; then nothing more is drawn */
};

/* Colours of series, told apart also by those who see red and green alike; drawn in this order. */
#define PAGE_N_COLOURS 8
extern const char *const page_colours[PAGE_N_COLOURS];

#define PAGE_PLOT_WIDTH 900

/* A picture with a caption, if pictures are drawn at all: by gnuplot's commands, which begin with
 * plot_put_terminal. The caption is plain text, and says what is to be seen. */
void page_plot(struct page *page, const struct strbuf *script, const char *caption);

/* <h3> of a record, if there are several. */
void page_put_record_heading(struct page *page, const struct run *run);

/* <p>, plain text. */
void page_note(struct page *page, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts all grids, and releases them. */
void page_put_grids(struct page *page, struct grid_list *list);

void page_phases(struct page *page);
void page_events(struct page *page);
void page_laws(struct page *page);
void page_scale(struct page *page);
void page_trend(struct page *page);
void page_footprints(struct page *page);
void page_stacks(struct page *page);

#endif
