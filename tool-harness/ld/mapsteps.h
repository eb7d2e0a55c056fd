/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps by which link maps have grown and shrunk, so that a task which does what another did
 * before it need not be asked for the names of its libraries again. A step is the bytes of a
 * node (load bias, address of the name, dynamic section) after a history of steps. That two tasks
 * with one history mean the same library by the same bytes is an assumption, and holds for the ranks of
 * a job that all do the same: with address space layout randomisation no two histories are the same.
 */
#ifndef LD_MAPSTEPS_H
#define LD_MAPSTEPS_H

#include "ld/linkmap.h"

/* No more are noted than this; a map that goes on beyond shares nothing more. */
#define MAPSTEPS_MAX (1u << 18)

struct mapstep {
	const struct mapstep *before; /* NULL: the first of a history */
	taddr bias, name_addr, ld;
	bool removed;                 /* the library was taken out */
	bool ends;                    /* a change of the map ended with it */
	const char *name;             /* interned */
	taddr node;                   /* where the first task had it */
	struct mapstep *ahead;        /* the step that followed when it was first taken; NULL: none yet */
	struct mapstep *next;         /* in its hash bucket */
};

struct mapsteps;

/* Not for several threads. */
struct mapsteps *mapsteps_create(void);
void mapsteps_destroy(struct mapsteps *steps);

/* The step of a link after another, or NULL. */
struct mapstep *mapsteps_find(const struct mapsteps *steps, const struct mapstep *before, const struct link *link,
			      bool removed);

/* Notes one that was not found; NULL if there are too many. */
struct mapstep *mapsteps_add(struct mapsteps *steps, struct mapstep *before, const struct link *link, bool removed);

/* Names that were taken from a step. */
uint64_t mapsteps_shared(const struct mapsteps *steps);
void mapsteps_note_shared(struct mapsteps *steps);

/* The first step of all histories, to read ahead by; NULL: none yet. */
const struct mapstep *mapsteps_first(const struct mapsteps *steps);

#endif
