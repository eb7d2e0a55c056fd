/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names to files to records. Reads the folder each time, so that what was copied there by
 * hand is seen like what was measured.
 *
 * Invariant: no file is ever changed or removed here.
 */
#include "report/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "lib/strbuf.h"

#define ENDING ".json"
#define TOLD_NAMES 10

void path_list_deinit(struct path_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->paths[i]);
	free(list->paths);
	memset(list, 0, sizeof(*list));
}

void run_list_deinit(struct run_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		run_deinit(&list->runs[i]);
	free(list->runs);
	free(list->variant);
	memset(list, 0, sizeof(*list));
}

/* Takes the path. */
static void add_path(struct path_list *list, char *path)
{
	mem_grow(list->paths, list->n, list->cap);
	list->paths[list->n++] = path;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_ending(const char *name)
{
	size_t len = strlen(name), ending = strlen(ENDING);

	return len > ending && name[0] != '.' && !strcmp(name + len - ending, ENDING);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

struct err *store_scan(const char *dir, struct path_list *ret)
{
	_cleanup_(path_list_deinit) struct path_list list = { 0 };
	_cleanup_closedir_ DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d)
		return err_hint(err_errno(errno, "cannot read results folder '%s'", dir),
				"choose another with --results; 'attachstorm run' makes records");
	while ((entry = readdir(d)))
		if (has_ending(entry->d_name))
			add_path(&list, fs_join(dir, entry->d_name));
	if (list.n)
		qsort(list.paths, list.n, sizeof(*list.paths), by_text);
	*ret = list;
	list = (struct path_list){ 0 };
	return NULL;
}

/* With or without the ending; a name that is whole wins over those that only begin so. */
static bool is_called(const char *path, const char *name, bool *whole)
{
	const char *base = fs_basename(path);
	size_t len = strlen(name);

	*whole = !strcmp(base, name) || (strlen(base) == len + strlen(ENDING) && !strncmp(base, name, len));
	return !strncmp(base, name, len);
}

static struct err *not_one(const char *dir, const char *name, const struct path_list *all,
			   const struct path_list *found)
{
	const struct path_list *told = found->n ? found : all;
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;

	for (size_t i = 0; i < told->n && i < TOLD_NAMES; i++) {
		const char *base = fs_basename(told->paths[i]);

		strbuf_printf(&names, "%s%.*s", i ? ", " : "", (int)(strlen(base) - strlen(ENDING)), base);
	}
	if (told->n > TOLD_NAMES)
		strbuf_printf(&names, " and %zu more", told->n - TOLD_NAMES);
	if (found->n)
		return err_hint(err_new("'%s' begins the names of %zu records in '%s'", name, found->n, dir),
				"they are %s", names.text);
	return err_hint(err_new("'%s' is neither a file nor a record in '%s'", name, dir), "%s%s",
			all->n ? "there are " : "there is none; 'attachstorm run' makes one", names.text);
}

/* The one written last; among those of one moment the last by name. NULL: there is none. */
static const char *latest_of(const struct path_list *all)
{
	const char *latest = NULL;
	struct timespec last = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		struct stat st;

		if (stat(all->paths[i], &st))
			continue;
		if (latest && (st.st_mtim.tv_sec < last.tv_sec ||
			       (st.st_mtim.tv_sec == last.tv_sec && st.st_mtim.tv_nsec < last.tv_nsec)))
			continue;
		latest = all->paths[i];
		last = st.st_mtim;
	}
	return latest;
}

static struct err *find_by_name(const char *dir, const char *name, struct path_list *ret)
{
	_cleanup_(path_list_deinit) struct path_list all = { 0 }, found = { 0 };
	struct err *err = store_scan(dir, &all);
	const char *latest;

	if (err)
		return err_wrap(err, "'%s' is no file", name);
	latest = strcmp(name, STORE_LATEST) ? NULL : latest_of(&all);
	if (latest) {
		add_path(ret, mem_strdup(latest));
		return NULL;
	}
	for (size_t i = 0; i < all.n; i++) {
		bool whole;

		if (!is_called(all.paths[i], name, &whole))
			continue;
		if (whole) {
			add_path(ret, mem_strdup(all.paths[i]));
			return NULL;
		}
		add_path(&found, mem_strdup(all.paths[i]));
	}
	if (found.n != 1)
		return not_one(dir, name, &all, &found);
	*ret = found;
	found = (struct path_list){ 0 };
	return NULL;
}

struct err *store_find(const char *dir, const char *what, struct path_list *ret)
{
	if (is_folder(what))
		return store_scan(what, ret);
	if (!fs_exists(what))
		return find_by_name(dir, what, ret);
	add_path(ret, mem_strdup(what));
	return NULL;
}

/* What stands behind '#', taken off; NULL: nothing. A file may have a '#' in its own name. */
static const char *split_variant(char *name)
{
	char *hash = fs_exists(name) ? NULL : strrchr(name, '#');

	if (!hash)
		return NULL;
	*hash = '\0';
	return hash + 1;
}

struct err *store_read_one(const char *dir, const char *what, struct run *ret)
{
	_cleanup_(path_list_deinit) struct path_list list = { 0 };
	_cleanup_free_ char *name = mem_strdup(what);
	const char *variant = split_variant(name);
	struct run run = { 0 };
	struct err *err;

	if (is_folder(what))
		return err_hint(err_new("'%s' is a folder", what), "name one of its records");
	err = store_find(dir, name, &list);
	if (!err)
		err = run_read(list.paths[0], &run);
	if (!err && variant && !run_keep_variant(&run, variant))
		err = err_hint(err_new("'%s' has no variant '%s'", name, variant), "its first is '%s'",
			       run.n_variants ? run.variants[0].name : "");
	if (err) {
		run_deinit(&run);
		return err;
	}
	*ret = run;
	return NULL;
}

static struct err *load_paths(const struct path_list *paths, const char *what, bool folder, struct run_list *list)
{
	for (size_t i = 0; i < paths->n; i++) {
		struct run run;
		struct err *err = run_read(paths->paths[i], &run);

		if (err && !folder)
			return err;
		if (err) {
			progress_warn("passed over: %s", err_message(err));
			err_free(err);
			continue;
		}
		mem_grow(list->runs, list->n, list->cap);
		list->runs[list->n++] = run;
	}
	return list->n ? NULL : err_new("folder '%s' has no record that can be read", what);
}

struct err *store_load(const char *dir, const char *what, struct run_list *ret)
{
	_cleanup_(path_list_deinit) struct path_list paths = { 0 };
	_cleanup_(run_list_deinit) struct run_list list = { 0 };
	_cleanup_free_ char *name = mem_strdup(what);
	const char *variant = split_variant(name);
	struct err *err;

	list.variant = variant ? mem_strdup(variant) : NULL;
	err = store_find(dir, name, &paths);
	if (!err)
		err = load_paths(&paths, name, is_folder(name), &list);
	if (err)
		return err;
	*ret = list;
	list = (struct run_list){ 0 };
	return NULL;
}
