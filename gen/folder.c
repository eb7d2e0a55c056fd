/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Claims a target's folder and clears away what an older plan or a killed build left in it.
 * Only files whose names are ours are ever removed. Invariant: one generator at a time
 * (flock on the lock file, which also marks the folder as ours).
 */
#include "gen/folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "gen/debuginfo.h"
#include "gen/emit/build.h"
#include "gen/program.h"
#include "lib/fs.h"
#include "lib/manifest/manifest.h"
#include "lib/mem.h"

#define LOCK_NAME ".pynamic-gen.lock"

/* Folders with files of libraries; some are there only if the spec needs them. */
static const char *const folders[] = { "src", "obj", LIBRARY_DIR, LIBRARY_NOW_DIR, DWO_DIR, PROGRAM_SRC_DIR,
				       PROGRAM_OBJ_DIR };

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

struct err *folder_claim(const char *dir, int *ret_fd)
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

struct err *folder_remove_file(const char *dir, const char *name)
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
			struct err *err = folder_remove_file(path, entry->d_name);

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
			err = folder_remove_file(dir, entry->d_name);
	return err;
}

struct err *folder_prepare(const char *dir, const struct target_spec *spec, const struct plan *plan)
{
	struct err *err = folder_remove_file(dir, MANIFEST_NAME);

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
