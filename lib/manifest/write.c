/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The manifest's one writer. Does not check that the libraries exist: its caller has
 * just built them. Invariant: what is published, manifest_parse has accepted.
 */
#include <string.h>

#include "lib/fs.h"
#include "lib/manifest/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* Unchecked: text that is not UTF-8 is found when the value is printed. */
static json_t *string_or_null(const char *s)
{
	return s ? json_string_nocheck(s) : json_null();
}

static json_t *library_to_json(const struct manifest_library *library)
{
	json_t *object = json_object(), *calls = json_array(), *dependencies = json_array();

	for (size_t i = 0; i < library->n_functions; i++)
		json_array_append_new(calls, json_integer(library->calls[i]));
	for (size_t i = 0; i < library->n_dependencies; i++)
		json_array_append_new(dependencies, json_integer((json_int_t)library->dependencies[i]));
	json_object_set_new(object, "name", json_string_nocheck(library->name));
	json_object_set_new(object, "path", json_string_nocheck(library->path));
	json_object_set_new(object, "kind", json_string_nocheck(manifest_kind_names[library->kind]));
	json_object_set_new(object, "entry", string_or_null(library->entry));
	json_object_set_new(object, "visit_result", json_integer((json_int_t)library->visit_result));
	json_object_set_new(object, "cross", string_or_null(library->cross));
	json_object_set_new(object, "cross_calls", json_integer(library->cross_calls));
	json_object_set_new(object, "dependencies", dependencies);
	json_object_set_new(object, "function_pattern", json_string_nocheck(library->function_pattern));
	json_object_set_new(object, "functions", json_integer((json_int_t)library->n_functions));
	json_object_set_new(object, "calls", calls);
	return object;
}

static json_t *header_to_json(const struct manifest *m)
{
	json_t *object = json_object(), *expect = json_object();
	char seed[32];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)m->seed);
	json_object_set_new(object, "format", json_string_nocheck(MANIFEST_FORMAT));
	json_object_set_new(object, "version", json_integer(MANIFEST_VERSION));
	json_object_set_new(object, "name", json_string_nocheck(m->name));
	json_object_set_new(object, "generator", json_string_nocheck(m->generator));
	json_object_set_new(object, "seed", json_string_nocheck(seed));
	json_object_set(object, "spec", m->spec);
	json_object_set_new(object, "compiler", string_or_null(m->compiler));
	json_object_set_new(object, "compiler_version", string_or_null(m->compiler_version));
	json_object_set_new(object, "python", string_or_null(m->python));
	json_object_set_new(object, "python_version", string_or_null(m->python_version));
	json_object_set_new(object, "driver", string_or_null(m->driver));
	json_object_set_new(expect, "libraries", json_integer((json_int_t)m->expect_libraries));
	json_object_set_new(expect, "functions", json_integer((json_int_t)m->expect_functions));
	json_object_set_new(expect, "calls", json_integer((json_int_t)m->expect_calls));
	json_object_set_new(expect, "import_events", json_integer((json_int_t)m->expect_import_events));
	json_object_set_new(object, "expect", expect);
	json_object_set_new(object, "modules", json_integer((json_int_t)m->n_modules));
	return object;
}

/* Compact; a value that JSON cannot hold (text that is not UTF-8) gives false. */
static bool put_json(struct strbuf *sb, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text)
		strbuf_puts(sb, text);
	free(text);
	return text;
}

static json_t *program_to_json(const struct manifest_program *program)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string_nocheck(program->name));
	json_object_set_new(object, "path", string_or_null(program->path));
	json_object_set_new(object, "build", json_string_nocheck(manifest_build_names[program->build]));
	json_object_set_new(object, "driver", json_boolean(program->driver));
	json_object_set_new(object, "module_list", string_or_null(program->module_list));
	json_object_set_new(object, "library_dir", string_or_null(program->library_dir));
	json_object_set_new(object, "libraries", json_integer((json_int_t)program->libraries));
	json_object_set_new(object, "import_events", json_integer((json_int_t)program->import_events));
	return object;
}

/* A list of objects, one line each. */
static bool put_list(struct strbuf *sb, const char *key, json_t *(*item)(const void *array, size_t i),
		     const void *array, size_t n)
{
	bool ok = true;

	strbuf_printf(sb, "\"%s\": [", key);
	for (size_t i = 0; i < n && ok; i++) {
		json_t *object = item(array, i);

		strbuf_puts(sb, i ? ",\n" : "\n");
		ok = put_json(sb, object);
		json_decref(object);
	}
	strbuf_puts(sb, n ? "\n]" : "]");
	return ok;
}

static json_t *program_item(const void *array, size_t i)
{
	return program_to_json(&((const struct manifest_program *)array)[i]);
}

static json_t *library_item(const void *array, size_t i)
{
	return library_to_json(&((const struct manifest_library *)array)[i]);
}

/* One line per field, per program and per library: readable in an editor, and in a diff. */
static bool put_manifest(struct strbuf *sb, const struct manifest *manifest)
{
	json_t *header = header_to_json(manifest), *value;
	const char *key;
	bool ok = true;

	strbuf_puts(sb, "{\n");
	json_object_foreach (header, key, value) {
		strbuf_printf(sb, "\"%s\": ", key);
		ok = ok && put_json(sb, value);
		strbuf_puts(sb, ",\n");
	}
	json_decref(header);
	ok = ok && put_list(sb, "programs", program_item, manifest->programs, manifest->n_programs);
	strbuf_puts(sb, ",\n");
	ok = ok && put_list(sb, "libraries", library_item, manifest->libraries, manifest->n_libraries);
	strbuf_puts(sb, "\n}\n");
	return ok;
}

struct err *manifest_write(const struct manifest *manifest, const char *dir)
{
	_cleanup_free_ char *path = fs_join(dir, MANIFEST_NAME);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT, name = STRBUF_INIT;
	struct manifest check = { 0 };

	if (!put_manifest(&sb, manifest))
		return err_new("cannot write '%s': a name in it is not UTF-8 text", path);
	/* What could not be read again must not look finished. */
	struct err *err = manifest_parse(path, sb.text, sb.len, &check);
	if (err)
		return err;
	manifest_deinit(&check);
	return fs_publish(path, sb.text, sb.len);
}
