/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader's namespaces in a process and their link maps. dlmopen(3) makes new ones; from
 * glibc 2.35 on each has a struct r_debug_extended, chained behind _r_debug, whose r_version
 * is then 2 (elf/link.h, "struct r_debug_extended"). Before, only the first can be seen.
 * Works on any struct memory: a stopped task's or that of a process that runs.
 */
#ifndef LD_NAMESPACES_H
#define LD_NAMESPACES_H

#include "ld/linkmap.h"

#define NAMESPACES_MAX 32 /* glibc's DL_NNS is 16 */

enum loader_state { LOADER_CONSISTENT = 0, LOADER_ADD = 1, LOADER_DELETE = 2 }; /* RT_*, <link.h> */

/* struct r_debug of a 64-bit task, as it stands in memory. */
struct raw_r_debug {
	int32_t version;
	int32_t pad;
	taddr map;
	taddr brk;
	int32_t state;
	int32_t pad2;
	taddr ldbase;
};

struct namespace {
	taddr r_debug;             /* address of its r_debug */
	struct raw_r_debug debug;  /* as last read */
	struct linkmap map;
	bool deleted;              /* something was deleted since the map was last updated */
};

struct namespaces {
	struct namespace *v;       /* the program's own first; the loader never takes one away */
	size_t n, cap;
	struct mapsteps *steps;    /* for the maps of those to come; may be NULL */
};

/* A change of the maps of all namespaces together. */
struct loader_change {
	struct link **added;       /* inside of the maps: good until the next update */
	size_t n_added, cap_added;
	struct link *removed;      /* with their names */
	size_t n_removed, cap_removed;
};

void namespaces_init(struct namespaces *spaces, taddr r_debug);
void namespaces_deinit(struct namespaces *spaces);

/* From now on maps share steps with other tasks. Before the first is read. */
void namespaces_share(struct namespaces *spaces, struct mapsteps *steps);
void loader_change_deinit(struct loader_change *change);

/*
 * Reads every namespace's r_debug, and finds those that are new. `more` are spans of the
 * caller's that go into the same batch. A state that is none of the loader's is an error.
 */
MUST_CHECK struct err *namespaces_read(struct namespaces *spaces, struct memory *memory,
				       const struct mem_span *more, size_t n_more);

/*
 * Brings the map of one namespace up to date with its r_debug as last read, and adds to the
 * change: appends, or walks all if something was deleted or `walk` is set. `tail` as for
 * linkmap_append.
 */
MUST_CHECK struct err *namespace_update(struct namespace *space, struct memory *memory, bool walk,
					const struct raw_link_map *tail, struct loader_change *change);

/* True if the loader is changing none of them, as last read. */
bool namespaces_are_consistent(const struct namespaces *spaces);

/* Links in all maps; what was read for them. */
size_t namespaces_count(const struct namespaces *spaces);
uint64_t namespaces_nodes_read(const struct namespaces *spaces);

/* All links, as if they had just been added. */
void namespaces_all(const struct namespaces *spaces, struct loader_change *ret);

#endif
