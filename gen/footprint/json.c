/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A footprint as JSON, for machines and for 'pynamic-gen fit' elsewhere. The sums in the
 * file are for its readers; what is read back are the objects. Invariant: no sum over
 * what was read overflows.
 */
#include "gen/footprint/footprint.h"

#include <string.h>

#include "lib/json/field.h"
#include "lib/json/text.h"
#include "lib/mem.h"

#define FORMAT "pynamic-footprint"

/* Sums of so many objects of so many bytes fit into 64 bits. */
#define MAX_BYTES (1ULL << 45)
#define MAX_OBJECTS (1U << 16)

static const char *const part_keys[ELF_N_PARTS] = {
	[ELF_TEXT] = "text_bytes",     [ELF_DATA] = "data_bytes",     [ELF_DEBUG] = "debug_bytes",
	[ELF_SYMTAB] = "symtab_bytes", [ELF_STRTAB] = "strtab_bytes", [ELF_DYNSYM] = "dynsym_bytes",
	[ELF_DYNSTR] = "dynstr_bytes",
};

static void set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *object_to_json(const struct footprint_object *object)
{
	json_t *out = json_object();

	if (object->path)
		json_object_set_new(out, "path", json_text(object->path));
	if (object->path)
		json_object_set_new(out, "kind", json_string_nocheck(footprint_kind_names[object->kind]));
	set_number(out, "count", object->count);
	set_number(out, "file_bytes", object->file_bytes);
	for (size_t i = 0; i < ELF_N_PARTS; i++)
		set_number(out, part_keys[i], object->bytes[i]);
	set_number(out, "separate_bytes", object->separate_bytes);
	return out;
}

static json_t *sum_to_json(const struct footprint_object *sum)
{
	json_t *out = object_to_json(sum);

	set_number(out, "total_bytes", footprint_total(sum));
	return out;
}

json_t *footprint_to_json(const struct footprint *footprint)
{
	struct footprint_object libraries = footprint_libraries(footprint);
	json_t *out = json_object(), *sums = json_object(), *objects = json_array();

	json_object_set_new(out, "format", json_string_nocheck(FORMAT));
	json_object_set_new(out, "version", json_integer(FOOTPRINT_VERSION));
	json_object_set_new(out, "what", json_text(footprint->what));
	set_number(out, "separate_files", footprint->n_separate);
	json_object_set_new(sums, "libraries", sum_to_json(&libraries));
	for (int i = 0; i < FOOTPRINT_N_KINDS; i++) {
		struct footprint_object sum = footprint_sum(footprint, i);

		json_object_set_new(sums, footprint_kind_names[i], sum_to_json(&sum));
	}
	json_object_set_new(out, "sums", sums);
	for (size_t i = 0; i < footprint->n_objects; i++)
		json_array_append_new(objects, object_to_json(&footprint->objects[i]));
	json_object_set_new(out, "objects", objects);
	return out;
}

/* --- reading --------------------------------------------------------------------- */

/* A missing number is 0: files made by hand give the sizes that their author knows. */
static struct err *read_number(const json_t *object, const char *where, const char *key, uint64_t max, uint64_t *ret)
{
	struct json_field field = { .object = object, .where = where, .key = key };

	return json_object_get(object, key) ? json_field_count(&field, max, ret) : NULL;
}

static struct err *read_kind(const json_t *json, const char *where, enum footprint_kind *ret)
{
	struct json_field field = { .object = json, .where = where, .key = "kind" };
	_cleanup_free_ char *kind = NULL;
	struct err *err = json_field_string(&field, true, &kind);

	if (err)
		return err;
	for (int i = 0; i < FOOTPRINT_N_KINDS; i++)
		if (!strcmp(kind, footprint_kind_names[i])) {
			*ret = i;
			return NULL;
		}
	return json_field_error(&field, "must be module, utility or program");
}

static struct err *read_object(const json_t *json, size_t index, struct footprint *footprint)
{
	_cleanup_free_ char *where = mem_printf("object %zu", index);
	struct footprint_object object = { .count = 1 };
	struct json_field path = { .object = json, .where = where, .key = "path" };
	struct err *err = json_is_object(json) ? NULL : err_new("%s must be a mapping", where);

	if (!err)
		err = read_kind(json, where, &object.kind);
	if (!err)
		err = read_number(json, where, "count", MAX_OBJECTS, &object.count);
	if (!err)
		err = read_number(json, where, "file_bytes", MAX_BYTES, &object.file_bytes);
	if (!err)
		err = read_number(json, where, "separate_bytes", MAX_BYTES, &object.separate_bytes);
	for (size_t i = 0; !err && i < ELF_N_PARTS; i++)
		err = read_number(json, where, part_keys[i], MAX_BYTES, &object.bytes[i]);
	if (!err && json_object_get(json, "path"))
		err = json_field_string(&path, true, &object.path);
	if (err)
		return err;
	if (!object.path)
		object.path = mem_strdup(where);
	mem_grow(footprint->objects, footprint->n_objects, footprint->cap_objects);
	footprint->objects[footprint->n_objects++] = object;
	return NULL;
}

static struct err *read_objects(const json_t *objects, struct footprint *footprint)
{
	const json_t *object;
	size_t i;

	if (!json_is_array(objects) || json_array_size(objects) > MAX_OBJECTS)
		return err_new("'objects' must be a list of at most %u mappings", MAX_OBJECTS);
	json_array_foreach(objects, i, object) {
		struct err *err = read_object(object, i, footprint);

		if (err)
			return err;
	}
	return NULL;
}

static struct err *read_footprint(const json_t *root, struct footprint *footprint)
{
	struct json_field format_field = { .object = root, .key = "format" };
	struct json_field version_field = { .object = root, .key = "version" };
	struct json_field what_field = { .object = root, .key = "what" };
	_cleanup_free_ char *format = NULL;
	uint64_t version = 0;
	struct err *err = json_field_string(&format_field, true, &format);

	if (!err && strcmp(format, FORMAT))
		err = err_new("it is a '%s', not a " FORMAT, format);
	if (!err)
		err = json_field_count(&version_field, INT32_MAX, &version);
	if (!err && version != FOOTPRINT_VERSION)
		err = err_new("version %llu is not supported", (unsigned long long)version);
	if (!err)
		err = json_field_string(&what_field, true, &footprint->what);
	if (!err)
		err = read_number(root, "footprint", "separate_files", MAX_OBJECTS, &footprint->n_separate);
	return err ? err : read_objects(json_object_get(root, "objects"), footprint);
}

struct err *footprint_parse(const char *name, const char *text, size_t len, struct footprint *ret)
{
	struct footprint footprint = { 0 };
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	struct err *err;

	if (!root)
		return err_hint(err_new("'%s' is neither an ELF file nor a footprint: line %d: %s", name, error.line,
					error.text),
				"a shell script that starts a program is not the program");
	err = err_wrap(read_footprint(root, &footprint), "footprint '%s'", name);
	json_decref(root);
	if (err)
		footprint_deinit(&footprint);
	else
		*ret = footprint;
	return err;
}
