/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The libraries of a run by path, with the breakpoints resolved in each. Knows no task
 * and no load bias. Invariant: a file's symbols are read at most once per set and its shares.
 */
#include "tool/library.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "elf/symstore.h"
#include "lib/fnv.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

#define BUCKETS 1024

struct library_set {
	const struct manifest *manifest;
	struct library_id *ids;   /* of the manifest's libraries, sorted */
	struct library_at *paths; /* of the same, sorted: asking the kernel for each would be within an event */
	size_t n_ids;
	char *const *breakpoints;
	size_t n_breakpoints;
	bool read_symbols, read_lines;
	struct symstore *store;   /* of the index; NULL: none */
	struct symcache *symbols;
	bool is_share;            /* ids and store are another set's, */
	bool is_apart;            /* but not the symbols */
	struct library *buckets[BUCKETS];
};

/* Which file it is, whatever path the loader came by. */
struct library_id {
	dev_t dev;
	ino_t ino;
	size_t index;
};

struct library_at {
	char *path;
	size_t index;
};

static int at_compare(const void *a, const void *b)
{
	const struct library_at *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int id_compare(const void *a, const void *b)
{
	const struct library_id *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

struct library_set *library_set_create(const struct manifest *manifest, char *const *breakpoints,
				       size_t n_breakpoints, bool read_symbols)
{
	struct library_set *set = mem_alloc(sizeof(*set));

	set->manifest = manifest;
	set->breakpoints = breakpoints;
	set->n_breakpoints = n_breakpoints;
	set->read_symbols = read_symbols;
	set->symbols = symcache_create();
	if (!manifest)
		return set;
	set->ids = mem_calloc(manifest->n_libraries + 1, sizeof(set->ids[0]));
	set->paths = mem_calloc(manifest->n_libraries + 1, sizeof(set->paths[0]));
	for (size_t i = 0; i < manifest->n_libraries; i++) {
		char *path = fs_join(manifest->target_dir, manifest->libraries[i].path);
		struct stat st;

		if (stat(path, &st)) {
			free(path);
			continue;
		}
		set->paths[set->n_ids] = (struct library_at){ path, i };
		set->ids[set->n_ids++] = (struct library_id){ st.st_dev, st.st_ino, i };
	}
	qsort(set->ids, set->n_ids, sizeof(set->ids[0]), id_compare);
	qsort(set->paths, set->n_ids, sizeof(set->paths[0]), at_compare);
	return set;
}

struct library_set *library_set_share(const struct library_set *of)
{
	struct library_set *set = mem_alloc(sizeof(*set));

	*set = *of;
	set->is_share = true;
	set->is_apart = false;
	memset(set->buckets, 0, sizeof(set->buckets));
	return set;
}

struct library_set *library_set_apart(const struct library_set *of)
{
	struct library_set *set = library_set_share(of);

	set->is_apart = true;
	set->symbols = symcache_create_stored(set->store);
	return set;
}

struct err *library_set_use_index(struct library_set *set, const char *folder)
{
	struct err *err = symstore_create(folder, &set->store);

	if (err)
		return err;
	symcache_destroy(set->symbols);
	set->symbols = symcache_create_stored(set->store);
	return NULL;
}

void library_set_read_lines(struct library_set *set)
{
	set->read_lines = true;
}

struct symwork library_set_work(const struct library_set *set)
{
	return symcache_work(set->symbols);
}

void library_set_destroy(struct library_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (set->buckets[i]) {
			struct library *library = set->buckets[i];

			set->buckets[i] = library->next;
			free(library->path);
			free(library->locations);
			free(library);
		}
	}
	if (!set->is_share || set->is_apart)
		symcache_destroy(set->symbols);
	if (!set->is_share) {
		symstore_destroy(set->store);
		for (size_t i = 0; i < set->n_ids; i++)
			free(set->paths[i].path);
		free(set->paths);
		free(set->ids);
	}
	free(set);
}

struct symcache *library_set_symbols(struct library_set *set)
{
	return set->symbols;
}

static int64_t target_index(const struct library_set *set, const char *path)
{
	const struct library_at at = { .path = (char *)path }, *same;
	struct library_id key = { 0 }, *found;
	struct stat st;

	if (!set->n_ids)
		return -1;
	same = bsearch(&at, set->paths, set->n_ids, sizeof(at), at_compare);
	if (same)
		return (int64_t)same->index;
	if (stat(path, &st))
		return -1;
	key.dev = st.st_dev;
	key.ino = st.st_ino;
	found = bsearch(&key, set->ids, set->n_ids, sizeof(key), id_compare);
	return found ? (int64_t)found->index : -1;
}

struct library *library_get(struct library_set *set, const char *path)
{
	struct library **bucket = &set->buckets[fnv_text(path) % BUCKETS], *library;

	for (library = *bucket; library; library = library->next)
		if (!strcmp(library->path, path))
			return library;
	library = mem_alloc(sizeof(*library));
	library->path = mem_strdup(path);
	library->trial_id = UINT32_MAX;
	library->target_index = target_index(set, path);
	library->next = *bucket;
	*bucket = library;
	return library;
}

struct symidx *library_symbols(struct library_set *set, struct library *library)
{
	struct err *err;

	if (library->symbols || library->unreadable || library->path[0] != '/')
		return library->symbols;
	err = symcache_get(set->symbols, library->path, &library->symbols);
	if (err) {
		library->unreadable = true;
		progress_warn("%s", err_message(err));
		err_free(err);
		return NULL;
	}
	symidx_extent(library->symbols, &library->low, &library->high);
	return library->symbols;
}

/* For the sake of the work: nobody asks for a line. */
static void read_lines(struct library_set *set, const struct library *library)
{
	struct err *err = symcache_lines(set->symbols, library->path);

	if (err)
		progress_warn("no lines are read: %s", err_message(err));
	err_free(err);
}

void library_resolve(struct library_set *set, struct library *library)
{
	size_t cap = 0;

	if (library->resolved || !set->read_symbols || !library_symbols(set, library))
		return;
	library->resolved = true;
	if (set->read_lines)
		read_lines(set, library);
	for (size_t i = 0; i < set->n_breakpoints; i++) {
		struct location location = { .breakpoint = (uint32_t)i };

		if (!symidx_find(library->symbols, set->breakpoints[i], &location.value))
			continue;
		mem_grow(library->locations, library->n_locations, cap);
		library->locations[library->n_locations++] = location;
	}
}
