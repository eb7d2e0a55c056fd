/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The manifest's one writer. Does not check that the libraries exist: its caller has
 * just built them. Invariant: what is published, manifest_parse has accepted.
 */
#include <string.h>

#include "lib/fs.h"
#include "lib/manifest_internal.h"
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
	json_object_set_new(object, "host", string_or_null(m->host));
	json_object_set_new(object, "plain", string_or_null(m->plain));
	json_object_set_new(object, "driver", string_or_null(m->driver));
	json_object_set_new(object, "module_list", string_or_null(m->module_list));
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

/* One line per field and per library: readable in an editor, and in a diff. */
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
	strbuf_puts(sb, "\"libraries\": [");
	for (size_t i = 0; i < manifest->n_libraries && ok; i++) {
		json_t *library = library_to_json(&manifest->libraries[i]);

		strbuf_puts(sb, i ? ",\n" : "\n");
		ok = put_json(sb, library);
		json_decref(library);
	}
	strbuf_puts(sb, "\n]\n}\n");
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
