/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The programs of a manifest: their names, how one is read, which libraries it loads.
 * Checks no file. Invariant: two programs of a manifest never have the same name, so
 * that a name finds one.
 */
#include <string.h>

#include "lib/fs.h"
#include "lib/manifest/internal.h"
#include "lib/mem.h"

const char *const manifest_build_names[] = { "vanilla", "linked", "static", NULL };

const char *const program_names[PROGRAM_N + 1] = { PROGRAMS(ROW_NAME) };

/* A path inside the target folder: what is opened must not depend on who wrote the file. */
static struct err *check_path(const struct json_field *f, const char *path)
{
	if (!path)
		return NULL;
	if (*path == '/' || !*path || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
	    strstr(path, "/../") || (strlen(path) > 3 && strcmp(path + strlen(path) - 3, "/..") == 0))
		return json_field_error(f, "must be a path inside the target folder");
	return NULL;
}

struct err *manifest_read_path(const struct json_field *f, bool required, char **ret)
{
	TRY(json_field_string(f, required, ret));
	return check_path(f, *ret);
}

struct err *manifest_read_program(const json_t *object, size_t self, const struct manifest *m,
				  struct manifest_program *program)
{
	_cleanup_free_ char *where = mem_printf("program %zu", self);
	_cleanup_free_ char *build = NULL;
	int index;

	if (!json_is_object(object))
		return err_new("%s is not an object", where);
	TRY(json_field_string(FIELD("name"), true, &program->name));
	if (!*program->name)
		return json_field_error(FIELD("name"), "is empty");
	if (manifest_program(m, program->name) != program)
		return json_field_error(FIELD("name"), "is another program's too");
	TRY(manifest_read_path(FIELD("path"), false, &program->path));
	if (!program->path && !m->python)
		return json_field_error(FIELD("path"), "is the interpreter, but 'python' names none");
	TRY(json_field_string(FIELD("build"), true, &build));
	for (index = 0; manifest_build_names[index] && strcmp(manifest_build_names[index], build) != 0;)
		index++;
	if (!manifest_build_names[index])
		return json_field_error(FIELD("build"), "must be vanilla, linked or static");
	program->build = index;
	if (!json_is_boolean(json_object_get(object, "driver")))
		return json_field_error(FIELD("driver"), "must be true or false");
	program->driver = json_is_true(json_object_get(object, "driver"));
	TRY(manifest_read_path(FIELD("module_list"), true, &program->module_list));
	TRY(manifest_read_path(FIELD("library_dir"), program->build != BUILD_STATIC, &program->library_dir));
	TRY(json_field_count(FIELD("libraries"), m->n_libraries, &program->libraries));
	return json_field_count(FIELD("import_events"), m->n_modules, &program->import_events);
}

void manifest_program_deinit(struct manifest_program *program)
{
	free(program->name);
	free(program->path);
	free(program->module_list);
	free(program->library_dir);
}

char *manifest_library_path(const struct manifest_program *program, const struct manifest_library *library)
{
	return fs_join(program->library_dir, fs_basename(library->path));
}

const struct manifest_program *manifest_program(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->n_programs; i++)
		if (strcmp(manifest->programs[i].name, name) == 0)
			return &manifest->programs[i];
	return NULL;
}

void manifest_select_program(struct manifest *manifest, const struct manifest_program *program)
{
	for (size_t i = 0; program->library_dir && i < manifest->n_libraries; i++) {
		char *path = manifest_library_path(program, &manifest->libraries[i]);

		free(manifest->libraries[i].path);
		manifest->libraries[i].path = path;
	}
}
