/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link maps read from memory that the test made up: growth, deletion, reuse of addresses,
 * and damage of all kinds. No process is involved.
 */
#include "linknodes.h"

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

	node_put(m, 3, 2, "/opt/a.so");
	node_put(m, 4, 3, "/opt/b.so");
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

	node_put(m, 3, 2, "/opt/a.so");
	node_put(m, 4, 3, "/opt/b.so");
	assert_ok(linkmap_walk(&map, &m->memory, node_addr(0), &change));
	assert_int_equal(change.n_added, 5);
	map.links[4].data = &map;
	node_cut(m, 2, 3);
	node_put(m, 5, 4, "/opt/c.so");
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

	node_put(m, 3, 2, "/opt/a.so");
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
		node_put(m, i, (int)i - 1, "/opt/x.so");
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
	node_put(m, 3, 2, "/opt/a.so");
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
		cmocka_unit_test_setup_teardown(appends, nodes_setup, nodes_teardown),
		cmocka_unit_test_setup_teardown(walks_after_a_deletion, nodes_setup, nodes_teardown),
		cmocka_unit_test_setup_teardown(tells_a_reused_address, nodes_setup, nodes_teardown),
		cmocka_unit_test_setup_teardown(walks_known_nodes_in_batches, nodes_setup, nodes_teardown),
		cmocka_unit_test_setup_teardown(damage_is_an_error_and_changes_nothing, nodes_setup, nodes_teardown),
	};

	return cmocka_run_group_tests_name("linkmap", tests, NULL, NULL);
}
