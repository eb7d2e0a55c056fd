/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the objects of a footprint: in a target's manifest, by asking the loader, in the
 * map of a process. Runs no program that is measured, only its loader (ld.so --list).
 * Invariant: each file is counted once.
 */
#include "gen/footprint/footprint.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fs.h"
#include "lib/loaderlist.h"
#include "lib/manifest/manifest.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "lib/procpath.h"
#include "lib/progress.h"

#define LOADER_DEADLINE_NS 30000000000LL

static bool has_path(const struct footprint *footprint, const char *path)
{
	for (size_t i = 0; i < footprint->n_objects; i++)
		if (!strcmp(footprint->objects[i].path, path))
			return true;
	return false;
}

static enum footprint_kind kind_of_library(const struct elf_sizes *sizes)
{
	return sizes->is_module ? FOOTPRINT_MODULE : FOOTPRINT_UTILITY;
}

static struct err *add_library(struct footprint *footprint, const char *path, const char *debug_dir)
{
	struct elf_sizes sizes;
	struct err *err = elf_sizes_read(path, &sizes);

	if (err)
		return err;
	footprint_add_sizes(footprint, path, &sizes, kind_of_library(&sizes), debug_dir);
	elf_sizes_deinit(&sizes);
	return NULL;
}

/* --- a generated target ---------------------------------------------------------- */

static struct err *add_manifest(const struct manifest *manifest, const char *debug_dir, struct footprint *ret)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < manifest->n_libraries; i++) {
		const struct manifest_library *library = &manifest->libraries[i];
		_cleanup_free_ char *path = fs_join(manifest->target_dir, library->path);
		enum footprint_kind kind = library->kind == LIBRARY_MODULE ? FOOTPRINT_MODULE : FOOTPRINT_UTILITY;

		err = footprint_add(ret, path, kind, debug_dir);
	}
	for (size_t i = 0; !err && i < manifest->n_programs; i++) {
		const char *program = manifest->programs[i].path;
		_cleanup_free_ char *path = program ? fs_join(manifest->target_dir, program) : NULL;

		if (path && !has_path(ret, path))
			err = footprint_add(ret, path, FOOTPRINT_PROGRAM, debug_dir);
	}
	return err;
}

struct err *footprint_of_target(const char *dir, const char *debug_dir, struct footprint *ret)
{
	struct footprint footprint = { 0 };
	struct manifest manifest;
	struct err *err = manifest_read(dir, &manifest);

	if (err)
		return err;
	footprint.what = mem_printf("target '%s' in %s", manifest.name, dir);
	err = add_manifest(&manifest, debug_dir, &footprint);
	manifest_deinit(&manifest);
	if (err)
		footprint_deinit(&footprint);
	else
		*ret = footprint;
	return err;
}

/* --- an executable --------------------------------------------------------------- */

/* "\tlibm.so.6 => /lib/libm.so.6 (0x...)", "\t/lib64/ld-linux-x86-64.so.2 (0x...)",
 * "\tlinux-vdso.so.1 (0x...)", "\tlibx.so => not found" (glibc 2.36). */
static struct err *add_listed(char *line, const char *program, const char *debug_dir, struct footprint *ret)
{
	char *arrow = strstr(line, " => ");
	char *path = arrow ? arrow + 4 : line + strspn(line, " \t");
	char *end = loaderlist_address(path);

	if (arrow && !strncmp(path, "not found", 9)) {
		*arrow = '\0';
		return err_hint(err_new("the loader does not find '%s', which '%s' needs", line + strspn(line, " \t"),
					program),
				"set LD_LIBRARY_PATH as for running it");
	}
	if (!end)
		return NULL;
	*end = '\0';
	if (!strchr(path, '/')) /* the vDSO, which has no file */
		return NULL;
	if (*path != '/') { /* of a folder that LD_LIBRARY_PATH or the dependency names from here */
		_cleanup_free_ char *full = NULL;
		struct err *err = fs_realpath(path, &full);

		return err || has_path(ret, full) ? err : add_library(ret, full, debug_dir);
	}
	return has_path(ret, path) ? NULL : add_library(ret, path, debug_dir);
}

/* The loader lists and exits; the program's own code does not run (ld.so(8), --list). */
static struct err *add_needed(const char *loader, const char *path, const char *debug_dir, struct footprint *ret)
{
	const char *argv[] = { loader, "--list", path, NULL };
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	struct err *err = proc_run(argv, NULL, LOADER_DEADLINE_NS, &result);
	char *rest = NULL, *piece;

	if (err)
		return err_wrap(err, "cannot ask the loader of '%s' for its libraries", path);
	if (result.status)
		err = err_new("the loader '%s' cannot list the libraries of '%s'%s%s", loader, path,
			      result.err.len ? ": " : "", result.err.text);
	rest = result.out.text;
	while (!err && (piece = loaderlist_next(&rest)))
		err = add_listed(piece, path, debug_dir, ret);
	proc_result_deinit(&result);
	return err;
}

/* A library by itself has no interpreter: the one that we were started with lists it. */
static struct err *find_loader(const struct elf_sizes *sizes, char **ret)
{
	struct elf_sizes own;
	struct err *err;

	if (sizes->interpreter || sizes->is_program) {
		*ret = mem_strdup(sizes->interpreter);
		return NULL;
	}
	err = elf_sizes_read("/proc/self/exe", &own);
	if (err)
		return err;
	*ret = no_free_ptr(own.interpreter);
	elf_sizes_deinit(&own);
	return NULL;
}

static struct err *footprint_of_program(const char *path, const char *debug_dir, struct footprint *ret)
{
	struct footprint footprint = { 0 };
	_cleanup_free_ char *loader = NULL;
	_cleanup_free_ char *full = NULL;
	struct elf_sizes sizes;
	struct err *err = fs_realpath(path, &full);

	if (!err)
		err = elf_sizes_read(path, &sizes);
	if (err)
		return err;
	footprint.what = mem_printf("%s and what it links", path);
	footprint_add_sizes(&footprint, full, &sizes, sizes.is_program ? FOOTPRINT_PROGRAM : kind_of_library(&sizes),
			    debug_dir);
	err = find_loader(&sizes, &loader);
	elf_sizes_deinit(&sizes);
	if (!err && loader)
		err = add_needed(loader, full, debug_dir, &footprint);
	if (err)
		footprint_deinit(&footprint);
	else
		*ret = footprint;
	return err;
}

/* --- a process ------------------------------------------------------------------- */

struct mapping {
	char range[64]; /* "7f00-7f01": the name in map_files, which leads to deleted files too */
	char permissions[8];
	char *path;     /* inside the line */
	bool deleted;
};

/* False if the line maps no file with code. */
static bool parse_mapping(char *line, struct mapping *ret)
{
	unsigned long long inode;
	int at = 0;

	if (sscanf(line, "%63s %7s %*s %*s %llu %n", ret->range, ret->permissions, &inode, &at) < 3 || !at)
		return false;
	ret->path = line + at;
	if (!inode || *ret->path != '/' || !strchr(ret->permissions, 'x'))
		return false;
	ret->deleted = procpath_undelete(ret->path);
	return true;
}

/* A name that is there as it stands is taken so: it may have the escape's characters itself. */
static void newlines_put_back(pid_t pid, char *name)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/root%s", (int)pid, name);

	if (access(path, F_OK))
		procpath_unescape(name);
}

/* As the process sees the file: it may have another root, or the file may be gone. */
static char *mapped_file(pid_t pid, const struct mapping *mapping)
{
	char *path;

	newlines_put_back(pid, mapping->path);
	if (mapping->deleted)
		return mem_printf("/proc/%d/map_files/%s", (int)pid, mapping->range);
	path = mem_printf("/proc/%d/root%s", (int)pid, mapping->path);
	if (access(path, R_OK)) {
		free(path);
		path = mem_strdup(mapping->path);
	}
	return path;
}

static struct err *add_mapping(pid_t pid, const struct mapping *mapping, const char *program, const char *debug_dir,
			       struct footprint *ret)
{
	_cleanup_free_ char *file = mapped_file(pid, mapping);
	enum footprint_kind kind;
	struct elf_sizes sizes;
	struct err *err;

	if (has_path(ret, mapping->path))
		return NULL;
	err = elf_sizes_read(file, &sizes);
	if (err && !err_errnum(err)) {
		progress_warn("left out: %s", err_message(err));
		err_free(err);
		return NULL;
	}
	if (err)
		return err_wrap(err, "'%s', mapped by process %d", mapping->path, (int)pid);
	kind = program && !strcmp(mapping->path, program) ? FOOTPRINT_PROGRAM : kind_of_library(&sizes);
	footprint_add_sizes(ret, mapping->path, &sizes, kind, debug_dir);
	elf_sizes_deinit(&sizes);
	return NULL;
}

static char *process_program(pid_t pid)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return NULL;
	path[n] = '\0';
	procpath_undelete(path);
	return mem_strdup(path);
}

static struct err *read_maps(pid_t pid, struct strbuf *ret)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/maps", (int)pid);
	struct err *err = fs_read(path, ret);

	if (err && err_errnum(err) == ENOENT) {
		err_free(err);
		err = err_hint(err_new("there is no process %d", (int)pid), "a file of this name is ./%d", (int)pid);
	} else if (err && (err_errnum(err) == EACCES || err_errnum(err) == EPERM)) {
		err = err_hint(err, "only root and its own user may look into a process");
	}
	if (!err && !ret->len)
		err = err_new("process %d has no memory: a kernel thread, or about to end", (int)pid);
	return err;
}

struct err *footprint_of_process(pid_t pid, const char *debug_dir, struct footprint *ret)
{
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	_cleanup_free_ char *program = process_program(pid);
	struct footprint footprint = { 0 };
	struct err *err = read_maps(pid, &maps);
	struct mapping mapping;
	char *save = NULL;

	if (err)
		return err;
	footprint.what = mem_printf("process %d (%s)", (int)pid, program ? program : "unknown program");
	for (char *line = strtok_r(maps.text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		if (parse_mapping(line, &mapping))
			err = add_mapping(pid, &mapping, program, debug_dir, &footprint);
	if (err)
		footprint_deinit(&footprint);
	else
		*ret = footprint;
	return err;
}

/* --- any of them ----------------------------------------------------------------- */

static struct err *footprint_of_json(const char *path, struct footprint *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(path, &text);

	return err ? err : footprint_parse(path, text.text, text.len, ret);
}

static struct err *check_elf(const char *path, bool *ret)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char magic[4];

	if (!f)
		return err_errno(errno, "cannot open '%s'", path);
	*ret = fread(magic, 1, sizeof(magic), f) == sizeof(magic) && !memcmp(magic, "\177ELF", sizeof(magic));
	return NULL;
}

struct err *footprint_find(const char *argument, const char *debug_dir, struct footprint *ret)
{
	bool digits = *argument && !argument[strspn(argument, "0123456789")], is_elf = false;
	struct stat st;
	struct err *err;

	if (digits && strlen(argument) < 10)
		return footprint_of_process(atoi(argument), debug_dir, ret);
	if (stat(argument, &st) < 0)
		return err_hint(err_errno(errno, "cannot open '%s'", argument),
				"give a target's folder, a program's path, or the number of a process");
	if (S_ISDIR(st.st_mode))
		return footprint_of_target(argument, debug_dir, ret);
	err = check_elf(argument, &is_elf);
	if (err)
		return err;
	return is_elf ? footprint_of_program(argument, debug_dir, ret) : footprint_of_json(argument, ret);
}
