/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress lines on standard error. Not for results and not for errors. The stream's own lock,
 * which one thread may take twice, is that of the state, too.
 *
 * Invariant: whatever is printed here, a line that was being rewritten has been ended or
 * overwritten whole before it.
 */
#include "lib/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/strbuf.h"

#define TERMINAL_PERIOD_NS (100 * NS_PER_MS)
#define LOG_PERIOD_NS (10 * NS_PER_S)

static struct {
	bool quiet;
	bool line_open; /* a rewritten line stands on the terminal, without newline */
	char what[64];  /* phase being counted, "" between phases */
	int64_t shown_ns;
} state;

static bool on_terminal(void)
{
	static int known = -1;

	if (known < 0) {
		const char *term = getenv("TERM");

		known = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	}
	return known;
}

void progress_quiet(void)
{
	progress_end();
	state.quiet = true;
}

void progress_end(void)
{
	flockfile(stderr);
	if (state.line_open)
		fputc('\n', stderr);
	state.line_open = false;
	funlockfile(stderr);
}

static void line(const char *prefix, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void line(const char *prefix, const char *fmt, va_list ap)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, sb = STRBUF_INIT;

	strbuf_vprintf(&text, fmt, ap);
	strbuf_puts(&sb, prefix);
	strbuf_puts_legible(&sb, text.text, "\n\t");
	strbuf_putc(&sb, '\n');
	flockfile(stderr);
	progress_end();
	fputs(sb.text, stderr);
	funlockfile(stderr);
}

void progress_note(const char *fmt, ...)
{
	va_list ap;

	if (state.quiet)
		return;
	va_start(ap, fmt);
	line("", fmt, ap);
	va_end(ap);
}

static size_t terminal_width(void)
{
	struct winsize size = { 0 };

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

/* In place of the line that is open. What does not fit is cut: a line that is folded could not be rewritten. */
static void rewrite(const char *text)
{
	size_t width = terminal_width() - 1, len = 0;

	for (size_t n = 0; text[len] && n < width; n++)
		for (len++; ((unsigned char)text[len] & 0xc0) == 0x80; len++)
			;
	fprintf(stderr, "\r%.*s\033[K", (int)len, text);
	fflush(stderr);
	state.line_open = true;
}

void progress_step(const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT, legible = STRBUF_INIT;
	va_list ap;

	if (state.quiet)
		return;
	va_start(ap, fmt);
	if (on_terminal()) {
		strbuf_vprintf(&text, fmt, ap);
		strbuf_puts_legible(&legible, text.text, "");
		flockfile(stderr);
		rewrite(legible.text);
		funlockfile(stderr);
	} else {
		line("", fmt, ap);
	}
	va_end(ap);
}

void progress_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("warning: ", fmt, ap);
	va_end(ap);
}

void progress_count(const char *what, size_t done, size_t total)
{
	int64_t now = clock_now_ns();
	bool last = done == total;
	bool begins = strncmp(state.what, what, sizeof(state.what) - 1) != 0;

	if (state.quiet)
		return;
	if (begins) {
		progress_end();
		snprintf(state.what, sizeof(state.what), "%s", what);
		/* In a log a short phase is one line, its last; a terminal shows it at once. */
		state.shown_ns = on_terminal() ? now - TERMINAL_PERIOD_NS : now;
	}
	if (!last && now - state.shown_ns < (on_terminal() ? TERMINAL_PERIOD_NS : LOG_PERIOD_NS))
		return;
	state.shown_ns = now;
	if (on_terminal()) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		strbuf_printf(&text, "%s: %zu/%zu", what, done, total);
		rewrite(text.text);
	} else {
		fprintf(stderr, "%s: %zu/%zu\n", what, done, total);
	}
	if (last) {
		progress_end();
		state.what[0] = '\0';
	}
}

static void told(const char *prefix, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void told(const char *prefix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line(prefix, fmt, ap);
	va_end(ap);
}

void progress_error(const char *program, const struct err *err)
{
	told(program, ": %s", err_message(err));
	if (err_hint_text(err))
		told("hint: ", "%s", err_hint_text(err));
}
