/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes a target's files and has it built. Invariant: a manifest is only in a folder where
 * all that it names is built.
 */
#include "gen/target.h"

#include <string.h>

#include "gen/asm/asm.h"
#include "gen/build.h"
#include "gen/emit/embed.h"
#include "gen/emit/build.h"
#include "gen/folder.h"
#include "gen/plan/plan.h"
#include "gen/program.h"
#include "gen/emit/sources.h"
#include "lib/fs.h"
#include "lib/mem.h"

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
		return folder_remove_file(dir, name);
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
	err = folder_prepare(opts->dir, spec, &plan);
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
	err = folder_claim(opts->dir, &lock);
	done = !err && is_done(opts->dir, spec, &toolchain);
	if (!err && !done)
		err = make_planned(spec, opts, &toolchain);
	toolchain_deinit(&toolchain);
	if (!err)
		*ret_was_done = done;
	return err;
}
