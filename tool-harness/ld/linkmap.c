/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading link maps: appending what is new, or walking all. A node and the name of the
 * one before it are fetched in one read. Invariant: a map holds only links whose name
 * was read wholly; on an error it is as it was before.
 */
#include "ld/linkmap.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

#define NAME_CHUNK 256u
#define PAGE 4096u

static void link_deinit(struct link *link)
{
	free(link->name);
}

void linkmap_clear(struct linkmap *map)
{
	for (size_t i = 0; i < map->n; i++)
		link_deinit(&map->links[i]);
	map->n = 0;
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
			     char **name_ret)
{
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
		*name_ret = mem_strdup(chunk);
		return NULL;
	}
	return memory_read_string(memory, name_addr, LINKMAP_MAX_NAME, name_ret);
}

static void push(struct link **links, size_t *n, size_t *cap, const struct link *link)
{
	mem_grow(*links, *n, *cap);
	(*links)[(*n)++] = *link;
}

/* --- following the list ------------------------------------------------------------ */

/*
 * Where known nodes are is known, so a walk reads them in batches, each node at the
 * address where the last walk saw it; a node is used only where the list leads to it.
 */
struct walker {
	struct memory *memory;
	struct linkmap *known;      /* NULL: nothing is */
	size_t at;                  /* first known link not passed yet: the list keeps its order */
	struct raw_link_map ahead[MEMORY_MAX_SPANS];
	size_t ahead_from, n_ahead; /* known links [ahead_from, ahead_from + n_ahead) are in it */
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

static struct err *read_ahead(struct walker *w, size_t from)
{
	struct mem_span spans[MEMORY_MAX_SPANS];
	size_t n = w->known->n - from;
	struct err *err;

	if (n > MEMORY_MAX_SPANS)
		n = MEMORY_MAX_SPANS;
	for (size_t i = 0; i < n; i++)
		spans[i] = (struct mem_span){ .addr = w->known->links[from + i].node,
					      .buf = &w->ahead[i],
					      .len = sizeof(w->ahead[i]) };
	err = w->memory->read(w->memory, spans, n);
	if (err)
		return err;
	w->ahead_from = from;
	for (w->n_ahead = 0; w->n_ahead < n && spans[w->n_ahead].got == sizeof(w->ahead[0]); w->n_ahead++)
		;
	w->nodes_read += w->n_ahead;
	return NULL;
}

static struct err *walker_node(struct walker *w, taddr node, struct raw_link_map *ret)
{
	const struct link *known = walker_known(w, node);
	struct err *err;

	if (known) {
		size_t i = (size_t)(known - w->known->links);

		if (i < w->ahead_from || i >= w->ahead_from + w->n_ahead) {
			err = read_ahead(w, i);
			if (err)
				return err;
		}
		if (i < w->ahead_from + w->n_ahead) {
			*ret = w->ahead[i - w->ahead_from];
			return NULL;
		}
	}
	w->nodes_read++;
	return read_pair(w->memory, node, ret, 0, NULL);
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
		} else {
			err = read_pair(w->memory, after, &following, raw.name, &link.name);
			w->nodes_read += after != 0;
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
	struct walker walker = { .memory = memory };
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
		return err;
	}
	change.n_added = map->n - change.first_added;
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
	struct walker walker = { .memory = memory, .known = map };
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
		return err;
	}
	for (size_t i = 0; i < map->n; i++)
		if (!map->links[i].kept)
			push(&change.removed, &change.n_removed, &cap_removed, &map->links[i]);
	change.first_added = count_kept(links, n);
	change.n_added = n - change.first_added;
	free(map->links);
	map->links = links;
	map->n = n;
	map->cap = cap;
	*ret = change;
	return NULL;
}
