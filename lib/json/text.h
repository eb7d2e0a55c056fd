/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts of others in JSON. Paths and arguments are bytes, JSON is UTF-8. */
#ifndef LIB_JSON_TEXT_H
#define LIB_JSON_TEXT_H

#include <jansson.h>

/* The text; one that is not UTF-8 with its odd bytes as \ooo (strbuf_puts_legible), so that it becomes legible rather
 * than lost. NULL becomes null. Never NULL. */
json_t *json_text(const char *text);

#endif
