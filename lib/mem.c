/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocation that cannot fail. Does not recover: out of memory is said with a
 * bare write(2), since nothing that formats may be relied on then, and aborts.
 * Invariant: no function here returns NULL but mem_strdup(NULL).
 */
#include "lib/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "lib/strbuf.h"

static void *checked(void *p)
{
	static const char text[] = "out of memory\n";

	if (!p) {
		if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
			abort();
		abort();
	}
	return p;
}

void *mem_alloc(size_t size)
{
	return mem_calloc(1, size);
}

void *mem_calloc(size_t n, size_t size)
{
	/* calloc(3) of nothing may give NULL; a caller's pointer is always good here. */
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *mem_realloc(void *p, size_t n, size_t size)
{
	return checked(reallocarray(p, n ? n : 1, size ? size : 1));
}

char *mem_strdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *mem_printf(const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&sb, fmt, ap);
	va_end(ap);
	return strbuf_steal(&sb);
}
