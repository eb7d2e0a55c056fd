/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes a target's folder and has it built. Only files whose names are ours are ever
 * removed. Invariant: one generator at a time (flock on the lock file, which also
 * marks the folder as ours), and a manifest only in a folder where all it names is built.
 */
#include "gen/target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "gen/asm.h"
#include "gen/build.h"
#include "gen/embed.h"
#include "gen/emit_build.h"
#include "gen/plan.h"
#include "gen/program.h"
#include "gen/sources.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

#define LOCK_NAME ".pynamic-gen.lock"

/* Folders with files of libraries; some are there only if the spec needs them. */
static const char *const folders[] = { "src", "obj", LIBRARY_DIR, LIBRARY_NOW_DIR, DWO_DIR, PROGRAM_SRC_DIR,
				       PROGRAM_OBJ_DIR };

/* --- the folder ------------------------------------------------------------------ */

static struct err *check_empty(const char *dir)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	const struct dirent *entry;

	if (!d)
		return err_errno(errno, "cannot open folder '%s'", dir);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return err_hint(err_new("folder '%s' is not empty and no target", dir),
					"choose another one by -o");
	return NULL;
}

/* The lock is released by the kernel when the descriptor is closed, however we end. */
static struct err *claim(const char *dir, int *ret_fd)
{
	_cleanup_free_ char *path = fs_join(dir, LOCK_NAME);
	_cleanup_close_ int fd = -1;
	struct err *err = fs_mkdirs(dir);

	if (err)
		return err;
	if (!fs_exists(path)) {
		err = check_empty(dir);
		if (err)
			return err;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno(errno, "cannot write to folder '%s'", dir);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_hint(err_new("another pynamic-gen works in '%s'", dir), "wait until it is done");
		return err_errno(errno, "cannot lock '%s'", path);
	}
	*ret_fd = no_close_fd(fd);
	return NULL;
}

static struct err *remove_file(const char *dir, const char *name)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(errno, "cannot remove '%s'", path);
	return NULL;
}

/* A module or utility by its file name, however it ends: "libmodule12.so.tmp" gives the
 * length of "libmodule12", other names 0. */
static size_t library_name_length(const char *name)
{
	static const char *const prefixes[] = { "libmodulebegin", "libmodulefinal", "libmodule", "libutility" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]), digits = 0;

		if (strncmp(name, prefixes[i], n))
			continue;
		while (isdigit((unsigned char)name[n + digits]))
			digits++;
		if ((digits > 0) == (i >= 2) && name[n + digits] == '.')
			return n + digits;
	}
	return 0;
}

static bool has_name(const struct plan_library *library, const char *name, size_t length)
{
	return strlen(library->name) == length && !strncmp(library->name, name, length);
}

static bool in_plan(const struct plan *plan, const char *name, size_t length)
{
	bool module = name[3] == 'm'; /* "libm..." or "libu..." */
	size_t at = module ? plan->first_module : plan->n_modules;
	size_t n = module ? plan->n_ordinary : plan->n_libraries - plan->n_modules;
	unsigned long index = strtoul(name + (module ? 9 : 10), NULL, 10);

	return (index < n && has_name(&plan->libraries[at + index], name, length)) ||
	       has_name(&plan->libraries[0], name, length) ||
	       has_name(&plan->libraries[plan->n_modules - 1], name, length);
}

static bool is_wanted(const struct target_spec *spec, const char *folder)
{
	if (!strcmp(folder, LIBRARY_NOW_DIR))
		return program_needs(spec).now;
	return strcmp(folder, DWO_DIR) || debuginfo_is_split(spec);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), n_suffix = strlen(suffix);

	return n > n_suffix && !strcmp(name + n - n_suffix, suffix);
}

/* Libraries of an older plan (all of them without a plan), and temporary files of a build
 * that was killed. */
static struct err *remove_stale(const char *dir, const char *folder, const struct plan *plan)
{
	_cleanup_free_ char *path = fs_join(dir, folder);
	_cleanup_closedir_ DIR *d = opendir(path);
	const struct dirent *entry;

	if (!d && errno == ENOENT)
		return NULL;
	if (!d)
		return err_errno(errno, "cannot open folder '%s'", path);
	while ((entry = readdir(d))) {
		size_t length = library_name_length(entry->d_name);
		bool whole = length && strchr(entry->d_name + length + 1, '.') == NULL;
		bool ours = length || (!strcmp(folder, DWO_DIR) && has_suffix(entry->d_name, ".dwo"));

		if (ours && !(plan && (!length || (whole && in_plan(plan, entry->d_name, length))))) {
			struct err *err = remove_file(path, entry->d_name);

			if (err)
				return err;
		}
	}
	return NULL;
}

/* A program that the spec does not have, and whatever a killed link of any left beside it
 * ("host.tmp", "linked.rsp"). */
static bool is_stale_program(const struct target_spec *spec, const char *name)
{
	for (enum program i = 0; i < PROGRAM_N; i++) {
		size_t n = strlen(program_names[i]);

		if (program_kinds[i].found || strncmp(name, program_names[i], n))
			continue;
		if (!name[n])
			return !spec_has_program(spec, i);
		if (!strncmp(name + n, ".tmp", 4) || !strcmp(name + n, ".rsp"))
			return true;
	}
	return false;
}

static struct err *remove_stale_programs(const char *dir, const struct target_spec *spec)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	const struct dirent *entry;
	struct err *err = NULL;

	if (!d)
		return err_errno(errno, "cannot open folder '%s'", dir);
	while (!err && (entry = readdir(d)))
		if (is_stale_program(spec, entry->d_name))
			err = remove_file(dir, entry->d_name);
	return err;
}

static struct err *prepare_folder(const char *dir, const struct target_spec *spec, const struct plan *plan)
{
	struct err *err = remove_file(dir, MANIFEST_NAME);

	for (size_t i = 0; !err && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = fs_join(dir, folders[i]);
		bool wanted = is_wanted(spec, folders[i]);

		err = wanted ? fs_mkdirs(path) : NULL;
		if (!err)
			err = remove_stale(dir, folders[i], wanted ? plan : NULL);
	}
	if (!err)
		err = remove_stale_programs(dir, spec);
	return err;
}

/* --- its files ------------------------------------------------------------------- */

static struct err *publish(const char *dir, const char *name, const struct strbuf *text)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	return fs_publish_if_changed(path, text->text, text->len);
}

static char *embed_name(const struct embed_file *file)
{
	return file->use == EMBED_DRIVER ? mem_strdup(file->name) : fs_join(PROGRAM_SRC_DIR, file->name);
}

static struct err *write_embedded(const char *dir)
{
	for (size_t i = 0; i < embed_n_files; i++) {
		const struct embed_file *file = &embed_files[i];
		_cleanup_free_ char *name = embed_name(file);
		_cleanup_free_ char *path = fs_join(dir, name);
		struct err *err = fs_publish_if_changed(path, file->bytes, file->end - file->bytes);

		if (err)
			return err;
	}
	return NULL;
}

/* The module list of programs that load from this folder; it goes if there are none. */
static struct err *write_module_list(const char *dir, const char *name, const char *library_dir, bool wanted,
				     const struct plan *plan)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!wanted)
		return remove_file(dir, name);
	emit_module_list(plan, library_dir, &text);
	return publish(dir, name, &text);
}

/* What tells make that something is to be linked again though none of its parts changed. */
static struct err *write_link_lists(const char *dir, const struct plan *plan)
{
	_cleanup_strbuf_ struct strbuf all = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = NULL;

	for (size_t i = 0; !err && i < plan->n_libraries; i++) {
		_cleanup_free_ char *name = mem_printf("src/%s." NEEDED_SUFFIX, plan->libraries[i].name);

		strbuf_clear(&text);
		emit_needed(plan, &plan->libraries[i], &text);
		err = publish(dir, name, &text);
		strbuf_printf(&all, "%s\n", plan->libraries[i].name);
	}
	return err ? err : publish(dir, LIBRARY_LIST, &all);
}

static struct err *write_for_static(const char *dir, const struct plan *plan)
{
	static const char exports[] = "{ Py*; _Py*; pynamic_phase; };\n";
	_cleanup_strbuf_ struct strbuf table = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	struct err *err;

	emit_static_table(plan, &table);
	strbuf_puts(&list, exports);
	err = publish(dir, PROGRAM_SRC_DIR "/" STATIC_TABLE, &table);
	return err ? err : publish(dir, EXPORT_LIST, &list);
}

static struct err *write_rest(const char *dir, const struct target_spec *spec, const struct plan *plan,
			      const struct toolchain *toolchain)
{
	_cleanup_strbuf_ struct strbuf makefile = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf flags = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf yaml = STRBUF_INIT;
	_cleanup_free_ char *resolved = conf_to_yaml(&spec_table, spec);
	struct program_needs needs = program_needs(spec);
	struct err *err;

	emit_makefile(plan, spec, &makefile);
	emit_flags(spec, toolchain, &flags);
	strbuf_puts(&yaml, resolved);
	err = publish(dir, "flags.mk", &flags);
	if (!err)
		err = publish(dir, "Makefile", &makefile);
	if (!err)
		err = write_module_list(dir, MODULE_LIST, LIBRARY_DIR, true, plan);
	if (!err)
		err = write_module_list(dir, MODULE_LIST_NOW, LIBRARY_NOW_DIR, needs.now, plan);
	if (!err)
		err = write_link_lists(dir, plan);
	if (!err && needs.static_table)
		err = write_for_static(dir, plan);
	if (!err)
		err = publish(dir, "spec.yaml", &yaml);
	return err;
}

/* --- whole ----------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool same_embedded(const char *dir)
{
	for (size_t i = 0; i < embed_n_files; i++) {
		const struct embed_file *file = &embed_files[i];
		_cleanup_strbuf_ struct strbuf have = STRBUF_INIT;
		_cleanup_free_ char *name = embed_name(file);
		_cleanup_free_ char *path = fs_join(dir, name);
		_cleanup_err_ struct err *err = fs_read(path, &have);

		if (err || have.len != (size_t)(file->end - file->bytes) || memcmp(have.text, file->bytes, have.len))
			return false;
	}
	return true;
}

/* Finished, and with just this spec and these tools. */
static bool is_done(const char *dir, const struct target_spec *spec, const struct toolchain *toolchain)
{
	_cleanup_err_ struct err *err = NULL;
	struct manifest manifest;
	json_t *want;
	bool done;

	err = manifest_read(dir, &manifest);
	if (err)
		return false;
	err = manifest_check_files(&manifest);
	want = conf_to_json(&spec_table, spec);
	done = !err && json_equal(want, manifest.spec) &&
	       same_text(manifest.generator, GENERATOR) &&
	       same_text(manifest.compiler_version, toolchain->compiler_version) &&
	       same_text(manifest.python_version, toolchain->python_version) && same_embedded(dir);
	json_decref(want);
	manifest_deinit(&manifest);
	return done;
}

static struct err *write_manifest(const char *dir, const struct target_spec *spec, const struct plan *plan,
				  const struct toolchain *toolchain)
{
	struct manifest manifest;
	struct err *err;

	emit_manifest(plan, spec, toolchain, &manifest);
	err = manifest_write(&manifest, dir);
	manifest_deinit(&manifest);
	return err;
}

static struct err *make_planned(const struct target_spec *spec, const struct target_opts *opts,
				const struct toolchain *toolchain)
{
	struct emit_places *places = NULL;
	struct plan plan;
	struct err *err;

	plan_make(spec, &plan);
	err = prepare_folder(opts->dir, spec, &plan);
	if (!err)
		err = sources_write(opts->dir, spec, &plan, opts->jobs, &places);
	if (!err)
		err = write_embedded(opts->dir);
	if (!err)
		err = write_rest(opts->dir, spec, &plan, toolchain);
	if (!err && !opts->sources_only && spec->codegen == CODEGEN_ASM)
		err = asm_make_objects(opts->dir, spec, &plan, toolchain, opts->jobs, places);
	if (!err && !opts->sources_only)
		err = build_run(opts->dir, opts->jobs, emit_n_built(&plan, spec));
	if (!err && !opts->sources_only)
		err = write_manifest(opts->dir, spec, &plan, toolchain);
	sources_places_free(places, plan.n_libraries);
	plan_deinit(&plan);
	return err;
}

struct err *target_make(const struct target_spec *spec, const struct target_opts *opts, bool *ret_was_done)
{
	_cleanup_close_ int lock = -1;
	struct toolchain toolchain;
	bool done;
	struct err *err = toolchain_find(spec, &toolchain);

	if (err)
		return err;
	err = claim(opts->dir, &lock);
	done = !err && is_done(opts->dir, spec, &toolchain);
	if (!err && !done)
		err = make_planned(spec, opts, &toolchain);
	toolchain_deinit(&toolchain);
	if (!err)
		*ret_was_done = done;
	return err;
}
