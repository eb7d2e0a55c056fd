/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A task's memory read through pages kept here: for readers that follow pointers word by
 * word (an unwinder), where each word would be a system call. What is kept is true only
 * while the task is held, so the cache is emptied whenever it may have run.
 *
 * Reads are counted against a budget that the reader sets, so that whatever a task holds,
 * following it comes to an end.
 */
#ifndef TRACE_MEMCACHE_H
#define TRACE_MEMCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/memory/memory.h"

#define MEMCACHE_PAGE 4096u
#define MEMCACHE_MAX_PAGES 4096u /* 16 MiB; further pages are not readable */

struct memcache;

struct memcache *memcache_create(void);
void memcache_destroy(struct memcache *cache);

/* Empties the cache and lets it read from a memory, which must outlive its use. */
void memcache_begin(struct memcache *cache, struct memory *memory);

/* How many more reads are answered. A new cache answers none. */
void memcache_allow(struct memcache *cache, uint64_t reads);
uint64_t memcache_allowed(const struct memcache *cache);

/*
 * Bytes at an address; false if they are not mapped, the process is gone or the budget is
 * spent. len is at most MEMCACHE_PAGE.
 */
bool memcache_read(struct memcache *cache, taddr addr, void *buf, size_t len);

#endif
