/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of a JSON object that somebody else wrote: read with a check of type and range. */
#ifndef LIB_JSON_FIELD_H
#define LIB_JSON_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct json_field {
	const json_t *object;
	const char *where; /* "library 3": where the object stands, for messages; or NULL */
	const char *key;
};

/* "library 3: 'path' must be text". */
MUST_CHECK struct err *json_field_error(const struct json_field *field, const char *what);

/* Text, or with required false also null, which gives NULL. Heap, caller frees. */
MUST_CHECK struct err *json_field_string(const struct json_field *field, bool required, char **ret);

/* A whole number from 0 to max. */
MUST_CHECK struct err *json_field_count(const struct json_field *field, uint64_t max, uint64_t *ret);

#endif
