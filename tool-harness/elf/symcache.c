/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol indices by path, each read once. A target's libraries do not change while it
 * runs, so the path is enough of a key within one run. The lock is not held while a file is
 * read, so that several threads read several files.
 *
 * Invariant: an entry is put in by the one thread that reads its file; others wait for it.
 */
#include <pthread.h>
#include <string.h>

#include "elf/symidx.h"
#include "lib/mem.h"

struct entry {
	char *path;
	struct symidx *index; /* NULL: is being read, or could not be */
	bool reading;
	struct entry *next;
};

#define CACHE_BUCKETS 1024

struct symcache {
	pthread_mutex_t lock;
	pthread_cond_t read; /* an entry is being read no more */
	struct entry *buckets[CACHE_BUCKETS];
	size_t n;
};

struct symcache *symcache_create(void)
{
	struct symcache *cache = mem_alloc(sizeof(*cache));

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
			free(entry->path);
			free(entry);
		}
	}
	pthread_cond_destroy(&cache->read);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static struct entry **bucket_of(struct symcache *cache, const char *path)
{
	uint32_t hash = 5381;

	for (const char *p = path; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	return &cache->buckets[hash % CACHE_BUCKETS];
}

/* The entry of a path, and whether the caller is to read its file. */
static struct entry *entry_claim(struct symcache *cache, const char *path, bool *read_ret)
{
	struct entry **bucket = bucket_of(cache, path), *entry;

	pthread_mutex_lock(&cache->lock);
	for (entry = *bucket; entry && strcmp(entry->path, path); entry = entry->next)
		;
	while (entry && entry->reading)
		pthread_cond_wait(&cache->read, &cache->lock);
	if (!entry) {
		entry = mem_alloc(sizeof(*entry));
		entry->path = mem_strdup(path);
		entry->next = *bucket;
		*bucket = entry;
	}
	*read_ret = entry->reading = !entry->index;
	pthread_mutex_unlock(&cache->lock);
	return entry;
}

struct err *symcache_get(struct symcache *cache, const char *path, struct symidx **ret)
{
	bool read;
	struct entry *entry = entry_claim(cache, path, &read);
	struct symidx *index = NULL;
	struct err *err = read ? symidx_create(path, &index) : NULL;

	if (read) {
		pthread_mutex_lock(&cache->lock);
		entry->index = index;
		entry->reading = false;
		cache->n += index != NULL;
		pthread_cond_broadcast(&cache->read);
		pthread_mutex_unlock(&cache->lock);
	}
	if (!err)
		*ret = entry->index;
	return err;
}

size_t symcache_files(struct symcache *cache)
{
	size_t n;

	pthread_mutex_lock(&cache->lock);
	n = cache->n;
	pthread_mutex_unlock(&cache->lock);
	return n;
}
