/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The libraries of a run by path, with the breakpoints resolved in each. Knows no task
 * and no load bias. Invariant: a file's symbols are read at most once per set and its shares.
 */
#include "tool/library.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/segment.h"
#include "elf/symabsent.h"
#include "elf/symstore.h"
#include "lib/fault.h"
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
	struct wanted *wanted;    /* their names */
	bool read_symbols, read_tables, read_lines;
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
	ino_t ino;
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
	set->wanted = wanted_create(breakpoints, n_breakpoints);
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
		set->paths[set->n_ids] = (struct library_at){ path, st.st_ino, i };
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

void library_set_read_tables(struct library_set *set)
{
	set->read_tables = true;
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
			free(library->mapped_path);
			free(library->unreadable);
			free(library->lack);
			for (size_t j = 0; j < library->n_locations; j++)
				free(library->locations[j].symbol);
			free(library->locations);
			free(library);
		}
	}
	if (!set->is_share || set->is_apart)
		symcache_destroy(set->symbols);
	if (!set->is_share) {
		symstore_destroy(set->store);
		wanted_destroy(set->wanted, set->n_breakpoints);
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

/* By the file that a task has mapped. Where a file system has other device numbers for its mappings, path and inode
 * tell; where nothing is known of the mapping, the path. */
static int64_t target_index(const struct library_set *set, const char *path, const struct mapping *mapping)
{
	const struct library_at at = { .path = (char *)path }, *same;
	struct library_id key = { .dev = mapping->dev, .ino = mapping->inode }, *found;
	struct stat st;

	if (!set->n_ids)
		return -1;
	if (mapping->tid) {
		found = bsearch(&key, set->ids, set->n_ids, sizeof(key), id_compare);
		if (found)
			return (int64_t)found->index;
	}
	same = bsearch(&at, set->paths, set->n_ids, sizeof(at), at_compare);
	if (same && (!mapping->tid || mapping->inode == same->ino))
		return (int64_t)same->index;
	if (mapping->tid || stat(path, &st))
		return -1;
	key.dev = st.st_dev;
	key.ino = st.st_ino;
	found = bsearch(&key, set->ids, set->n_ids, sizeof(key), id_compare);
	return found ? (int64_t)found->index : -1;
}

struct library *library_get_mapped(struct library_set *set, const char *path, const struct mapping *mapping,
				   const char *mapped_path)
{
	struct library **bucket = &set->buckets[fnv_text(path) % BUCKETS], *library;

	for (library = *bucket; library; library = library->next)
		if (!strcmp(library->path, path) && library->seen.dev == mapping->dev &&
		    library->seen.inode == mapping->inode)
			break;
	if (!library) {
		library = mem_alloc(sizeof(*library));
		library->path = mem_strdup(path);
		library->mapped_path = mapped_path ? mem_strdup(mapped_path) : NULL;
		library->trial_id = UINT32_MAX;
		library->target_index = target_index(set, path, mapping);
		library->next = *bucket;
		*bucket = library;
	}
	library->seen = *mapping;
	return library;
}

struct library *library_get(struct library_set *set, const char *path)
{
	return library_get_mapped(set, path, &(struct mapping){ 0 }, NULL);
}

struct library *library_of_link(struct library_set *set, struct mappings *mappings, const struct link *link,
				const char *exe)
{
	const char *name = link->name[0] ? link->name : exe;
	_cleanup_free_ char *path = NULL;
	struct mapping mapping = { .tid = mappings->tid };
	struct library *library;
	/* The path takes longer to ask for than the rest. */
	bool known = link->name[0] == '/';
	struct err *err = mappings_find(mappings, link->ld, &mapping, known ? NULL : &path);

	if (!err && !known && path)
		name = path;
	library = library_get_mapped(set, name, &mapping, path);
	if (!err && !library->mapped_path && mapping.inode) {
		err = path ? NULL : mappings_find(mappings, link->ld, &mapping, &path);
		library->mapped_path = path ? mem_strdup(path) : NULL;
	}
	err_free(err); /* without a file it is refused by name when its symbols are to be read */
	return library;
}

struct err *library_open(const struct library *library, int *fd_ret)
{
	if (library->seen.tid && !library->seen.inode)
		return err_new("'%s': pid %d has no file mapped where its loader has this library", library->path,
			       (int)library->seen.tid);
	if (library->seen.tid)
		return mapping_open(&library->seen, library->mapped_path, fd_ret);
	*fd_ret = FAULT_OR(FAULT_ELF, 0, open(library->path, O_RDONLY | O_CLOEXEC));
	return *fd_ret < 0 ? err_errno(errno, "cannot open '%s'", library->path) : NULL;
}

/* The vDSO has no file, and no folder in its name. */
static bool has_no_file(const struct library *library)
{
	return library->seen.tid ? !library->seen.inode && !strchr(library->path, '/') : library->path[0] != '/';
}

static void cannot_read(struct library *library, struct err *err)
{
	library->unreadable = mem_strdup(err_message(err));
	progress_warn("%s", library->unreadable);
	err_free(err);
}

/* Once more after each search, which may have been the first to read the symbol table. */
static void note_lack(struct library *library)
{
	if (!library->lack && symidx_lack(library->symbols))
		library->lack = mem_printf("'%s': %s", library->path, symidx_lack(library->symbols));
}

struct symidx *library_symbols(struct library_set *set, struct library *library)
{
	_cleanup_close_ int fd = -1;
	struct err *err;

	if (library->symbols || library->unreadable || has_no_file(library))
		return library->symbols;
	err = library_open(library, &fd);
	if (!err)
		err = symcache_get_of(set->symbols, fd, library->path, &library->symbols);
	if (err) {
		cannot_read(library, err);
		return NULL;
	}
	symidx_extent(library->symbols, &library->low, &library->high);
	if (set->read_tables)
		symidx_read(library->symbols);
	note_lack(library);
	return library->symbols;
}

/* For the sake of the work: nobody asks for a line. */
static void read_lines(struct library_set *set, const struct library *library, int fd)
{
	struct err *err = symcache_lines(set->symbols, fd, library->path);

	if (err)
		progress_warn("no lines are read: %s", err_message(err));
	err_free(err);
}

/* What the file has at its places, a breakpoint's all. */
static void add_locations(struct library_set *set, struct library *library, uint32_t breakpoint, int fd,
			  const struct symplaces *places)
{
	size_t base = strcspn(set->breakpoints[breakpoint], "@");

	for (size_t i = 0; i < places->n; i++) {
		const struct symplace *place = &places->v[i];
		struct location location = { .breakpoint = breakpoint,
					     .place = UINT32_MAX,
					     .value = place->value,
					     .is_resolver = place->is_resolver };

		location.symbol = mem_printf("%.*s%s%s", (int)base, set->breakpoints[breakpoint],
					     !place->version ? "" : place->is_default ? "@@" : "@",
					     place->version ? place->version : "");
		location.n_text = segment_text(fd, location.value, location.text, sizeof(location.text));
		mem_grow(library->locations, library->n_locations, library->cap_locations);
		library->locations[library->n_locations++] = location;
	}
}

/* Most libraries have none of them: that takes less to tell than where one is. */
static bool has_none(struct library_set *set, struct library *library)
{
	struct symwork work = { 0 };
	_cleanup_close_ int fd = -1;
	struct err *err = NULL;
	bool none;

	if (set->read_tables || set->read_lines || library->symbols || library->unreadable || has_no_file(library))
		return false;
	err = library_open(library, &fd);
	if (err) {
		cannot_read(library, err);
		return true;
	}
	none = symabsent(fd, set->wanted, set->n_breakpoints, &library->low, &library->high, &work);
	if (none)
		symcache_add_work(set->symbols, &work);
	return none;
}

/* Searched once, by the first task that has it. */
void library_resolve(struct library_set *set, struct library *library)
{
	_cleanup_close_ int fd = -1;
	struct err *err = NULL;

	if (library->resolved || !set->read_symbols)
		return;
	if (has_none(set, library)) {
		library->resolved = true;
		return;
	}
	if (!library_symbols(set, library))
		return;
	library->resolved = true;
	if (set->read_lines) {
		err = library_open(library, &fd);
		if (!err)
			read_lines(set, library, fd);
	}
	for (size_t i = 0; i < set->n_breakpoints && !err; i++) {
		_cleanup_(symplaces_deinit) struct symplaces places;

		symidx_places(library->symbols, set->breakpoints[i], &places);
		if (places.n && fd < 0)
			err = library_open(library, &fd);
		if (places.n && !err)
			add_locations(set, library, (uint32_t)i, fd, &places);
	}
	note_lack(library);
	if (err)
		cannot_read(library, err);
}

const char *library_unread(const struct library *library)
{
	return library->unreadable ? library->unreadable : library->lack;
}

size_t library_resolve_again(struct library_set *set, struct library *library)
{
	if (!library_symbols(set, library))
		return 0;
	for (size_t i = 0; library->resolved && i < set->n_breakpoints; i++) {
		_cleanup_(symplaces_deinit) struct symplaces places;

		symidx_places(library->symbols, set->breakpoints[i], &places);
	}
	library_resolve(set, library);
	return set->n_breakpoints;
}
