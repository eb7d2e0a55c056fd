/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checked fields of JSON objects. Does not parse JSON: jansson does.
 * Invariant: on an error the caller's variable is as it was.
 */
#include "lib/json/field.h"

#include "lib/mem.h"

struct err *json_field_error(const struct json_field *field, const char *what)
{
	struct err *err = err_new("'%s' %s", field->key, what);

	return field->where ? err_wrap(err, "%s", field->where) : err;
}

struct err *json_field_string(const struct json_field *field, bool required, char **ret)
{
	const json_t *value = json_object_get(field->object, field->key);

	if (!value)
		return json_field_error(field, "is missing");
	if (json_is_string(value))
		*ret = mem_strdup(json_string_value(value));
	else if (json_is_null(value) && !required)
		*ret = NULL;
	else
		return json_field_error(field, "must be text");
	return NULL;
}

struct err *json_field_count(const struct json_field *field, uint64_t max, uint64_t *ret)
{
	const json_t *value = json_object_get(field->object, field->key);
	json_int_t number = json_integer_value(value);

	if (!value)
		return json_field_error(field, "is missing");
	if (!json_is_integer(value))
		return json_field_error(field, "must be a whole number");
	if (number < 0 || (uint64_t)number > max)
		return json_field_error(field, "is out of range");
	*ret = (uint64_t)number;
	return NULL;
}
