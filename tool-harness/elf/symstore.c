/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files of a folder of indices. Not synced: what a crash leaves is told by its checksum,
 * and made again. Invariant: under the name of a build-id stands nothing, or a whole file.
 */
#include "elf/symstore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define ENDING ".symidx"
#define BEING_WRITTEN ".new"

struct symstore {
	char *folder;
};

struct err *symstore_create(const char *folder, struct symstore **ret)
{
	struct symstore *store;
	struct err *err = fs_mkdirs(folder);

	if (err)
		return err;
	store = mem_alloc(sizeof(*store));
	store->folder = mem_strdup(folder);
	*ret = store;
	return NULL;
}

void symstore_destroy(struct symstore *store)
{
	if (!store)
		return;
	free(store->folder);
	free(store);
}

static char *path_of(const struct symstore *store, const struct buildid *id)
{
	_cleanup_free_ char *text = buildid_text(id);

	return mem_printf("%s/%s" ENDING, store->folder, text);
}

/* --- reading ---------------------------------------------------------------------- */

void stored_deinit(struct stored *stored)
{
	if (stored->bytes)
		munmap(stored->bytes, stored->len);
	*stored = (struct stored){ 0 };
}

struct err *symstore_get(const struct symstore *store, const struct buildid *id, bool *found_ret, struct stored *ret)
{
	_cleanup_free_ char *path = path_of(store, id);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stored stored = { 0 };
	struct stat st;
	struct err *err;

	*found_ret = false;
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || fstat(fd, &st))
		return err_errno(errno, "cannot read the index '%s'", path);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return err_new("the index '%s' is empty or no file", path);
	stored.len = (size_t)st.st_size;
	stored.bytes = mmap(NULL, stored.len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (stored.bytes == MAP_FAILED)
		return err_errno(errno, "cannot map the index '%s'", path);
	err = symfile_parse(stored.bytes, stored.len, id, &stored.file);
	if (err) {
		stored_deinit(&stored);
		return err_wrap(err, "the index '%s'", path);
	}
	/* The pages stay in the page cache; a search has its few mapped again. */
	madvise(stored.bytes, stored.len, MADV_DONTNEED);
	*found_ret = true;
	*ret = stored;
	return NULL;
}

/* --- writing ---------------------------------------------------------------------- */

static struct err *write_all(int fd, const char *path, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(errno, "cannot write '%s'", path);
		bytes += n;
		len -= (size_t)n;
	}
	return NULL;
}

struct err *symstore_put(struct symstore *store, const struct buildid *id, const void *bytes, size_t len)
{
	static atomic_uint serial; /* several threads may write the same index */
	_cleanup_free_ char *path = path_of(store, id);
	_cleanup_free_ char *own = mem_printf("%s.%d.%u" BEING_WRITTEN, path, (int)getpid(),
					      atomic_fetch_add(&serial, 1));
	int fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	struct err *err;

	if (fd < 0)
		return err_errno(errno, "cannot create '%s'", own);
	err = write_all(fd, own, bytes, len);
	if (close(fd) && !err)
		err = err_errno(errno, "cannot write '%s'", own);
	if (!err && rename(own, path))
		err = err_errno(errno, "cannot publish '%s'", path);
	if (err)
		unlink(own);
	return err;
}

/* --- the folder ------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name), len = strlen(ending);

	return n > len && !strcmp(name + n - len, ending);
}

void symstore_count(const char *folder, uint64_t *n_ret, uint64_t *bytes_ret)
{
	DIR *dir = opendir(folder);
	uint64_t n = 0, bytes = 0;

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		struct stat st;

		if (!ends_in(entry->d_name, ENDING) || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		n++;
		bytes += (uint64_t)st.st_size;
	}
	if (dir)
		closedir(dir);
	*n_ret = n;
	*bytes_ret = bytes;
}

struct err *symstore_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	struct err *err = NULL;

	if (!dir)
		return errno == ENOENT ? NULL : err_errno(errno, "cannot read '%s'", folder);
	for (const struct dirent *entry; !err && (entry = readdir(dir));) {
		if (!ends_in(entry->d_name, ENDING) && !ends_in(entry->d_name, BEING_WRITTEN))
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) && errno != ENOENT)
			err = err_errno(errno, "cannot remove '%s/%s'", folder, entry->d_name);
	}
	closedir(dir);
	return err;
}
