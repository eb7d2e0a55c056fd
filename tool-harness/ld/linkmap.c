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

/*
 * Follows the list from `next`, pushing links. `known(node)` may give an older link whose
 * name is still right, so that it is not read again.
 */
static struct err *follow(struct linkmap *map, struct memory *memory, taddr next, const struct linkmap *known,
			  struct link **links, size_t *n, size_t *cap)
{
	struct raw_link_map raw = { 0 };
	size_t seen = 0, at = 0;
	struct err *err;

	if (next) {
		err = read_pair(memory, next, &raw, 0, NULL);
		if (err)
			return err;
		map->nodes_read++;
	}
	while (next) {
		struct link link = { .node = next, .bias = raw.addr, .name_addr = raw.name, .ld = raw.ld };
		const struct link *old = NULL;
		struct raw_link_map following = { 0 };
		taddr after = raw.next;

		if (++seen > LINKMAP_MAX_NODES)
			return err_new("the link map of the task is damaged: more than %d nodes, or a cycle",
				       LINKMAP_MAX_NODES);
		/* The list keeps its order, so the older link is at or after the last one found. */
		for (size_t i = at; known && i < known->n && !old; i++) {
			if (known->links[i].node == next && known->links[i].ld == raw.ld &&
			    known->links[i].name_addr == raw.name) {
				old = &known->links[i];
				at = i + 1;
			}
		}
		if (old) {
			link.name = mem_strdup(old->name);
			link.data = old->data;
			err = after ? read_pair(memory, after, &following, 0, NULL) : NULL;
		} else {
			err = read_pair(memory, after, &following, raw.name, &link.name);
		}
		if (err) {
			link_deinit(&link);
			return err;
		}
		map->nodes_read += after != 0;
		push(links, n, cap, &link);
		next = after;
		raw = following;
	}
	return NULL;
}

static void links_free(struct link *links, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		link_deinit(&links[i]);
}

struct err *linkmap_append(struct linkmap *map, struct memory *memory, taddr head, const struct raw_link_map *tail,
			   struct linkmap_change *ret)
{
	struct linkmap_change change = { .first_added = map->n };
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
		map->nodes_read++;
		next = tail->next;
	}
	err = follow(map, memory, next, NULL, &map->links, &map->n, &map->cap);
	if (err) {
		links_free(map->links, change.first_added, map->n);
		map->n = change.first_added;
		return err;
	}
	change.n_added = map->n - change.first_added;
	*ret = change;
	return NULL;
}

/* Same library at the same place: an address that was freed and used again differs. */
static bool link_same(const struct link *a, const struct link *b)
{
	return a->node == b->node && a->ld == b->ld && a->bias == b->bias && !strcmp(a->name, b->name);
}

struct err *linkmap_walk(struct linkmap *map, struct memory *memory, taddr head, struct linkmap_change *ret)
{
	struct linkmap_change change = { 0 };
	struct linkmap old = *map;
	struct link *links = NULL;
	size_t n = 0, cap = 0, kept = 0, cap_removed = 0;
	struct err *err;

	err = follow(map, memory, head, &old, &links, &n, &cap);
	if (err) {
		links_free(links, 0, n);
		free(links);
		return err;
	}
	/* The loader keeps the order of what stays and appends what comes. */
	for (size_t i = 0; i < old.n; i++) {
		if (kept < n && link_same(&old.links[i], &links[kept])) {
			link_deinit(&old.links[i]);
			kept++;
		} else {
			push(&change.removed, &change.n_removed, &cap_removed, &old.links[i]);
		}
	}
	free(old.links);
	map->links = links;
	map->n = n;
	map->cap = cap;
	change.first_added = kept;
	change.n_added = n - kept;
	*ret = change;
	return NULL;
}
