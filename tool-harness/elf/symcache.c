/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol indices by file, whatever its paths, each read once. The lock is not held while a file
 * is read, so that several threads read several files.
 *
 * Invariant: an entry is put in by the one thread that reads its file; others wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/debuglines.h"
#include "elf/symidx.h"
#include "lib/cleanup.h"
#include "lib/fault.h"
#include "lib/fnv.h"
#include "lib/mem.h"

struct entry {
	char *key;
	struct symidx *index; /* NULL: is being read, or could not be */
	bool reading;
	bool lines_read;
	struct entry *next;
};

#define CACHE_BUCKETS 1024

struct symcache {
	pthread_mutex_t lock;
	pthread_cond_t read; /* an entry is being read no more */
	struct entry *buckets[CACHE_BUCKETS];
	struct symstore *store; /* may be NULL */
	struct symwork work; /* besides that of the indices */
};

struct symcache *symcache_create(void)
{
	return symcache_create_stored(NULL);
}

struct symcache *symcache_create_stored(struct symstore *store)
{
	struct symcache *cache = mem_alloc(sizeof(*cache));

	cache->store = store;
	pthread_mutex_init(&cache->lock, NULL);
	pthread_cond_init(&cache->read, NULL);
	return cache;
}

void symcache_destroy(struct symcache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < CACHE_BUCKETS; i++) {
		while (cache->buckets[i]) {
			struct entry *entry = cache->buckets[i];

			cache->buckets[i] = entry->next;
			symidx_destroy(entry->index);
			free(entry->key);
			free(entry);
		}
	}
	pthread_cond_destroy(&cache->read);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* The file's identity: an inode's number is used again once the file is gone. */
static struct err *key_of(int fd, const char *path, char **ret)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(errno, "cannot read '%s'", path);
	*ret = mem_printf("%jx:%jx:%jx:%jx.%lx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (uintmax_t)st.st_size,
			  (uintmax_t)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec);
	return NULL;
}

static struct entry **bucket_of(struct symcache *cache, const char *key)
{
	return &cache->buckets[fnv_text(key) % CACHE_BUCKETS];
}

/* The entry of a file, and whether the caller is to read it. */
static struct entry *entry_claim(struct symcache *cache, const char *key, bool *read_ret)
{
	struct entry **bucket = bucket_of(cache, key), *entry;

	pthread_mutex_lock(&cache->lock);
	for (entry = *bucket; entry && strcmp(entry->key, key); entry = entry->next)
		;
	while (entry && entry->reading)
		pthread_cond_wait(&cache->read, &cache->lock);
	if (!entry) {
		entry = mem_alloc(sizeof(*entry));
		entry->key = mem_strdup(key);
		entry->next = *bucket;
		*bucket = entry;
	}
	*read_ret = entry->reading = !entry->index;
	pthread_mutex_unlock(&cache->lock);
	return entry;
}

static struct err *open_file(struct symcache *cache, int fd, const char *path, struct symidx **ret)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return err_errno(errno, "cannot read '%s'", path);
	return symidx_open(own, path, cache->store, ret);
}

static struct err *get(struct symcache *cache, int fd, const char *path, struct entry **ret)
{
	_cleanup_free_ char *key = NULL;
	struct symidx *index = NULL;
	struct err *err = key_of(fd, path, &key);
	struct entry *entry;
	bool read;

	if (err)
		return err;
	entry = entry_claim(cache, key, &read);
	if (read) {
		err = open_file(cache, fd, path, &index);
		pthread_mutex_lock(&cache->lock);
		entry->index = index;
		entry->reading = false;
		pthread_cond_broadcast(&cache->read);
		pthread_mutex_unlock(&cache->lock);
	}
	if (!err)
		*ret = entry;
	return err;
}

struct err *symcache_get_of(struct symcache *cache, int fd, const char *path, struct symidx **ret)
{
	struct entry *entry;
	struct err *err = get(cache, fd, path, &entry);

	if (!err)
		*ret = entry->index;
	return err;
}

struct err *symcache_get(struct symcache *cache, const char *path, struct symidx **ret)
{
	_cleanup_close_ int fd = FAULT_OR(FAULT_ELF, 0, open(path, O_RDONLY | O_CLOEXEC));

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	return symcache_get_of(cache, fd, path, ret);
}

struct symwork symcache_work(struct symcache *cache)
{
	struct symwork work;

	pthread_mutex_lock(&cache->lock);
	work = cache->work;
	for (size_t i = 0; i < CACHE_BUCKETS; i++) {
		for (const struct entry *entry = cache->buckets[i]; entry; entry = entry->next) {
			struct symwork own = { 0 };

			if (entry->index)
				own = symidx_work(entry->index);
			symwork_add(&work, &own);
		}
	}
	pthread_mutex_unlock(&cache->lock);
	return work;
}

void symcache_add_work(struct symcache *cache, const struct symwork *work)
{
	pthread_mutex_lock(&cache->lock);
	symwork_add(&cache->work, work);
	pthread_mutex_unlock(&cache->lock);
}

struct err *symcache_lines(struct symcache *cache, int fd, const char *path)
{
	struct symwork work = { 0 };
	struct entry *entry;
	struct err *err = get(cache, fd, path, &entry);
	bool read;

	if (err)
		return err;
	pthread_mutex_lock(&cache->lock);
	read = !entry->lines_read;
	entry->lines_read = true;
	pthread_mutex_unlock(&cache->lock);
	if (!read)
		return NULL;
	debuglines_read(fd, &work);
	pthread_mutex_lock(&cache->lock);
	symwork_add(&cache->work, &work);
	pthread_mutex_unlock(&cache->lock);
	return NULL;
}
