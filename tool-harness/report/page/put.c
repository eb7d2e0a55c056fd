/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sections of a page put into it: notes, pictures, headings, grids. */
#include "report/page/put.h"

#include <stdarg.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "report/grid/html.h"
#include "report/page/plot.h"

void page_note(struct page *page, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	html_element(page->out, "p", text.text);
	strbuf_putc(page->out, '\n');
}

/* "02-events.svg" beside "02-events.pdf" and "02-events.txt". */
static struct err *keep_figure(const struct page *page, const struct strbuf *script, const struct strbuf *svg,
			       const char *caption)
{
	_cleanup_strbuf_ struct strbuf pdf = STRBUF_INIT;
	_cleanup_free_ char *text = mem_printf("%s\n", caption);
	struct err *err = plot_draw_pdf(script, &pdf);
	const struct {
		const char *ending, *bytes;
		size_t len;
	} files[] = { { "svg", svg->text, svg->len }, { "pdf", pdf.text, pdf.len }, { "txt", text, strlen(text) } };

	for (size_t i = 0; !err && i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *name = mem_printf("%02u-%s.%s", page->n_plots, page->section, files[i].ending);
		_cleanup_free_ char *path = fs_join(page->input->figures, name);

		err = fs_publish(path, files[i].bytes, files[i].len);
	}
	return err;
}

void page_plot(struct page *page, const struct strbuf *script, const char *caption)
{
	_cleanup_strbuf_ struct strbuf svg = STRBUF_INIT;
	_cleanup_free_ char *prefix = mem_printf("plot%u-", page->n_plots + 1);

	if (!page->draws || page->err)
		return;
	page->err = err_wrap(plot_draw(script, &svg), "picture %u", page->n_plots + 1);
	if (page->err)
		return;
	page->n_plots++;
	if (page->input->figures)
		page->err = keep_figure(page, script, &svg, caption);
	strbuf_puts(page->out, "<figure>\n");
	plot_put_inline(page->out, svg.text, prefix, caption);
	html_element(page->out, "figcaption", caption);
	strbuf_puts(page->out, "\n</figure>\n");
}

void page_put_record_heading(struct page *page, const struct run *run)
{
	if (page->input->n_records < 2)
		return;
	html_element(page->out, "h3", run->id);
	strbuf_putc(page->out, '\n');
}

void page_put_grids(struct page *page, struct grid_list *list)
{
	grid_list_to_html(list, page->out);
	grid_list_deinit(list);
}
