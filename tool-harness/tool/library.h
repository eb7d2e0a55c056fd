/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tool knows of each library file of a run, shared by all tasks that map it: its
 * symbols, where the breakpoints' functions are in it, and which library of the manifest
 * it is. Made once per file and run, so that a run begins with a tool that knows nothing.
 */
#ifndef TOOL_LIBRARY_H
#define TOOL_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/symidx.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"

/* Where a breakpoint's function is: an address relative to the load bias. */
struct location {
	uint32_t breakpoint; /* index into the run's breakpoints */
	uint64_t value;
};

struct library {
	char *path;              /* as the loader has it */
	uint32_t trial_id;       /* in trial.libraries */
	int64_t target_index;    /* in the manifest's libraries; -1: not the target's */
	struct symidx *symbols;  /* of the cache; NULL if it has no file (the vDSO) or cannot be read */
	bool unreadable;         /* tried, and warned of */
	uint64_t low, high;      /* extent relative to the load bias; 0, 0 without symbols */
	bool resolved;           /* its symbols were searched for the breakpoints */
	struct location *locations;
	size_t n_locations;
	struct library *next;
};

struct library_set;

/* `breakpoints` and `manifest` (may be NULL) must outlive the set. */
struct library_set *library_set_create(const struct manifest *manifest, char *const *breakpoints,
				       size_t n_breakpoints, bool read_symbols);
void library_set_destroy(struct library_set *set);

/* A set is one thread's. This makes another for a second thread, empty: with libraries, their ids in
 * its trial and resolved breakpoints of its own, and the symbols of the first, which must outlive it. */
struct library_set *library_set_share(const struct library_set *of);

/* The same with symbols of its own as well: what two debuggers do that know nothing of each other. */
struct library_set *library_set_apart(const struct library_set *of);

/* Symbols come from an index in the folder where it has them, and go into it where it has not. Before the
 * first library and the first share. */
MUST_CHECK struct err *library_set_use_index(struct library_set *set, const char *folder);

/* library_resolve reads all functions and lines of debug information, too. Before the first share. */
void library_set_read_lines(struct library_set *set);

/* What was read for the set and its shares. */
struct symwork library_set_work(const struct library_set *set);

/* The library of a path, new to the set or not; owned by the set. Its symbols are not read yet. */
struct library *library_get(struct library_set *set, const char *path);

/*
 * Reads its symbols (once) and resolves the breakpoints in it. A file that cannot be read
 * stays without symbols: that is what a debugger would do, and the vDSO has no file.
 */
void library_resolve(struct library_set *set, struct library *library);

/* Its symbols, read if they were not yet; NULL if it has none to read. Resolves nothing. */
struct symidx *library_symbols(struct library_set *set, struct library *library);

struct symcache *library_set_symbols(struct library_set *set);

#endif
