/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the chain of namespaces. What a task holds is not to be trusted: the chain is
 * bounded. Invariant: a namespace is in the list once its r_debug was read wholly.
 */
#include "ld/namespaces.h"

#include <inttypes.h>

#include "lib/mem.h"

#define VERSION_EXTENDED 2 /* r_version of a task with more than one namespace */

/* struct r_debug_extended of glibc: r_debug, then the address of the next. */
struct raw_r_debug_extended {
	struct raw_r_debug base;
	taddr next;
};

static void push(struct namespaces *spaces, taddr r_debug, const struct raw_r_debug *debug)
{
	mem_grow(spaces->v, spaces->n, spaces->cap);
	spaces->v[spaces->n++] = (struct namespace){ .r_debug = r_debug, .debug = *debug,
						     .map = { .steps = spaces->steps } };
}

void namespaces_init(struct namespaces *spaces, taddr r_debug)
{
	*spaces = (struct namespaces){ 0 };
	push(spaces, r_debug, &(struct raw_r_debug){ 0 });
}

void namespaces_share(struct namespaces *spaces, struct mapsteps *steps)
{
	spaces->steps = steps;
	for (size_t i = 0; i < spaces->n; i++)
		spaces->v[i].map.steps = steps;
}

void namespaces_deinit(struct namespaces *spaces)
{
	for (size_t i = 0; i < spaces->n; i++)
		linkmap_deinit(&spaces->v[i].map);
	free(spaces->v);
	*spaces = (struct namespaces){ 0 };
}

void loader_change_deinit(struct loader_change *change)
{
	struct linkmap_change removed = { .removed = change->removed, .n_removed = change->n_removed };

	linkmap_change_deinit(&removed);
	free(change->added);
	*change = (struct loader_change){ 0 };
}

static bool is_extended(const struct namespaces *spaces)
{
	return spaces->v[0].debug.version >= VERSION_EXTENDED;
}

static taddr next_field(const struct namespaces *spaces)
{
	return spaces->v[spaces->n - 1].r_debug + offsetof(struct raw_r_debug_extended, next);
}

static struct err *read_new(struct namespaces *spaces, struct memory *memory, taddr next)
{
	while (next) {
		struct raw_r_debug_extended raw;
		struct err *err = memory_read(memory, next, &raw, sizeof(raw));

		if (err)
			return err;
		if (spaces->n == NAMESPACES_MAX)
			return err_new("the loader's list of namespaces is damaged: more than %d, or a cycle",
				       NAMESPACES_MAX);
		push(spaces, next, &raw.base);
		next = raw.next;
	}
	return NULL;
}

static struct err *check_states(const struct namespaces *spaces)
{
	for (size_t i = 0; i < spaces->n; i++) {
		int32_t state = spaces->v[i].debug.state;

		if (state < LOADER_CONSISTENT || state > LOADER_DELETE)
			return err_new("the loader is in an unknown state %" PRId32, state);
	}
	return NULL;
}

struct err *namespaces_read(struct namespaces *spaces, struct memory *memory, const struct mem_span *more,
			    size_t n_more)
{
	struct mem_span spans[NAMESPACES_MAX + 8];
	bool was_extended = is_extended(spaces);
	taddr next = 0;
	size_t n = 0;
	struct err *err;

	for (size_t i = 0; i < spaces->n; i++)
		spans[n++] = (struct mem_span){ .addr = spaces->v[i].r_debug,
						.buf = &spaces->v[i].debug,
						.len = sizeof(spaces->v[i].debug) };
	if (was_extended)
		spans[n++] = (struct mem_span){ .addr = next_field(spaces), .buf = &next, .len = sizeof(next) };
	for (size_t i = 0; i < n_more; i++)
		spans[n++] = more[i];
	err = memory_read_spans(memory, spans, n);
	/* The field is there only if the version says so. */
	if (!err && !was_extended && is_extended(spaces))
		err = memory_read(memory, next_field(spaces), &next, sizeof(next));
	if (!err)
		err = read_new(spaces, memory, next);
	return err ? err : check_states(spaces);
}

struct err *namespace_update(struct namespace *space, struct memory *memory, bool walk,
			     const struct raw_link_map *tail, struct loader_change *change)
{
	struct linkmap_change part;
	struct err *err;

	if (walk || space->deleted)
		err = linkmap_walk(&space->map, memory, space->debug.map, &part);
	else
		err = linkmap_append(&space->map, memory, space->debug.map, tail, &part);
	if (err)
		return err;
	space->deleted = false;
	for (size_t i = 0; i < part.n_added; i++) {
		mem_grow(change->added, change->n_added, change->cap_added);
		change->added[change->n_added++] = &space->map.links[part.first_added + i];
	}
	for (size_t i = 0; i < part.n_removed; i++) {
		mem_grow(change->removed, change->n_removed, change->cap_removed);
		change->removed[change->n_removed++] = part.removed[i];
	}
	free(part.removed);
	return NULL;
}

bool namespaces_are_consistent(const struct namespaces *spaces)
{
	for (size_t i = 0; i < spaces->n; i++)
		if (spaces->v[i].debug.state != LOADER_CONSISTENT)
			return false;
	return true;
}

size_t namespaces_count(const struct namespaces *spaces)
{
	size_t n = 0;

	for (size_t i = 0; i < spaces->n; i++)
		n += spaces->v[i].map.n;
	return n;
}

uint64_t namespaces_nodes_read(const struct namespaces *spaces)
{
	uint64_t n = 0;

	for (size_t i = 0; i < spaces->n; i++)
		n += spaces->v[i].map.nodes_read;
	return n;
}

void namespaces_all(const struct namespaces *spaces, struct loader_change *ret)
{
	struct loader_change change = { 0 };

	for (size_t i = 0; i < spaces->n; i++) {
		for (size_t j = 0; j < spaces->v[i].map.n; j++) {
			mem_grow(change.added, change.n_added, change.cap_added);
			change.added[change.n_added++] = &spaces->v[i].map.links[j];
		}
	}
	*ret = change;
}
