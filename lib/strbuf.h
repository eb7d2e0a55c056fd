/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A growing string, always NUL-terminated. Out of memory aborts: no caller could
 * do better. STRBUF_INIT needs no release until something was added.
 */
#ifndef LIB_STRBUF_H
#define LIB_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/cleanup.h"

struct strbuf {
	char *text; /* never NULL to read: "" when empty */
	size_t len; /* bytes without the NUL */
	size_t cap;
};

extern char strbuf_empty[];
#define STRBUF_INIT { .text = strbuf_empty }

void strbuf_deinit(struct strbuf *sb);
void strbuf_clear(struct strbuf *sb); /* length 0, memory kept */
void strbuf_add(struct strbuf *sb, const char *bytes, size_t len);
void strbuf_puts(struct strbuf *sb, const char *s);
void strbuf_putc(struct strbuf *sb, char c);
void strbuf_printf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* A text of others for a terminal or a record: bytes that are no printable UTF-8 as \ooo, but for those in `keep`, so
 * that no name moves the cursor. */
void strbuf_puts_legible(struct strbuf *sb, const char *s, const char *keep);
/* The same, nothing kept, as a text of its own: heap, caller frees. */
char *text_legible(const char *s);

/* The text as a heap string that the caller frees; the buffer is empty after it. */
char *strbuf_steal(struct strbuf *sb);

#define _cleanup_strbuf_ _cleanup_(strbuf_deinit)

#endif
