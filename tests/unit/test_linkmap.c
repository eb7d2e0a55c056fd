/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link maps read from memory that the test made up: growth, deletion, reuse of addresses,
 * and damage of all kinds. No process is involved.
 */
#include "ld/linkmap.h"
#include "made_up.h"
#include "unit.h"

#define BASE 0x10000u
#define SIZE 0x8000u /* the made-up memory: two tables, of nodes and of names */
#define NAMES (BASE + 0x4000u)
#define NAME_SIZE 64u

static struct raw_link_map *node_at(struct made_up *m, unsigned int slot)
{
	return (struct raw_link_map *)(void *)(m->bytes + slot * sizeof(struct raw_link_map));
}

static taddr node_addr(unsigned int slot)
{
	return BASE + slot * sizeof(struct raw_link_map);
}

/* A library in a slot, linked behind another slot (or first of all with -1). */
static void put(struct made_up *m, unsigned int slot, int behind, const char *name)
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

static void cut(struct made_up *m, unsigned int before, unsigned int slot)
{
	node_at(m, before)->next = node_at(m, slot)->next;
	memset(node_at(m, slot), 0xee, sizeof(struct raw_link_map)); /* freed, and used by something else */
}

static int setup(void **state)
{
	struct made_up *m = mem_alloc(sizeof(*m));

	made_up_init(m, BASE, SIZE);
	put(m, 0, -1, "");
	put(m, 1, 0, "/lib/libc.so.6");
	put(m, 2, 1, "/lib/ld.so");
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	made_up_deinit(*state);
	free(*state);
	return 0;
}

static void assert_names(const struct linkmap *map, const char *const *names)
{
	size_t n = 0;

	for (; names[n]; n++) {
		assert_true(n < map->n);
		assert_string_equal(map->links[n].name, names[n]);
	}
	assert_int_equal(map->n, n);
}

#define NAMES_OF(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void appends(void **state)
{
	struct made_up *m = *state;
	struct linkmap map = { 0 };
	struct linkmap_change change;

	assert_ok(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change));
	assert_names(&map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
	assert_int_equal(change.n_added, 3);
	assert_int_equal(map.nodes_read, 3);

	/* Nothing new: one node. */
	assert_ok(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change));
	assert_int_equal(change.n_added, 0);
	assert_int_equal(map.nodes_read, 4);

	put(m, 3, 2, "/opt/a.so");
	put(m, 4, 3, "/opt/b.so");
	assert_ok(linkmap_append(&map, &m->memory, node_addr(0), node_at(m, 2), &change));
	assert_int_equal(change.first_added, 3);
	assert_int_equal(change.n_added, 2);
	assert_int_equal(change.n_removed, 0);
	assert_names(&map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/a.so", "/opt/b.so"));
	assert_int_equal(map.links[4].bias, 0x7f0000004000);
	linkmap_deinit(&map);
}

static void walks_after_a_deletion(void **state)
{
	struct made_up *m = *state;
	struct linkmap map = { 0 };
	struct linkmap_change change;

	put(m, 3, 2, "/opt/a.so");
	put(m, 4, 3, "/opt/b.so");
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	assert_int_equal(change.n_added, 5);
	map.links[4].data = &map;
	cut(m, 2, 3);
	put(m, 5, 4, "/opt/c.so");
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	assert_names(&map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/b.so", "/opt/c.so"));
	assert_int_equal(change.n_added, 1);
	assert_int_equal(change.first_added, 4);
	assert_int_equal(change.n_removed, 1);
	assert_string_equal(change.removed[0].name, "/opt/a.so");
	assert_ptr_equal(map.links[3].data, &map); /* what stays keeps its owner's data */
	linkmap_change_deinit(&change);
	linkmap_deinit(&map);
}

/* Freed and allocated again between two looks: same node, another library. */
static void tells_a_reused_address(void **state)
{
	struct made_up *m = *state;
	struct linkmap map = { 0 };
	struct linkmap_change change;

	put(m, 3, 2, "/opt/a.so");
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	strcpy((char *)m->bytes + (NAMES - BASE) + 3 * NAME_SIZE, "/opt/z.so");
	node_at(m, 3)->ld += 0x10;
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	assert_names(&map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/z.so"));
	assert_int_equal(change.n_added, 1);
	assert_int_equal(change.n_removed, 1);
	assert_string_equal(change.removed[0].name, "/opt/a.so");
	linkmap_change_deinit(&change);
	linkmap_deinit(&map);
}

/* 200 libraries: a walk of a known list takes one read per batch, not one per node. */
static void walks_known_nodes_in_batches(void **state)
{
	struct made_up *m = *state;
	struct linkmap map = { 0 };
	struct linkmap_change change;
	uint64_t calls;

	for (unsigned int i = 3; i < 200; i++)
		put(m, i, (int)i - 1, "/opt/x.so");
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	calls = m->memory.calls;
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	assert_int_equal(change.n_added + change.n_removed, 0);
	assert_int_equal(m->memory.calls - calls, (200 + MEMORY_MAX_SPANS - 1) / MEMORY_MAX_SPANS);
	linkmap_deinit(&map);
}

static void damage_is_an_error_and_changes_nothing(void **state)
{
	struct made_up *m = *state;
	struct linkmap map = { 0 };
	struct linkmap_change change;
	taddr next;

	assert_ok(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change));
	/* A cycle. */
	next = node_at(m, 2)->next;
	node_at(m, 2)->next = node_addr(1);
	assert_err_has(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change), "or a cycle");
	assert_err_has(linkmap_walk(&map, &m->memory, node_addr(0), &change), "or a cycle");
	/* An unmapped node. */
	node_at(m, 2)->next = 0x1234;
	assert_err_has(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change), "0x1234 cannot be read");
	/* A name that is not mapped, and one without an end. */
	node_at(m, 2)->next = next;
	put(m, 3, 2, "/opt/a.so");
	node_at(m, 3)->name = 0x99;
	assert_err_has(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change), "not mapped");
	memset(m->bytes + 0x6000, 'x', SIZE - 0x6000);
	node_at(m, 3)->name = BASE + 0x6000;
	assert_err_has(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change), "does not end within 4096 bytes");
	node_at(m, 3)->name = BASE + SIZE - 10;
	assert_err_has(linkmap_append(&map, &m->memory, node_addr(0), NULL, &change), "not mapped");
	/* A task that dies meanwhile. */
	m->gone = true;
	assert_true(err_is_gone(linkmap_walk(&map, &m->memory, node_addr(0), &change)));
	assert_names(&map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
	linkmap_deinit(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(appends, setup, teardown),
		cmocka_unit_test_setup_teardown(walks_after_a_deletion, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_a_reused_address, setup, teardown),
		cmocka_unit_test_setup_teardown(walks_known_nodes_in_batches, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_an_error_and_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests_name("linkmap", tests, NULL, NULL);
}
