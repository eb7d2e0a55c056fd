/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The manifest's one reader, with program.c; the writer is write.c. Reads nothing but
 * manifest.json; what the libraries themselves hold is checked by those who open them.
 * Invariant: a manifest that was read has every index in range and every array as
 * long as its count says, so that its users check nothing again.
 */
#include "lib/manifest/manifest.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fs.h"
#include "lib/json/field.h"
#include "lib/manifest/internal.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

static void library_deinit(struct manifest_library *library)
{
	free(library->name);
	free(library->path);
	free(library->entry);
	free(library->function_pattern);
	free(library->calls);
	free(library->cross);
	free(library->dependencies);
}

const char *const manifest_kind_names[] = { "module", "utility", NULL };
static struct err *check_symbol(const struct json_field *f, const char *name)
{
	static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.$";

	if (name && (!*name || name[strspn(name, rest)]))
		return json_field_error(f, "must be the name of a function");
	return NULL;
}

static struct err *check_pattern(const struct json_field *f, const char *pattern)
{
	const char *place = strstr(pattern, "{}");

	if (!place || strstr(place + 2, "{}"))
		return json_field_error(f, "must have exactly one {}");
	_cleanup_free_ char *name = mem_printf("%.*s%s", (int)(place - pattern), pattern, place + 2);
	return *name ? check_symbol(f, name) : NULL;
}

static struct err *read_calls(const struct json_field *f, size_t n, uint32_t **ret)
{
	const json_t *array = json_object_get(f->object, f->key);

	if (!json_is_array(array) || json_array_size(array) != n)
		return json_field_error(f, "must be a list of as many numbers as there are functions");
	_cleanup_free_ uint32_t *calls = mem_calloc(n, sizeof(*calls));
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(array, i);
		json_int_t number = json_integer_value(value);

		if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
			return json_field_error(f, "may only hold numbers of calls");
		calls[i] = (uint32_t)number;
	}
	*ret = no_free_ptr(calls);
	return NULL;
}

static struct err *read_dependencies(const struct json_field *f, size_t self, size_t n_libraries,
				     size_t **ret, size_t *ret_n)
{
	const json_t *array = json_object_get(f->object, f->key);

	if (!json_is_array(array))
		return json_field_error(f, "must be a list of indices of libraries");
	size_t n = json_array_size(array);
	if (n >= n_libraries)
		return json_field_error(f, "is longer than the list of libraries");
	_cleanup_free_ size_t *dependencies = mem_calloc(n, sizeof(*dependencies));
	_cleanup_free_ bool *seen = mem_calloc(n_libraries, sizeof(*seen));
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(array, i);
		json_int_t index = json_integer_value(value);

		if (!json_is_integer(value) || index < 0 || (size_t)index >= n_libraries)
			return json_field_error(f, "names a library that is not there");
		if ((size_t)index == self || seen[index])
			return json_field_error(f, (size_t)index == self ? "names the library itself"
									 : "names a library twice");
		seen[index] = true;
		dependencies[i] = (size_t)index;
	}
	*ret = no_free_ptr(dependencies);
	*ret_n = n;
	return NULL;
}

static struct err *read_library(const json_t *object, size_t self, size_t n_libraries,
				struct manifest_library *library)
{
	_cleanup_free_ char *where = mem_printf("library %zu", self);
	_cleanup_free_ char *kind = NULL;
	uint64_t n, cross_calls;

	if (!json_is_object(object))
		return err_new("%s is not an object", where);
	TRY(json_field_string(FIELD("name"), true, &library->name));
	if (!*library->name || strchr(library->name, '/'))
		return json_field_error(FIELD("name"), "must be a name without '/'");
	TRY(manifest_read_path(FIELD("path"), true, &library->path));
	TRY(json_field_string(FIELD("kind"), true, &kind));
	if (strcmp(kind, manifest_kind_names[LIBRARY_MODULE]) != 0 &&
	    strcmp(kind, manifest_kind_names[LIBRARY_UTILITY]) != 0)
		return json_field_error(FIELD("kind"), "must be module or utility");
	library->kind =
		strcmp(kind, manifest_kind_names[LIBRARY_MODULE]) == 0 ? LIBRARY_MODULE : LIBRARY_UTILITY;
	TRY(json_field_string(FIELD("entry"), library->kind == LIBRARY_MODULE, &library->entry));
	TRY(check_symbol(FIELD("entry"), library->entry));
	if (library->entry && library->kind == LIBRARY_UTILITY)
		return json_field_error(FIELD("entry"), "has no use in a utility");
	TRY(json_field_count(FIELD("visit_result"), INT64_MAX, &library->visit_result));
	TRY(json_field_string(FIELD("cross"), false, &library->cross));
	TRY(check_symbol(FIELD("cross"), library->cross));
	TRY(json_field_count(FIELD("cross_calls"), UINT32_MAX, &cross_calls));
	if (cross_calls && !library->cross)
		return json_field_error(FIELD("cross_calls"), "counts the calls of no function");
	library->cross_calls = (uint32_t)cross_calls;
	TRY(read_dependencies(FIELD("dependencies"), self, n_libraries, &library->dependencies,
			      &library->n_dependencies));
	TRY(json_field_string(FIELD("function_pattern"), true, &library->function_pattern));
	TRY(check_pattern(FIELD("function_pattern"), library->function_pattern));
	TRY(json_field_count(FIELD("functions"), UINT32_MAX, &n));
	TRY(read_calls(FIELD("calls"), n, &library->calls));
	library->n_functions = n;
	return NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct err *check_names_differ(const struct manifest *m)
{
	_cleanup_free_ char **names = mem_calloc(m->n_libraries, sizeof(*names));

	for (size_t i = 0; i < m->n_libraries; i++)
		names[i] = m->libraries[i].name;
	qsort(names, m->n_libraries, sizeof(*names), compare_names);
	for (size_t i = 1; i < m->n_libraries; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return err_new("two libraries are named '%s'", names[i]);
	return NULL;
}

static struct err *read_libraries(const json_t *array, struct manifest *m)
{
	if (!json_is_array(array))
		return err_new("'libraries' must be a list");
	size_t n = json_array_size(array), n_modules = 0;
	m->libraries = mem_calloc(n, sizeof(*m->libraries));
	m->n_libraries = n;
	for (size_t i = 0; i < n; i++) {
		TRY(read_library(json_array_get(array, i), i, n, &m->libraries[i]));
		n_modules += m->libraries[i].kind == LIBRARY_MODULE;
	}
	if (n_modules != m->n_modules)
		return err_new("'modules' says %zu, but the list of libraries has %zu", m->n_modules,
			       n_modules);
	return check_names_differ(m);
}

static struct err *read_programs(const json_t *array, struct manifest *m)
{
	if (!json_is_array(array))
		return err_new("'programs' must be a list");
	size_t n = json_array_size(array);
	m->programs = mem_calloc(n, sizeof(*m->programs));
	for (size_t i = 0; i < n; i++) {
		m->n_programs = i + 1;
		TRY(manifest_read_program(json_array_get(array, i), i, m, &m->programs[i]));
	}
	return NULL;
}

static struct err *read_expectations(const json_t *object, struct manifest *m)
{
	const char *where = "expect";

	if (!json_is_object(object))
		return err_new("'expect' must be an object");
	TRY(json_field_count(FIELD("libraries"), m->n_libraries, &m->expect_libraries));
	TRY(json_field_count(FIELD("functions"), INT64_MAX, &m->expect_functions));
	TRY(json_field_count(FIELD("calls"), INT64_MAX, &m->expect_calls));
	return json_field_count(FIELD("import_events"), m->n_modules, &m->expect_import_events);
}

static struct err *read_fields(const json_t *object, struct manifest *m)
{
	_cleanup_free_ char *format = NULL, *seed = NULL;
	const char *where = NULL;
	uint64_t n_modules;
	char *end;

	TRY(json_field_string(FIELD("format"), true, &format));
	if (strcmp(format, MANIFEST_FORMAT) != 0)
		return json_field_error(FIELD("format"), "is not " MANIFEST_FORMAT);
	if (!json_is_integer(json_object_get(object, "version")))
		return json_field_error(FIELD("version"), "must be a whole number");
	TRY(json_field_string(FIELD("name"), true, &m->name));
	TRY(json_field_string(FIELD("generator"), true, &m->generator));
	TRY(json_field_string(FIELD("seed"), true, &seed));
	errno = 0;
	m->seed = strtoull(seed, &end, 10);
	if (errno || *end || *seed < '0' || *seed > '9')
		return json_field_error(FIELD("seed"), "must be a 64-bit number, as text");
	m->spec = json_incref(json_object_get(object, "spec"));
	if (!json_is_object(m->spec))
		return json_field_error(FIELD("spec"), "must be an object");
	TRY(json_field_string(FIELD("compiler"), false, &m->compiler));
	TRY(json_field_string(FIELD("compiler_version"), false, &m->compiler_version));
	TRY(json_field_string(FIELD("python"), false, &m->python));
	TRY(json_field_string(FIELD("python_version"), false, &m->python_version));
	TRY(manifest_read_path(FIELD("driver"), true, &m->driver));
	TRY(json_field_count(FIELD("modules"), UINT32_MAX, &n_modules));
	m->n_modules = n_modules;
	TRY(read_libraries(json_object_get(object, "libraries"), m));
	TRY(read_programs(json_object_get(object, "programs"), m));
	return read_expectations(json_object_get(object, "expect"), m);
}

/* Another version may have any other field in any other form, so this is looked at first. */
static struct err *check_version(const json_t *root, const char *name)
{
	const json_t *field = json_object_get(root, "version");
	long long version = json_integer_value(field);

	if (!json_is_integer(field) || version == MANIFEST_VERSION)
		return NULL;
	if (version > MANIFEST_VERSION)
		return err_hint(err_new("'%s': manifest version %lld is newer than this program knows (%d)", name,
					version, MANIFEST_VERSION),
				"use the attachstorm that came with the pynamic-gen which built the target, "
				"or build it again");
	return err_hint(err_new("'%s': manifest version %lld is older than this program reads (%d)", name, version,
				MANIFEST_VERSION),
			"run 'pynamic-gen' again on this target folder");
}

struct err *manifest_parse(const char *name, const char *text, size_t len, struct manifest *ret)
{
	struct manifest manifest = { 0 };
	json_error_t json_error;

	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json_error);
	struct err *err = check_version(root, name);
	if (err) {
		json_decref(root);
		return err;
	}
	if (!root)
		err = err_new("line %d: %s", json_error.line, json_error.text);
	else if (!json_is_object(root))
		err = err_new("it is not a JSON object");
	else
		err = read_fields(root, &manifest);
	json_decref(root);
	if (err) {
		manifest_deinit(&manifest);
		err = err_wrap(err, "'%s' is not a finished manifest", name);
		return err_hint(err, "run 'pynamic-gen' again on this target folder");
	}
	*ret = manifest;
	return NULL;
}

struct err *manifest_read(const char *dir, struct manifest *ret)
{
	_cleanup_free_ char *path = fs_join(dir, MANIFEST_NAME);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	_cleanup_free_ char *target_dir = NULL;
	struct stat st;

	if (stat(dir, &st) < 0)
		return err_hint(err_errno(errno, "no target '%s'", dir),
				"build it: pynamic-gen SPEC.yaml -o %s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_new("target '%s' is not a folder", dir);
	if (!fs_exists(path))
		return err_hint(err_new("target '%s' is not built: it has no " MANIFEST_NAME, dir),
				"build it: pynamic-gen SPEC.yaml -o %s", dir);
	TRY(fs_realpath(dir, &target_dir));
	TRY(fs_read(path, &sb));
	TRY(manifest_parse(path, sb.text, sb.len, ret));
	ret->target_dir = no_free_ptr(target_dir);
	return NULL;
}

static struct err *check_file(const struct manifest *manifest, const char *relative)
{
	struct stat st;

	if (!relative)
		return NULL;
	_cleanup_free_ char *path = fs_join(manifest->target_dir, relative);
	struct err *err = NULL;
	if (stat(path, &st) < 0)
		err = err_errno(errno, "target file '%s'", path);
	else if (!S_ISREG(st.st_mode) || st.st_size == 0)
		err = err_new("target file '%s' is %s", path, S_ISREG(st.st_mode) ? "empty" : "not a file");
	return err_hint(err, "run 'pynamic-gen' again on this target folder");
}

struct err *manifest_check_files(const struct manifest *manifest)
{
	TRY(check_file(manifest, manifest->driver));
	for (size_t i = 0; i < manifest->n_libraries; i++)
		TRY(check_file(manifest, manifest->libraries[i].path));
	for (size_t i = 0; i < manifest->n_programs; i++) {
		const struct manifest_program *program = &manifest->programs[i];

		TRY(check_file(manifest, program->path));
		TRY(check_file(manifest, program->module_list));
		for (size_t j = 0; program->library_dir && j < manifest->n_libraries; j++) {
			_cleanup_free_ char *path = manifest_library_path(program, &manifest->libraries[j]);

			TRY(check_file(manifest, path));
		}
	}
	return NULL;
}

char *manifest_function_name(const struct manifest_library *library, size_t i)
{
	const char *place = strstr(library->function_pattern, "{}");

	assert(i < library->n_functions && place);
	return mem_printf("%.*s%zu%s", (int)(place - library->function_pattern), library->function_pattern, i,
			  place + 2);
}

void manifest_deinit(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->n_libraries; i++)
		library_deinit(&manifest->libraries[i]);
	free(manifest->libraries);
	for (size_t i = 0; i < manifest->n_programs; i++)
		manifest_program_deinit(&manifest->programs[i]);
	free(manifest->programs);
	free(manifest->target_dir);
	free(manifest->name);
	free(manifest->generator);
	json_decref(manifest->spec);
	free(manifest->compiler);
	free(manifest->compiler_version);
	free(manifest->python);
	free(manifest->python_version);
	free(manifest->driver);
	*manifest = (struct manifest){ 0 };
}
