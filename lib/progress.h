/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress on standard error, never on standard output. On a terminal one line is
 * rewritten; elsewhere each new phase is one line. Silent after progress_quiet().
 */
#ifndef LIB_PROGRESS_H
#define LIB_PROGRESS_H

#include <stddef.h>

#include "lib/cleanup.h"

void progress_quiet(void);

/* A line of its own: a step begun, or a remark. */
void progress_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* What is being done now: on a terminal in place of what was told so before, elsewhere a line. */
void progress_step(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* A warning, shown even when quiet: "warning: ...". */
void progress_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* What main says of an error that ends the program, with its hint. As all lines here it is fit for a terminal: control
 * characters and what is no UTF-8, as in a file's name, as \ooo. */
struct err;
void progress_error(const char *program, const struct err *err);

/* "what: done/total"; rate-limited, the last one (done == total) always shown. */
void progress_count(const char *what, size_t done, size_t total);

/* Ends a rewritten line, before something else prints. */
void progress_end(void);

#endif
