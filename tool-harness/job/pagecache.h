/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page cache: what makes a run cold or warm, and the proof of it. Eviction needs
 * no privilege (posix_fadvise(2) POSIX_FADV_DONTNEED after a sync of each file);
 * pages that a running process maps cannot be evicted, and the proof shows it.
 */
#ifndef JOB_PAGECACHE_H
#define JOB_PAGECACHE_H

#include "lib/err.h"
#include "measure/trial.h"

/* The files whose state matters: those below the folders, and the files, given. */
struct file_set {
	char **paths;
	size_t n, cap;
};

/* Adds a file, or all regular files below a folder, whose links are not followed. The set
 * is sorted and holds each path once. A missing path is an error. */
MUST_CHECK struct err *file_set_add(struct file_set *set, const char *path);
void file_set_deinit(struct file_set *set);

/* Evicts all files of the set; drop_caches also empties the whole machine's page cache
 * (needs root: an error with a hint if it cannot). */
MUST_CHECK struct err *pagecache_evict(const struct file_set *set, bool drop_caches);

/*
 * Evicts files of which it cannot be demanded: of each that stays in the cache, but for a page or two, `tell` is told
 * why, in a sentence with its name: it is in a memory file system, has pages that are not written, or is in use.
 */
void pagecache_try_evict(const struct file_set *set, void (*tell)(void *data, const char *why), void *data);

/* Whether a path, as it stands, is in the set. */
bool file_set_has(const struct file_set *set, const char *path);

/* Reads all files of the set into the cache. */
MUST_CHECK struct err *pagecache_load(const struct file_set *set);

/* How many pages of the set are resident (cachestat(2), else mincore(2) on a mapping).
 * Fills the counts; dropped_caches is the caller's to tell. */
MUST_CHECK struct err *pagecache_residency(const struct file_set *set, struct trial_residency *ret);

#endif
