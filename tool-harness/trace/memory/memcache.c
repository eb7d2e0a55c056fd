/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pages by number in a hash table of fixed size. A page that is missing is fetched with
 * its successors in one batch. Invariant: a page in the table was read wholly since the
 * last memcache_begin.
 */
#include "trace/memory/memcache.h"

#include <assert.h>
#include <string.h>

#include "lib/mem.h"

#define SLOTS (2 * MEMCACHE_MAX_PAGES)
#define BATCH 4u

struct memcache {
	struct memory *memory;
	uint64_t allowed;
	uint32_t slots[SLOTS];             /* page index + 1, 0 empty; open addressing */
	uint64_t numbers[MEMCACHE_MAX_PAGES];
	uint8_t *pages[MEMCACHE_MAX_PAGES]; /* kept from use to use */
	size_t n;
};

struct memcache *memcache_create(void)
{
	return mem_alloc(sizeof(struct memcache));
}

void memcache_destroy(struct memcache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < MEMCACHE_MAX_PAGES; i++)
		free(cache->pages[i]);
	free(cache);
}

void memcache_begin(struct memcache *cache, struct memory *memory)
{
	if (cache->n)
		memset(cache->slots, 0, sizeof(cache->slots));
	cache->n = 0;
	cache->memory = memory;
}

void memcache_allow(struct memcache *cache, uint64_t reads)
{
	cache->allowed = reads;
}

uint64_t memcache_allowed(const struct memcache *cache)
{
	return cache->allowed;
}

/* The slot of a page, or the free one where it belongs. */
static uint32_t *slot_of(struct memcache *cache, uint64_t number)
{
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SLOTS;

	while (cache->slots[i] && cache->numbers[cache->slots[i] - 1] != number)
		i = (i + 1) % SLOTS;
	return &cache->slots[i];
}

static void fetch(struct memcache *cache, uint64_t first)
{
	struct mem_span spans[BATCH];
	size_t n = 0;
	struct err *err;

	for (; n < BATCH && cache->n + n < MEMCACHE_MAX_PAGES && first + n <= UINT64_MAX / MEMCACHE_PAGE; n++) {
		uint8_t **page = &cache->pages[cache->n + n];

		if (*slot_of(cache, first + n))
			break;
		if (!*page)
			*page = mem_alloc(MEMCACHE_PAGE);
		spans[n] = (struct mem_span){ (first + n) * MEMCACHE_PAGE, *page, MEMCACHE_PAGE, 0 };
	}
	if (!n)
		return;
	err = cache->memory->read(cache->memory, spans, n);
	if (err) { /* the task is gone: nothing is readable, and the wait will tell why */
		err_free(err);
		return;
	}
	for (size_t i = 0; i < n && spans[i].got == MEMCACHE_PAGE; i++) {
		cache->numbers[cache->n] = first + i;
		*slot_of(cache, first + i) = (uint32_t)++cache->n;
	}
}

static const uint8_t *page_get(struct memcache *cache, uint64_t number)
{
	uint32_t slot = *slot_of(cache, number);

	if (!slot) {
		fetch(cache, number);
		slot = *slot_of(cache, number);
	}
	return slot ? cache->pages[slot - 1] : NULL;
}

bool memcache_read(struct memcache *cache, taddr addr, void *buf, size_t len)
{
	size_t offset = addr % MEMCACHE_PAGE;
	size_t first = len < MEMCACHE_PAGE - offset ? len : MEMCACHE_PAGE - offset;
	const uint8_t *page;

	assert(len <= MEMCACHE_PAGE);
	if (!cache->allowed || addr + len < addr)
		return false;
	cache->allowed--;
	page = page_get(cache, addr / MEMCACHE_PAGE);
	if (!page)
		return false;
	memcpy(buf, page + offset, first);
	if (first == len)
		return true;
	page = page_get(cache, addr / MEMCACHE_PAGE + 1);
	if (!page)
		return false;
	memcpy((uint8_t *)buf + first, page, len - first);
	return true;
}
