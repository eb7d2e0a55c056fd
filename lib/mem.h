/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocation that cannot fail: out of memory ends the program with a message,
 * as no caller here could do better. All results are freed with free().
 */
#ifndef LIB_MEM_H
#define LIB_MEM_H

#include <stddef.h>

#include "lib/cleanup.h"

void *mem_alloc(size_t size) __attribute__((malloc));                   /* zeroed */
void *mem_calloc(size_t n, size_t size) __attribute__((malloc));        /* zeroed */
void *mem_realloc(void *p, size_t n, size_t size);                      /* n * size, checked */
char *mem_strdup(const char *s) __attribute__((malloc));                /* NULL gives NULL */
char *mem_strndup(const char *s, size_t n) __attribute__((malloc));
char *mem_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * Makes room for one more element in a growing array:
 *   struct x *v; size_t n, cap;  mem_grow(v, n, cap);  v[n++] = ...;
 */
#define mem_grow(v, n, cap)                                             \
	do {                                                            \
		if ((n) == (cap)) {                                     \
			(cap) = (cap) ? 2 * (cap) : 16;                 \
			(v) = mem_realloc((v), (cap), sizeof(*(v)));    \
		}                                                       \
	} while (0)

#endif
