/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress lines on standard error. Not for results and not for errors; one thread
 * only. Invariant: whatever is printed here, a line that was being rewritten has
 * been ended or overwritten whole before it.
 */
#include "lib/progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/strbuf.h"

#define TERMINAL_PERIOD_NS (100 * NS_PER_MS)
#define LOG_PERIOD_NS (10 * NS_PER_S)

static struct {
	bool quiet;
	bool line_open; /* a rewritten line stands on the terminal, without newline */
	const char *what;
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
	if (state.line_open)
		fputc('\n', stderr);
	state.line_open = false;
}

static void line(const char *prefix, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void line(const char *prefix, const char *fmt, va_list ap)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_puts(&sb, prefix);
	strbuf_vprintf(&sb, fmt, ap);
	strbuf_putc(&sb, '\n');
	progress_end();
	fputs(sb.text, stderr);
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
	bool first = !state.what || strcmp(state.what, what) != 0;
	bool last = done == total;

	if (state.quiet)
		return;
	if (first && !last && !on_terminal())
		state.shown_ns = now; /* a short phase needs one line in a log, its last */
	else if (!first && !last &&
		 now - state.shown_ns < (on_terminal() ? TERMINAL_PERIOD_NS : LOG_PERIOD_NS))
		return;
	if (first)
		progress_end();
	state.what = last ? NULL : what;
	if (first && !last && !on_terminal())
		return;
	state.shown_ns = now;
	if (on_terminal()) {
		/* Erase to the end of the line: a shorter text leaves nothing of a longer one. */
		fprintf(stderr, "\r%s: %zu/%zu\033[K", what, done, total);
		state.line_open = true;
		if (last)
			progress_end();
		fflush(stderr);
	} else {
		fprintf(stderr, "%s: %zu/%zu\n", what, done, total);
	}
}
