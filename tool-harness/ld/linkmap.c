/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading link maps: appending what is new, or walking all. A node and the name of the
 * one before it are fetched in one read. Invariant: a map holds only links whose name
 * was read wholly; on an error it is as it was before.
 */
#include "ld/linkmap.h"

#include <inttypes.h>
#include <string.h>

#include "ld/mapsteps.h"
#include "lib/intern.h"
#include "lib/mem.h"

#define NAME_CHUNK 256u
#define PAGE 4096u

static void link_deinit(struct link *link)
{
	intern_put(link->name);
}

void linkmap_clear(struct linkmap *map)
{
	for (size_t i = 0; i < map->n; i++)
		link_deinit(&map->links[i]);
	map->n = 0;
	map->at = NULL;
}

void linkmap_deinit(struct linkmap *map)
{
	linkmap_clear(map);
	free(map->links);
	*map = (struct linkmap){ 0 };
}

void linkmap_change_deinit(struct linkmap_change *change)
{
	for (size_t i = 0; i < change->n_removed; i++)
		link_deinit(&change->removed[i]);
	free(change->removed);
	*change = (struct linkmap_change){ 0 };
}

static struct err *bad_node(taddr node)
{
	return err_new("the link map of the task is damaged: its node at 0x%" PRIx64 " cannot be read", node);
}

/*
 * Reads the node at `next` (if not 0) and the name at `name_addr` (if not NULL) together:
 * most names are short and most nodes on the heap, so this is one call per library.
 */
static struct err *read_pair(struct memory *memory, taddr next, struct raw_link_map *node_ret, taddr name_addr,
			     const char **name_ret)
{
	_cleanup_free_ char *whole = NULL;
	char chunk[NAME_CHUNK];
	size_t name_len = PAGE - name_addr % PAGE;
	struct mem_span spans[2];
	size_t n = 0;
	struct err *err;

	if (name_len > NAME_CHUNK)
		name_len = NAME_CHUNK;
	if (next)
		spans[n++] = (struct mem_span){ .addr = next, .buf = node_ret, .len = sizeof(*node_ret) };
	if (name_ret)
		spans[n++] = (struct mem_span){ .addr = name_addr, .buf = chunk, .len = name_len };
	err = memory->read(memory, spans, n);
	if (err)
		return err;
	if (next && spans[0].got != sizeof(*node_ret))
		return bad_node(next);
	if (!name_ret)
		return NULL;
	if (memchr(chunk, '\0', spans[n - 1].got)) {
		*name_ret = intern_get(chunk);
		return NULL;
	}
	err = memory_read_string(memory, name_addr, LINKMAP_MAX_NAME, &whole);
	if (!err)
		*name_ret = intern_get(whole);
	return err;
}

static void push(struct link **links, size_t *n, size_t *cap, const struct link *link)
{
	mem_grow(*links, *n, *cap);
	(*links)[(*n)++] = *link;
}

/* --- following the list ------------------------------------------------------------ */

/*
 * Where known nodes are is known, or told by another task's steps, so a walk reads them in batches, each node
 * at the address where it was last seen; a node is used only where the list leads to it.
 */
struct walker {
	struct memory *memory;
	struct linkmap *map;
	struct linkmap *known;      /* NULL: nothing is */
	size_t at;                  /* first known link not passed yet: the list keeps its order */
	struct raw_link_map ahead[MEMORY_MAX_SPANS];
	taddr ahead_of[MEMORY_MAX_SPANS];
	size_t ahead_at, n_ahead;   /* the next of them */
	uint64_t nodes_read;
};

/* The known link at an address, or NULL. */
static struct link *walker_known(struct walker *w, taddr node)
{
	for (size_t i = w->at; w->known && i < w->known->n; i++) {
		if (w->known->links[i].node == node) {
			w->at = i;
			return &w->known->links[i];
		}
	}
	return NULL;
}

/* Addresses where this node and those behind it are likely to be; none if nothing tells. */
static size_t foresee(struct walker *w, taddr node, taddr ret[MEMORY_MAX_SPANS])
{
	const struct link *known = walker_known(w, node);
	const struct mapstep *step = NULL;
	size_t n = 0;

	if (known) {
		for (size_t i = (size_t)(known - w->known->links); i < w->known->n && n < MEMORY_MAX_SPANS; i++)
			ret[n++] = w->known->links[i].node;
		return n;
	}
	if (w->map->steps)
		step = w->map->at ? w->map->at->ahead : mapsteps_first(w->map->steps);
	if (!step || step->node != node)
		return 0;
	for (; step && !step->removed && n < MEMORY_MAX_SPANS; step = step->ends ? NULL : step->ahead)
		ret[n++] = step->node;
	return n;
}

static struct err *read_ahead(struct walker *w, size_t n)
{
	struct mem_span spans[MEMORY_MAX_SPANS];
	struct err *err;

	for (size_t i = 0; i < n; i++)
		spans[i] = (struct mem_span){ .addr = w->ahead_of[i], .buf = &w->ahead[i], .len = sizeof(w->ahead[i]) };
	err = w->memory->read(w->memory, spans, n);
	if (err)
		return err;
	w->ahead_at = 0;
	for (w->n_ahead = 0; w->n_ahead < n && spans[w->n_ahead].got == sizeof(w->ahead[0]); w->n_ahead++)
		;
	w->nodes_read += w->n_ahead;
	return NULL;
}

/* Of those that were read ahead: the list may leave some out. */
static bool take_ahead(struct walker *w, taddr node, struct raw_link_map *ret)
{
	for (size_t i = w->ahead_at; i < w->n_ahead; i++) {
		if (w->ahead_of[i] != node)
			continue;
		*ret = w->ahead[i];
		w->ahead_at = i + 1;
		return true;
	}
	return false;
}

static struct err *walker_node(struct walker *w, taddr node, struct raw_link_map *ret)
{
	taddr likely[MEMORY_MAX_SPANS];
	struct err *err = NULL;
	size_t n;

	if (take_ahead(w, node, ret))
		return NULL;
	n = foresee(w, node, likely);
	if (n) {
		memcpy(w->ahead_of, likely, n * sizeof(likely[0]));
		err = read_ahead(w, n);
	}
	if (err || (n && take_ahead(w, node, ret)))
		return err;
	w->nodes_read++;
	return read_pair(w->memory, node, ret, 0, NULL);
}

/* --- what other tasks did ----------------------------------------------------------- */

/* Goes on in the map's history: to a step that another task has taken, or to a new one. */
static void step_on(struct linkmap *map, const struct link *link, bool removed)
{
	struct mapstep *step;

	if (!map->steps)
		return;
	step = mapsteps_find(map->steps, map->at, link, removed);
	map->at = step ? step : mapsteps_add(map->steps, map->at, link, removed);
	if (!map->at)
		map->steps = NULL;
}

/* What comes behind is not there yet in a task that stands here. */
static void end_step(struct linkmap *map)
{
	if (map->at)
		map->at->ends = true;
}

/* The name of a new link, if another task that came the same way has read it. */
static const char *name_by_step(const struct linkmap *map, const struct link *link)
{
	const struct mapstep *step = map->steps ? mapsteps_find(map->steps, map->at, link, false) : NULL;

	if (!step)
		return NULL;
	mapsteps_note_shared(map->steps);
	return intern_again(step->name);
}

/* Pushes all links from the node at `next` on. */
static struct err *follow(struct walker *w, taddr next, struct link **links, size_t *n, size_t *cap)
{
	struct raw_link_map raw = { 0 };
	size_t seen = 0;
	struct err *err = next ? walker_node(w, next, &raw) : NULL;

	while (!err && next) {
		struct link link = { .node = next, .bias = raw.addr, .name_addr = raw.name, .ld = raw.ld };
		struct link *old = walker_known(w, next);
		struct raw_link_map following = { 0 };
		taddr after = raw.next;

		if (++seen > LINKMAP_MAX_NODES)
			return err_new("the link map of the task is damaged: more than %d nodes, or a cycle",
				       LINKMAP_MAX_NODES);
		/* An address that was freed and used again differs in one of these. */
		if (old && old->bias == raw.addr && old->ld == raw.ld && old->name_addr == raw.name) {
			link.name = old->name;
			link.data = old->data;
			link.kept = old->kept = true;
			w->at++;
			err = after ? walker_node(w, after, &following) : NULL;
		} else if ((link.name = name_by_step(w->map, &link))) {
			step_on(w->map, &link, false);
			err = after ? walker_node(w, after, &following) : NULL;
		} else {
			err = read_pair(w->memory, after, &following, raw.name, &link.name);
			w->nodes_read += after != 0;
			if (!err)
				step_on(w->map, &link, false);
		}
		if (err) {
			if (!link.kept)
				link_deinit(&link);
			return err;
		}
		push(links, n, cap, &link);
		next = after;
		raw = following;
	}
	return err;
}

/* Frees links that a failed update has read; the names of kept ones are the old map's. */
static void links_drop(struct link *links, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		if (!links[i].kept)
			link_deinit(&links[i]);
}

struct err *linkmap_append(struct linkmap *map, struct memory *memory, taddr head, const struct raw_link_map *tail,
			   struct linkmap_change *ret)
{
	struct linkmap_change change = { .first_added = map->n };
	struct walker walker = { .memory = memory, .map = map };
	struct mapstep *at = map->at;
	struct raw_link_map raw;
	taddr next = head;
	struct err *err;

	if (map->n) {
		if (!tail) {
			err = read_pair(memory, map->links[map->n - 1].node, &raw, 0, NULL);
			if (err)
				return err;
			tail = &raw;
		}
		walker.nodes_read++;
		next = tail->next;
	}
	err = follow(&walker, next, &map->links, &map->n, &map->cap);
	map->nodes_read += walker.nodes_read;
	if (err) {
		links_drop(map->links, change.first_added, map->n);
		map->n = change.first_added;
		map->at = at;
		return err;
	}
	change.n_added = map->n - change.first_added;
	end_step(map);
	*ret = change;
	return NULL;
}

/* Links that are new, behind those that stay: the loader appends. */
static size_t count_kept(const struct link *links, size_t n)
{
	size_t kept = 0;

	while (kept < n && links[kept].kept)
		kept++;
	return kept;
}

struct err *linkmap_walk(struct linkmap *map, struct memory *memory, taddr head, struct linkmap_change *ret)
{
	struct walker walker = { .memory = memory, .map = map, .known = map };
	struct mapstep *at = map->at;
	struct linkmap_change change = { 0 };
	struct link *links = NULL;
	size_t n = 0, cap = 0, cap_removed = 0;
	struct err *err;

	for (size_t i = 0; i < map->n; i++)
		map->links[i].kept = false;
	err = follow(&walker, head, &links, &n, &cap);
	map->nodes_read += walker.nodes_read;
	if (err) {
		links_drop(links, 0, n);
		free(links);
		map->at = at;
		return err;
	}
	for (size_t i = 0; i < map->n; i++) {
		if (!map->links[i].kept) {
			step_on(map, &map->links[i], true);
			push(&change.removed, &change.n_removed, &cap_removed, &map->links[i]);
		}
	}
	change.first_added = count_kept(links, n);
	change.n_added = n - change.first_added;
	free(map->links);
	map->links = links;
	map->n = n;
	map->cap = cap;
	end_step(map);
	*ret = change;
	return NULL;
}
