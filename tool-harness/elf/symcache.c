/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Symbol indices by path, each read once. A target's libraries do not change while it
 * runs, so the path is enough of a key within one run.
 */
#include <string.h>

#include "elf/symidx.h"
#include "lib/mem.h"

struct entry {
	char *path;
	struct symidx *index;
	struct entry *next;
};

#define CACHE_BUCKETS 1024

struct symcache {
	struct entry *buckets[CACHE_BUCKETS];
	size_t n;
};

struct symcache *symcache_create(void)
{
	return mem_alloc(sizeof(struct symcache));
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
	free(cache);
}

static struct entry **bucket_of(struct symcache *cache, const char *path)
{
	uint32_t hash = 5381;

	for (const char *p = path; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	return &cache->buckets[hash % CACHE_BUCKETS];
}

struct err *symcache_get(struct symcache *cache, const char *path, struct symidx **ret)
{
	struct entry **bucket = bucket_of(cache, path), *entry;
	struct symidx *index = NULL;
	struct err *err;

	for (entry = *bucket; entry; entry = entry->next) {
		if (!strcmp(entry->path, path)) {
			*ret = entry->index;
			return NULL;
		}
	}
	err = symidx_create(path, &index);
	if (err)
		return err;
	entry = mem_alloc(sizeof(*entry));
	entry->path = mem_strdup(path);
	entry->index = index;
	entry->next = *bucket;
	*bucket = entry;
	cache->n++;
	*ret = index;
	return NULL;
}

size_t symcache_files(const struct symcache *cache)
{
	return cache->n;
}
