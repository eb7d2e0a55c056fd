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
#include "ld/linkmap.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"
#include "trace/memory/mapping.h"

#define LOCATION_TEXT 8

/* Where a breakpoint's function is: an address relative to the load bias. */
struct location {
	uint32_t breakpoint; /* index into the run's breakpoints */
	uint32_t place;      /* of it, in the trial; UINT32_MAX: not told yet */
	uint64_t value;
	char *symbol;        /* with its version */
	bool is_resolver;    /* elf/symidx.h */
	uint8_t text[LOCATION_TEXT]; /* what the file has there, */
	size_t n_text;               /* so much of it */
};

/* One file by one path: two tasks that have two files by it have two libraries. */
struct library {
	char *path;              /* as the loader has it, or, of a relative one, as the task has it mapped */
	char *mapped_path;       /* as the task has it mapped; NULL: not known */
	struct mapping seen;     /* in the task that was last found to have it; tid 0: it is known by path alone */
	uint32_t trial_id;       /* in trial.libraries */
	int64_t target_index;    /* in the manifest's libraries; -1: not the target's */
	struct symidx *symbols;  /* of the cache; NULL if it has no file (the vDSO) or cannot be read */
	char *unreadable;        /* why it cannot be read, as was warned; NULL: it can, or was not tried */
	char *lack;              /* what could not be read of its symbols; NULL: nothing */
	uint64_t low, high;      /* extent relative to the load bias; 0, 0 until it was searched, or without symbols */
	bool resolved;           /* its symbols were searched for the breakpoints */
	struct location *locations; /* several of one breakpoint, where its name has several places */
	size_t n_locations, cap_locations;
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

/* The whole symbol table of each library is read, whatever is looked for in it. Before the first share. */
void library_set_read_tables(struct library_set *set);

/* library_resolve reads all functions and lines of debug information, too. Before the first share. */
void library_set_read_lines(struct library_set *set);

/* What was read for the set and its shares. */
struct symwork library_set_work(const struct library_set *set);

/* The library of a path in this program's own namespace, new to the set or not; owned by the set. Its symbols are
 * not read yet. */
struct library *library_get(struct library_set *set, const char *path);

/* The same of a file as a task has it mapped; the mapped path may be NULL. */
struct library *library_get_mapped(struct library_set *set, const char *path, const struct mapping *mapping,
				   const char *mapped_path);

/*
 * The library of a link in a task's map, by what the task has mapped where the link's dynamic section is. The
 * loader has "" for the program itself. `mappings` are the task's; `exe` is the name of its program where nothing
 * is known of its mappings.
 */
struct library *library_of_link(struct library_set *set, struct mappings *mappings, const struct link *link,
				const char *exe);

/* Its file, as a task has it. */
MUST_CHECK struct err *library_open(const struct library *library, int *fd_ret);

/*
 * Reads its symbols (once) and resolves the breakpoints in it. A file that cannot be read
 * stays without symbols: that is what a debugger would do, and the vDSO has no file.
 */
void library_resolve(struct library_set *set, struct library *library);

/* Looks all breakpoints up again in a library that was searched before, or for the first time in one that was not:
 * how many names. What is found is the same. */
size_t library_resolve_again(struct library_set *set, struct library *library);

/* Why a name that was not found in it may be there: it, or some of its symbols, could not be read. NULL: all were. */
const char *library_unread(const struct library *library);

/* Its symbols, as far as they are asked for; NULL if it has none to read. Resolves nothing. */
struct symidx *library_symbols(struct library_set *set, struct library *library);

struct symcache *library_set_symbols(struct library_set *set);

#endif
