/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Padding and alignment of table cells. Assumes that no text holds combining or
 * double-width characters.
 *
 * Invariant: a line never ends with blanks.
 */
#include "report/table/cell.h"

#include <inttypes.h>
#include <string.h>

#include "report/human.h"

size_t cell_display_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void pad(struct strbuf *out, int n)
{
	for (int i = 0; i < n; i++)
		strbuf_putc(out, ' ');
}

static void fill(struct strbuf *out, int n)
{
	for (int i = 0; i < n; i++)
		strbuf_puts(out, "─");
}

void cell_left(struct strbuf *out, const char *text, int width)
{
	int n = cell_display_width(text);

	strbuf_puts(out, text);
	pad(out, n < width ? width - n : 1);
}

void cell_right(struct strbuf *out, const char *text, int width)
{
	int n = cell_display_width(text);

	pad(out, n < width ? width - n : 1);
	strbuf_puts(out, text);
}

void cell_format(struct strbuf *out, int width, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	cell_right(out, text.text, width);
}

void cell_ruled(struct strbuf *out, int width, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;
	int rest;

	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	rest = width - 2 - (int)cell_display_width(text.text);
	pad(out, 2);
	fill(out, rest / 2);
	strbuf_printf(out, " %s ", text.text);
	fill(out, rest - rest / 2);
}

void cell_label(struct strbuf *out, const char *text, int width)
{
	pad(out, 2);
	cell_left(out, text, width - 2);
}

void cell_count(struct strbuf *out, double count, int width)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	human_count(&text, count);
	cell_right(out, text.text, width);
}

void cell_duration(struct strbuf *out, double ns, int width)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	human_duration(&text, ns);
	cell_right(out, text.text, width);
}

void cell_runs(struct strbuf *out, const char *label, uint64_t least, uint64_t most, int width)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%s: n = ", label);
	if (least < most)
		strbuf_printf(&text, "%" PRIu64 " to ", least);
	strbuf_printf(&text, "%" PRIu64, most);
	cell_left(out, text.text, width);
}

void cell_multiple(struct strbuf *out, double factor, int width)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	human_number(&text, factor);
	strbuf_puts(&text, " ×");
	cell_right(out, text.text, width);
}

void cell_median(struct strbuf *out, const struct quantiles *q, int width)
{
	if (q->n)
		cell_duration(out, q->p50, width);
	else
		cell_right(out, "", width);
}

void cell_headings(struct strbuf *out, const char *label, int label_width, const char *const *names,
		   const int *widths)
{
	cell_left(out, label, label_width);
	for (size_t i = 0; names[i]; i++)
		cell_right(out, names[i], widths[i]);
	cell_end(out);
}

void cell_end(struct strbuf *out)
{
	while (out->len > 0 && out->text[out->len - 1] == ' ')
		out->text[--out->len] = '\0';
	strbuf_putc(out, '\n');
}

void cell_rule(struct strbuf *out, int width)
{
	fill(out, width);
	strbuf_putc(out, '\n');
}
