/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text held once however often it is used: the paths of libraries, which thousands of link maps
 * have in common. Counted, so that what nobody uses is freed. May be used by several threads.
 */
#ifndef LIB_INTERN_H
#define LIB_INTERN_H

#include <stddef.h>

/* The one copy of a text, with one more user. */
const char *intern_get(const char *text);

/* One more user of a text that intern_get returned; NULL gives NULL. */
const char *intern_again(const char *text);

/* One user less; NULL is fine. */
void intern_put(const char *text);

#endif
