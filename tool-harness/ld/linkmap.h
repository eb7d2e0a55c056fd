/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dynamic loader's list of libraries in a task, read from its memory: struct r_debug
 * and struct link_map of <link.h> (glibc elf/link.h, rtld-debugger interface). What a
 * task holds is not to be trusted: the walk is bounded, in nodes and in name lengths.
 */
#ifndef LD_LINKMAP_H
#define LD_LINKMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "trace/memory/memory.h"

#define LINKMAP_MAX_NODES 65536
#define LINKMAP_MAX_NAME 4096

/* The public part of struct link_map of a 64-bit task. */
struct raw_link_map {
	taddr addr; /* load bias */
	taddr name;
	taddr ld;   /* its dynamic section */
	taddr next;
	taddr prev;
};

struct mapsteps;
struct mapstep;

struct link {
	taddr node;
	taddr bias;
	taddr name_addr;
	taddr ld;
	const char *name; /* interned: path as the loader has it; "" is the program itself */
	void *data;     /* the owner's; not touched here */
	bool kept;      /* during a walk: it is in the old map and in the new one, which share the name */
};

struct linkmap {
	struct link *links; /* in the loader's order */
	size_t n, cap;
	uint64_t nodes_read;
	struct mapsteps *steps; /* of tasks that share what they know (ld/mapsteps.h); NULL: none */
	struct mapstep *at;     /* the last step of this map; NULL: none yet */
};

/* What an update found: links[first_added ...] of the map are new, removed were taken out. */
struct linkmap_change {
	size_t first_added;
	size_t n_added;
	struct link *removed; /* heap, with their names; linkmap_change_deinit frees */
	size_t n_removed;
};

void linkmap_deinit(struct linkmap *map);
void linkmap_change_deinit(struct linkmap_change *change);

/* Forgets all links (after an exec); nodes_read stays. */
void linkmap_clear(struct linkmap *map);

/*
 * Reads what was added behind the last known node: the loader appends (glibc
 * elf/dl-object.c), so one node is read when nothing was. `tail` may hold the last node
 * as just read by the caller in a batch of its own, else NULL. For an empty map this is
 * a full read from `head`.
 */
MUST_CHECK struct err *linkmap_append(struct linkmap *map, struct memory *memory, taddr head,
				      const struct raw_link_map *tail, struct linkmap_change *ret);

/* Walks the whole list: needed after a deletion; tells what is new and what is gone. */
MUST_CHECK struct err *linkmap_walk(struct linkmap *map, struct memory *memory, taddr head,
				    struct linkmap_change *ret);

#endif
