/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interpreter of field tables. Knows no struct of the kit.
 *
 * Invariant: whatever it allocated hangs on obj, with its count, before anything
 * can fail, so that the owner's release function frees it.
 */
#include "report/record/field.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/json/text.h"
#include "lib/mem.h"

static json_t *value_to_json(const struct field *field, const void *obj)
{
	const char *at = (const char *)obj + field->offset;
	json_t *json;

	switch (field->type) {
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_INT:
		return json_integer(*(const int *)at);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)at);
	case FIELD_U64:
		return json_integer(*(const uint64_t *)at);
	case FIELD_I64:
		return json_integer(*(const int64_t *)at);
	case FIELD_DOUBLE:
		assert(isfinite(*(const double *)at));
		return json_real(*(const double *)at);
	case FIELD_KNOWN_INT:
		return *(const int *)at < 0 ? json_null() : json_integer(*(const int *)at);
	case FIELD_KNOWN_I64:
		return *(const int64_t *)at < 0 ? json_null() : json_integer(*(const int64_t *)at);
	case FIELD_POINT:
		return *(const int64_t *)at ? json_integer(*(const int64_t *)at) : json_null();
	case FIELD_KNOWN_DOUBLE:
		assert(isfinite(*(const double *)at));
		return *(const double *)at < 0 ? json_null() : json_real(*(const double *)at);
	case FIELD_STRING:
		return json_text(*(char *const *)at);
	case FIELD_JSON:
		json = *(char *const *)at ? json_loads(*(char *const *)at, 0, NULL) : json_null();
		assert(json); /* text of an object, by contract */
		return json;
	case FIELD_CHOICE:
		return json_string(field->names[*(const int *)at]);
	case FIELD_KNOWN_OBJECT:
		return *(const bool *)(at + field->n_offset) ? fields_to_json(field->fields, at) : json_null();
	case FIELD_OBJECT:
		return fields_to_json(field->fields, at);
	case FIELD_MAP:
		json = json_object();
		for (size_t i = 0; field->names[i]; i++)
			json_object_set_new(json, field->names[i], value_to_json(field->fields, at + i * field->size));
		return json;
	case FIELD_LIST:
		json = json_array();
		for (size_t i = 0; i < *(const size_t *)((const char *)obj + field->n_offset); i++)
			json_array_append_new(json,
					      value_to_json(field->fields, *(const char *const *)at + i * field->size));
		return json;
	}
	return NULL;
}

json_t *fields_to_json(const struct field *fields, const void *obj)
{
	json_t *json = json_object();

	for (; fields->key; fields++)
		json_object_set_new(json, fields->key, value_to_json(fields, obj));
	return json;
}

static struct err *read_integer(json_t *json, int64_t min, int64_t max, int64_t *ret)
{
	if (!json_is_integer(json))
		return err_new("not an integer");
	if (json_integer_value(json) < min || json_integer_value(json) > max)
		return err_new("%" JSON_INTEGER_FORMAT " is out of range", json_integer_value(json));
	*ret = json_integer_value(json);
	return NULL;
}

static struct err *read_choice(json_t *json, const char *const *names, int *ret)
{
	if (!json_is_string(json))
		return err_new("not a string");
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], json_string_value(json)) == 0) {
			*ret = i;
			return NULL;
		}
	}
	return err_new("unknown value '%s'", json_string_value(json));
}

static struct err *value_from_json(const struct field *field, json_t *json, void *obj);

static struct err *read_map(const struct field *field, json_t *json, char *at)
{
	if (!json_is_object(json))
		return err_new("not an object");
	for (size_t i = 0; field->names[i]; i++) {
		json_t *value = json_object_get(json, field->names[i]);
		struct err *err = value ? value_from_json(field->fields, value, at + i * field->size)
					: err_new("missing");

		if (err)
			return err_wrap(err, "%s", field->names[i]);
	}
	return NULL;
}

static struct err *read_list(const struct field *field, json_t *json, char *obj)
{
	char **list = (char **)(obj + field->offset);
	size_t n = json_array_size(json);

	if (!json_is_array(json))
		return err_new("not an array");
	*list = n ? mem_calloc(n, field->size) : NULL;
	*(size_t *)(obj + field->n_offset) = n;
	if (field->cap_offset)
		*(size_t *)(obj + field->cap_offset) = n;
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_array_get(json, i);
		struct err *err = json_is_null(value) ? err_new("null")
						      : value_from_json(field->fields, value, *list + i * field->size);

		if (err)
			return err_wrap(err, "[%zu]", i);
	}
	return NULL;
}

static struct err *value_from_json(const struct field *field, json_t *json, void *obj)
{
	char *at = (char *)obj + field->offset;
	struct err *err = NULL;
	int64_t number = 0;

	switch (field->type) {
	case FIELD_BOOL:
		if (!json_is_boolean(json))
			return err_new("not true or false");
		*(bool *)at = json_is_true(json);
		return NULL;
	case FIELD_INT:
		err = read_integer(json, INT_MIN, INT_MAX, &number);
		if (!err)
			*(int *)at = number;
		return err;
	case FIELD_U32:
		err = read_integer(json, 0, UINT32_MAX, &number);
		if (!err)
			*(uint32_t *)at = number;
		return err;
	case FIELD_U64:
		err = read_integer(json, 0, INT64_MAX, &number);
		if (!err)
			*(uint64_t *)at = number;
		return err;
	case FIELD_I64:
		return read_integer(json, INT64_MIN, INT64_MAX, (int64_t *)at);
	case FIELD_DOUBLE:
		if (!json_is_number(json))
			return err_new("not a number");
		*(double *)at = json_number_value(json);
		return NULL;
	case FIELD_KNOWN_INT:
		number = -1;
		err = json_is_null(json) ? NULL : read_integer(json, 0, INT_MAX, &number);
		*(int *)at = number;
		return err;
	case FIELD_KNOWN_I64:
		*(int64_t *)at = -1;
		return json_is_null(json) ? NULL : read_integer(json, 0, INT64_MAX, (int64_t *)at);
	case FIELD_POINT:
		*(int64_t *)at = 0;
		return json_is_null(json) ? NULL : read_integer(json, INT64_MIN, INT64_MAX, (int64_t *)at);
	case FIELD_KNOWN_DOUBLE:
		if (!json_is_number(json) && !json_is_null(json))
			return err_new("not a number");
		*(double *)at = json_is_null(json) ? -1 : json_number_value(json);
		return NULL;
	case FIELD_JSON:
		if (!json_is_object(json) && !json_is_null(json))
			return err_new("not an object");
		*(char **)at = json_is_null(json) ? NULL : json_dumps(json, JSON_COMPACT);
		return NULL;
	case FIELD_STRING:
		if (!json_is_string(json) && !json_is_null(json))
			return err_new("not a string");
		*(char **)at = mem_strdup(json_string_value(json));
		return NULL;
	case FIELD_CHOICE:
		return read_choice(json, field->names, (int *)at);
	case FIELD_KNOWN_OBJECT:
		*(bool *)(at + field->n_offset) = !json_is_null(json);
		return json_is_null(json) ? NULL : fields_from_json(field->fields, json, at);
	case FIELD_OBJECT:
		return fields_from_json(field->fields, json, at);
	case FIELD_MAP:
		return read_map(field, json, at);
	case FIELD_LIST:
		return read_list(field, json, obj);
	}
	return err;
}

struct err *fields_from_json(const struct field *fields, json_t *json, void *obj)
{
	if (!json_is_object(json))
		return err_new("not an object");
	for (; fields->key; fields++) {
		json_t *value = json_object_get(json, fields->key);
		struct err *err = value ? value_from_json(fields, value, obj) : err_new("missing");

		if (err)
			return err_wrap(err, "%s", fields->key);
	}
	return NULL;
}

static json_t *empty_value(const struct field *field)
{
	switch (field->type) {
	case FIELD_BOOL:
		return json_false();
	case FIELD_DOUBLE:
		return json_real(0);
	case FIELD_STRING:
	case FIELD_JSON:
	case FIELD_KNOWN_OBJECT:
	case FIELD_KNOWN_INT:
	case FIELD_KNOWN_I64:
	case FIELD_KNOWN_DOUBLE:
	case FIELD_POINT:
		return json_null();
	case FIELD_CHOICE:
		return json_string(field->names[0]);
	case FIELD_OBJECT:
	case FIELD_MAP:
		return json_object();
	case FIELD_LIST:
		return json_array();
	default:
		return json_integer(0);
	}
}

/* A value that is there: what is inside of it is completed. */
static void complete_value(const struct field *field, json_t *json)
{
	if (field->type == FIELD_OBJECT || field->type == FIELD_KNOWN_OBJECT)
		fields_complete(field->fields, json);
	for (size_t i = 0; field->type == FIELD_LIST && i < json_array_size(json); i++)
		complete_value(field->fields, json_array_get(json, i));
	for (size_t i = 0; field->type == FIELD_MAP && json_is_object(json) && field->names[i]; i++) {
		if (!json_object_get(json, field->names[i]))
			json_object_set_new(json, field->names[i], empty_value(field->fields));
		complete_value(field->fields, json_object_get(json, field->names[i]));
	}
}

void fields_complete(const struct field *fields, json_t *json)
{
	for (; json_is_object(json) && fields->key; fields++) {
		if (!json_object_get(json, fields->key))
			json_object_set_new(json, fields->key, empty_value(fields));
		complete_value(fields, json_object_get(json, fields->key));
	}
}

static bool is_made_of_none(const struct field *fields, const void *obj)
{
	return !strcmp(fields->key, "n") && fields->type == FIELD_U64 &&
	       !*(const uint64_t *)((const char *)obj + fields->offset);
}

/* Of a map or of what is at it: `path` is what is left. */
static bool number_at(const struct field *field, const char *at, const char *path, double *ret)
{
	double sum = 0, one;

	switch (field->type) {
	case FIELD_U64:
		*ret = (double)*(const uint64_t *)at;
		return true;
	case FIELD_DOUBLE:
		*ret = *(const double *)at;
		return true;
	case FIELD_KNOWN_DOUBLE:
		*ret = *(const double *)at;
		return *ret >= 0;
	case FIELD_OBJECT:
		return fields_number(field->fields, at, path + 1, ret);
	case FIELD_MAP:
		break;
	default:
		assert(!"a path to what is no number");
	}
	if (*path == '[') {
		for (size_t i = 0; field->names[i]; i++) {
			if (!number_at(field->fields, at + i * field->size, path + 2, &one))
				return false;
			sum += one;
		}
		*ret = sum;
		return true;
	}
	for (size_t i = 0, len = strcspn(path + 1, ".["); field->names[i]; i++)
		if (!strncmp(field->names[i], path + 1, len) && !field->names[i][len])
			return number_at(field->fields, at + i * field->size, path + 1 + len, ret);
	assert(!"a path that the map does not have");
}

bool fields_number(const struct field *fields, const void *obj, const char *path, double *ret)
{
	size_t len = strcspn(path, ".[");

	if (is_made_of_none(fields, obj) && strcmp(path, "n"))
		return false;
	for (; fields->key; fields++)
		if (!strncmp(fields->key, path, len) && !fields->key[len])
			return number_at(fields, (const char *)obj + fields->offset, path + len, ret);
	assert(!"a path that the table does not have");
}

static bool is_unknown(const struct field *field, json_t *json)
{
	bool known = field->type == FIELD_KNOWN_INT || field->type == FIELD_KNOWN_I64 ||
		     field->type == FIELD_KNOWN_DOUBLE;

	return (known && json_is_number(json) && json_number_value(json) < 0) ||
	       (field->type == FIELD_POINT && json_is_integer(json) && json_integer_value(json) == 0);
}

static void null_inside(const struct field *field, json_t *json)
{
	if (field->type == FIELD_OBJECT)
		fields_null_unknown(field->fields, json);
	for (size_t i = 0; field->type == FIELD_LIST && i < json_array_size(json); i++)
		null_inside(field->fields, json_array_get(json, i));
	for (size_t i = 0; field->type == FIELD_MAP && field->names[i]; i++) {
		json_t *value = json_object_get(json, field->names[i]);

		if (is_unknown(field->fields, value))
			json_object_set_new(json, field->names[i], json_null());
		else
			null_inside(field->fields, value);
	}
}

void fields_null_unknown(const struct field *fields, json_t *json)
{
	for (; json_is_object(json) && fields->key; fields++) {
		json_t *value = json_object_get(json, fields->key);

		if (is_unknown(fields, value))
			json_object_set_new(json, fields->key, json_null());
		else
			null_inside(fields, value);
	}
}
