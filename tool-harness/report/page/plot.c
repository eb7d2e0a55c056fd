/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs gnuplot and makes its SVG fit to stand inside of a page. Knows no data.
 *
 * Invariant: gnuplot gets everything by its standard input and reads no file of the user's (no
 * start-up files: -d), so that a picture depends on the commands alone.
 */
#include "report/page/plot.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/proc.h"
#include "report/grid/html.h"

#define DEADLINE_NS (60 * NS_PER_S)
#define TERMINAL "set terminal svg"
#define PIXELS_PER_INCH 96.0 /* CSS has it so */

bool plot_available(void)
{
	_cleanup_free_ char *program = fs_find_program("gnuplot");

	return program != NULL;
}

void plot_put_terminal(struct strbuf *script, unsigned width, unsigned height)
{
	strbuf_printf(script, TERMINAL " size %u,%u font 'sans-serif,13' background '#ffffff'\n", width,
		      height);
}

void plot_put_quoted(struct strbuf *script, const char *text)
{
	strbuf_putc(script, '\'');
	for (; *text; text++)
		strbuf_putc(script, *text == '\'' || (unsigned char)*text < ' ' ? ' ' : *text);
	strbuf_putc(script, '\'');
}

static struct err *run_gnuplot(const struct strbuf *script, struct proc_result *ret)
{
	static const char *const argv[] = { "gnuplot", "-d", "-", NULL };
	static const char *const environment[] = { "LC_ALL=C.UTF-8", NULL };
	_cleanup_close_ int fd = memfd_create("gnuplot", MFD_CLOEXEC);
	struct proc_opts opts = PROC_OPTS_INIT;

	if (fd < 0 || write(fd, script->text, script->len) != (ssize_t)script->len || lseek(fd, 0, SEEK_SET))
		return err_new("cannot hand gnuplot its commands");
	opts.stdin_fd = fd;
	opts.env_set = environment;
	return proc_run(argv, &opts, DEADLINE_NS, ret);
}

struct err *plot_draw(const struct strbuf *script, struct strbuf *ret)
{
	_cleanup_free_ char *status = NULL;
	_cleanup_(proc_result_deinit) struct proc_result result = { 0 };
	struct err *err;

	if (!plot_available())
		return err_hint(err_exit(EXIT_SKIPPED, "gnuplot is missing"),
				"install gnuplot-nox; the tables need none");
	err = run_gnuplot(script, &result);
	if (err)
		return err;
	if (!WIFEXITED(result.status) || WEXITSTATUS(result.status) || !result.out.len) {
		status = proc_status_text(result.status);
		return err_new("gnuplot %s: %s", status, result.err.text ? result.err.text : "");
	}
	strbuf_add(ret, result.out.text, result.out.len);
	return NULL;
}

struct err *plot_draw_pdf(const struct strbuf *script, struct strbuf *ret)
{
	const char *terminal = strstr(script->text, TERMINAL), *rest = terminal ? strchr(terminal, '\n') : NULL;
	_cleanup_strbuf_ struct strbuf pdf = STRBUF_INIT;
	unsigned width, height;

	if (!rest || sscanf(terminal, TERMINAL " size %u,%u", &width, &height) != 2)
		return err_new("a picture without a size");
	strbuf_add(&pdf, script->text, (size_t)(terminal - script->text));
	strbuf_printf(&pdf, "set terminal pdfcairo size %.2fin,%.2fin font 'sans-serif,10' background '#ffffff'",
		      width / PIXELS_PER_INCH, height / PIXELS_PER_INCH);
	strbuf_puts(&pdf, rest);
	return plot_draw(&pdf, ret);
}

/* What stands before an id or a reference to one, as gnuplot 5 writes them. */
static const char *const before_ids[] = { " id='", " id=\"", "href='#", "href=\"#", "url(#" };

static size_t id_begins(const char *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(before_ids); i++)
		if (!strncmp(at, before_ids[i], strlen(before_ids[i])))
			return strlen(before_ids[i]);
	return 0;
}

void plot_put_inline(struct strbuf *out, const char *document, const char *prefix, const char *label)
{
	const char *at = strstr(document, "<svg");
	bool in_tag = false;

	if (!at)
		return;
	strbuf_puts(out, "<svg role=\"img\" aria-label=\"");
	html_text(out, label);
	strbuf_puts(out, "\"");
	at += strlen("<svg");
	/* Texts hold no raw '<', but may say " id='": only tags are looked into. */
	for (in_tag = true; *at; at++) {
		size_t len = in_tag ? id_begins(at) : 0;

		in_tag = *at == '<' || (in_tag && *at != '>');
		strbuf_add(out, at, len ? len : 1);
		if (len) {
			strbuf_puts(out, prefix);
			at += len - 1;
		}
	}
}
