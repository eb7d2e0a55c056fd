/* SPDX-License-Identifier: BSD-3-Clause */
/* A task's list of libraries in made-up memory, node by node as the loader would have it: what the tests of
 * link maps share. */
#ifndef TESTS_LINKNODES_H
#define TESTS_LINKNODES_H

#include "ld/linkmap.h"
#include "made_up.h"
#include "unit.h"

#define BASE 0x10000u
#define SIZE 0x8000u /* the made-up memory: two tables, of nodes and of names */
#define NAMES (BASE + 0x4000u)
#define NAME_SIZE 64u

static inline struct raw_link_map *node_at(struct made_up *m, unsigned int slot)
{
	return (struct raw_link_map *)(void *)(m->bytes + slot * sizeof(struct raw_link_map));
}

static inline taddr node_addr(unsigned int slot)
{
	return BASE + slot * sizeof(struct raw_link_map);
}

/* A library in a slot, linked behind another slot (or first of all with -1). */
static inline void node_put(struct made_up *m, unsigned int slot, int behind, const char *name)
{
	struct raw_link_map *node = node_at(m, slot);

	strcpy((char *)m->bytes + (NAMES - BASE) + slot * NAME_SIZE, name);
	*node = (struct raw_link_map){ .addr = 0x7f0000000000 + slot * 0x1000, .name = NAMES + slot * NAME_SIZE,
				       .ld = 0x7f0000000800 + slot * 0x1000 };
	if (behind >= 0) {
		node->next = node_at(m, (unsigned int)behind)->next;
		node->prev = node_addr((unsigned int)behind);
		node_at(m, (unsigned int)behind)->next = node_addr(slot);
	}
}

static inline void node_cut(struct made_up *m, unsigned int before, unsigned int slot)
{
	node_at(m, before)->next = node_at(m, slot)->next;
	memset(node_at(m, slot), 0xee, sizeof(struct raw_link_map)); /* freed, and used by something else */
}

static inline int nodes_setup(void **state)
{
	struct made_up *m = mem_alloc(sizeof(*m));

	made_up_init(m, BASE, SIZE);
	node_put(m, 0, -1, "");
	node_put(m, 1, 0, "/lib/libc.so.6");
	node_put(m, 2, 1, "/lib/ld.so");
	*state = m;
	return 0;
}

static inline int nodes_teardown(void **state)
{
	made_up_deinit(*state);
	free(*state);
	return 0;
}

static inline void assert_names(const struct linkmap *map, const char *const *names)
{
	size_t n = 0;

	for (; names[n]; n++) {
		assert_true(n < map->n);
		assert_string_equal(map->links[n].name, names[n]);
	}
	assert_int_equal(map->n, n);
}

#define NAMES_OF(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
