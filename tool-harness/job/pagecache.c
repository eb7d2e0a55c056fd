/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evicts files from the page cache, loads them, and counts what is resident. Knows
 * nothing of targets: it is given paths.
 *
 * Invariant: counting never brings a page in; a mapping for mincore(2) is not touched.
 */
#include "job/pagecache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define DROP_CACHES "/proc/sys/vm/drop_caches"
#define READ_BYTES (1 << 20)
#define FEW_PAGES 2 /* of a file that somebody reads a header of */

/* cachestat(2), Linux 6.5: not in Debian 12's headers. Its number is the same everywhere but on alpha. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

struct cachestat_range {
	uint64_t off, len; /* a length of 0: to the end */
};

struct cachestat {
	uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

static int path_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct err *add_tree(struct file_set *set, const char *path, bool named);

static struct err *add_folder(struct file_set *set, const char *path)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return err_errno(errno, "cannot read folder '%s'", path);
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *child = NULL;
		struct err *err;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		child = fs_join(path, entry->d_name);
		err = add_tree(set, child, false);
		if (err)
			return err;
	}
	return NULL;
}

/* A path that was named may be a link; one that was found below a folder is not followed. */
static struct err *add_tree(struct file_set *set, const char *path, bool named)
{
	struct stat st;

	if (named ? stat(path, &st) : lstat(path, &st))
		return err_errno(errno, "cannot look at '%s'", path);
	if (S_ISDIR(st.st_mode))
		return add_folder(set, path);
	if (S_ISREG(st.st_mode)) {
		mem_grow(set->paths, set->n, set->cap);
		set->paths[set->n++] = mem_strdup(path);
	} else if (named) {
		return err_new("'%s' is neither a file nor a folder", path);
	}
	return NULL;
}

struct err *file_set_add(struct file_set *set, const char *path)
{
	_cleanup_free_ char *real = NULL;
	struct err *err;
	size_t n = 0;

	err = fs_realpath(path, &real);
	if (!err)
		err = add_tree(set, real, true);
	if (err)
		return err;
	/* Sorted, so that no run depends on the order of a folder; each once. */
	if (set->n)
		qsort(set->paths, set->n, sizeof(*set->paths), path_compare);
	for (size_t i = 0; i < set->n; i++) {
		if (n && !strcmp(set->paths[n - 1], set->paths[i]))
			free(set->paths[i]);
		else
			set->paths[n++] = set->paths[i];
	}
	set->n = n;
	return NULL;
}

bool file_set_has(const struct file_set *set, const char *path)
{
	for (size_t i = 0; i < set->n; i++)
		if (!strcmp(set->paths[i], path))
			return true;
	return false;
}

void file_set_deinit(struct file_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->paths[i]);
	free(set->paths);
	*set = (struct file_set){ 0 };
}

static struct err *drop_all(void)
{
	_cleanup_close_ int fd = open(DROP_CACHES, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		sync();
		if (write(fd, "1\n", 2) == 2)
			return NULL;
	}
	return err_hint(err_errno(errno, "cannot drop the page cache by " DROP_CACHES),
			"run as root, or leave cold.drop_caches off: files are evicted one by one without it");
}

/* The path is for messages; fd as open(2) gave it, with its errno. */
static struct err *file_evict(int fd, const char *path)
{
	int errnum;

	if (fd < 0)
		return err_errno(errno, "cannot open '%s' to evict it", path);
	/* Dirty pages stay: posix_fadvise(2). Not every file system can sync a read-only file. */
	if (fsync(fd) && errno != EINVAL && errno != EROFS)
		return err_errno(errno, "cannot sync '%s'", path);
	errnum = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return errnum ? err_errno(errnum, "cannot evict '%s'", path) : NULL;
}

struct err *pagecache_evict(const struct file_set *set, bool drop_caches)
{
	for (size_t i = 0; i < set->n; i++) {
		_cleanup_close_ int fd = open(set->paths[i], O_RDONLY | O_CLOEXEC);
		struct err *err = file_evict(fd, set->paths[i]);

		if (err)
			return err;
	}
	return drop_caches ? drop_all() : NULL;
}

struct err *pagecache_load(const struct file_set *set)
{
	_cleanup_free_ char *buffer = mem_alloc(READ_BYTES);

	for (size_t i = 0; i < set->n; i++) {
		_cleanup_close_ int fd = open(set->paths[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = -1;

		if (fd >= 0)
			while ((n = read(fd, buffer, READ_BYTES)) > 0)
				continue;
		if (n < 0)
			return err_errno(errno, "cannot read '%s'", set->paths[i]);
	}
	return NULL;
}

/*
 * Resident pages of a file by a mapping of it, for kernels without cachestat(2). Of a file
 * that we may not write mincore(2) calls all pages resident: never colder than it is.
 */
static struct err *count_by_mincore(int fd, const char *path, size_t size, size_t pages, uint64_t *ret)
{
	_cleanup_free_ unsigned char *resident = mem_alloc(pages);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t n = 0;
	int failed;

	if (map == MAP_FAILED)
		return err_errno(errno, "cannot map '%s'", path);
	failed = mincore(map, size, resident) ? errno : 0;
	munmap(map, size);
	if (failed)
		return err_errno(failed, "cannot tell what is resident of '%s'", path);
	for (size_t i = 0; i < pages; i++)
		n += resident[i] & 1;
	*ret = n;
	return NULL;
}

static struct err *file_residency(const char *path, struct trial_residency *residency)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t page = sysconf(_SC_PAGESIZE);
	struct cachestat_range whole = { 0 };
	struct cachestat stat;
	struct err *err = NULL;
	uint64_t resident = 0;
	struct stat st;
	size_t pages;

	if (fd < 0 || fstat(fd, &st))
		return err_errno(errno, "cannot look at '%s'", path);
	residency->files++;
	if (!st.st_size)
		return NULL;
	pages = (st.st_size + page - 1) / page;
	if (!syscall(SYS_cachestat, fd, &whole, &stat, 0))
		resident = stat.nr_cache;
	else
		err = count_by_mincore(fd, path, st.st_size, pages, &resident);
	if (err)
		return err;
	residency->pages += pages;
	/* A large folio at the end of a file may hold more pages than the file. */
	residency->pages_resident += resident < pages ? resident : pages;
	return NULL;
}

struct err *pagecache_residency(const struct file_set *set, struct trial_residency *ret)
{
	struct trial_residency residency = { 0 };

	for (size_t i = 0; i < set->n; i++) {
		struct err *err = file_residency(set->paths[i], &residency);

		if (err)
			return err;
	}
	ret->files = residency.files;
	ret->pages = residency.pages;
	ret->pages_resident = residency.pages_resident;
	return NULL;
}

static bool is_in_memory(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static const char *why_it_stays(int fd)
{
	struct cachestat_range whole = { 0 };
	struct cachestat stat;

	if (is_in_memory(fd))
		return "it is in a memory file system";
	if (!syscall(SYS_cachestat, fd, &whole, &stat, 0) && stat.nr_dirty)
		return "some are not written to disk yet";
	return "another process maps or reads it, or it is locked in memory";
}

void pagecache_try_evict(const struct file_set *set, void (*tell)(void *data, const char *why), void *data)
{
	for (size_t i = 0; i < set->n; i++) {
		_cleanup_close_ int fd = open(set->paths[i], O_RDONLY | O_CLOEXEC);
		struct trial_residency residency = { 0 };
		_cleanup_free_ char *why = NULL;
		struct err *err = file_evict(fd, set->paths[i]);

		if (fd >= 0) { /* what that did is looked at */
			err_free(err);
			err = file_residency(set->paths[i], &residency);
		}
		if (err)
			why = mem_strdup(err_message(err));
		else if (residency.pages_resident > FEW_PAGES || residency.pages_resident == residency.pages)
			why = mem_printf("'%s': %" PRId64 " of %" PRId64 " pages stay in the page cache: %s",
					 set->paths[i], residency.pages_resident, residency.pages, why_it_stays(fd));
		if (why && residency.pages + (err != NULL))
			tell(data, why);
		err_free(err);
	}
}
