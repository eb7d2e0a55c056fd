/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors as values: message, hint, errno and exit status in one heap object that
 * travels up by return value. Does not print; main() does, once.
 * Invariant: an error has a message, and err_gone() is never changed or freed.
 */
#include "lib/err.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/strbuf.h"

struct err {
	char *message;
	char *hint;
	int errnum;
	enum exit_status status;
};

static char gone_message[] = "task is gone";
static struct err gone = { .message = gone_message, .status = EXIT_INVALID };

static char *format(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

static char *format(const char *fmt, va_list ap)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_vprintf(&sb, fmt, ap);
	return strbuf_steal(&sb);
}

static struct err *err_make(enum exit_status status, int errnum, char *message)
{
	struct err *err = mem_alloc(sizeof(*err));

	err->message = message;
	err->errnum = errnum;
	err->status = status;
	return err;
}

struct err *err_new(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *message = format(fmt, ap);
	va_end(ap);
	return err_make(EXIT_USAGE, 0, message);
}

struct err *err_exit(enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *message = format(fmt, ap);
	va_end(ap);
	return err_make(status, 0, message);
}

struct err *err_errno(int errnum, const char *fmt, ...)
{
	char space[128];
	va_list ap;

	va_start(ap, fmt);
	_cleanup_free_ char *what = format(fmt, ap);
	va_end(ap);
	return err_make(EXIT_USAGE, errnum,
			mem_printf("%s: %s", what, strerror_r(errnum, space, sizeof(space))));
}

struct err *err_wrap(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || err == &gone)
		return err;
	va_start(ap, fmt);
	_cleanup_free_ char *context = format(fmt, ap);
	va_end(ap);
	_cleanup_free_ char *old = err->message;
	err->message = mem_printf("%s: %s", context, old);
	return err;
}

struct err *err_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err || err == &gone || err->hint)
		return err;
	va_start(ap, fmt);
	err->hint = format(fmt, ap);
	va_end(ap);
	return err;
}

struct err *err_gone(void)
{
	return &gone;
}

bool err_is_gone(const struct err *err)
{
	return err == &gone;
}

const char *err_message(const struct err *err)
{
	assert(err);
	return err->message;
}

const char *err_hint_text(const struct err *err)
{
	assert(err);
	return err->hint;
}

int err_errnum(const struct err *err)
{
	assert(err);
	return err->errnum;
}

enum exit_status err_status(const struct err *err)
{
	assert(err);
	return err->status;
}

struct err *err_with_status(struct err *err, enum exit_status status)
{
	if (err && err != &gone)
		err->status = status;
	return err;
}

void err_free(struct err *err)
{
	if (!err || err == &gone)
		return;
	free(err->message);
	free(err->hint);
	free(err);
}
