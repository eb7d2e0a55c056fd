/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors as values. A function that can fail returns `struct err *`: NULL is
 * success; anything else is owned by the caller, who adds context and passes it
 * up, or frees it. main() alone prints it. On failure out parameters are
 * untouched.
 *
 * Messages are in git's style: no capital, no full stop, what failed first, the
 * subject in single quotes. A hint says what to do about it.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/cleanup.h"

/* Exit statuses of both programs; docs/formats.md has the table. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_REGRESSION = 1,   /* a comparison found the new side worse */
	EXIT_USAGE = 2,        /* usage, scenario or environment: could not be done */
	EXIT_INVALID = 3,      /* measured, but the measurement contradicts itself */
	EXIT_INCONCLUSIVE = 4, /* a comparison cannot tell */
	EXIT_SKIPPED = 77,     /* this machine lacks something that the work needs */
	EXIT_TIMED_OUT = 124,
	EXIT_INTERRUPTED = 130,
};

struct err;

/* A new error, exit status EXIT_USAGE. Never returns NULL (aborts without memory). */
MUST_CHECK struct err *err_new(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The same with another exit status. */
MUST_CHECK struct err *err_exit(enum exit_status status, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "<message>: <strerror(errnum)>"; errnum is kept for err_errnum. */
MUST_CHECK struct err *err_errno(int errnum, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Prefixes "<context>: ". Takes and returns the error; NULL stays NULL. */
MUST_CHECK struct err *err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Sets what to do about it, if nothing deeper has said so. NULL stays NULL. */
MUST_CHECK struct err *err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * A task that is no more: a result, not a failure. Told by identity, so callers
 * compare with err_is_gone, and err_wrap leaves it as it is. Made in trace/ only.
 * It is a static object: err_free of it is fine.
 */
struct err *err_gone(void);
bool err_is_gone(const struct err *err);

const char *err_message(const struct err *err);
const char *err_hint_text(const struct err *err); /* NULL without one */
int err_errnum(const struct err *err);            /* 0 if not from a system call */
enum exit_status err_status(const struct err *err);

/* Changes the exit status of an error on its way up. NULL stays NULL. */
MUST_CHECK struct err *err_with_status(struct err *err, enum exit_status status);

/* Frees; NULL and err_gone() are fine. */
void err_free(struct err *err);

static inline void cleanup_err(struct err **err)
{
	err_free(*err);
}
#define _cleanup_err_ _cleanup_(cleanup_err)

#endif
