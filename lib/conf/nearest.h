/* SPDX-License-Identifier: BSD-3-Clause */
/* Typing errors: how far a word is from one that is known. */
#ifndef LIB_CONF_NEAREST_H
#define LIB_CONF_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* Edits (insert, delete, replace, swap of neighbours) from a to b, both short; case, and '-' for '_', do not count. */
size_t nearest_distance(const char *a, const char *b);

/* So few edits that the known word may have been meant. */
bool nearest_is_near(const char *written, size_t distance);

#endif
