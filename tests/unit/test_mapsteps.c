/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link maps of several made-up tasks that share the steps of one history: who is asked for names, what
 * is read ahead, where histories part. Each count is exact, since sharing is worth nothing else.
 */
#include "ld/mapsteps.h"

#include "lib/intern.h"
#include "linknodes.h"

#define NODE sizeof(struct raw_link_map)
#define AT_START 3 /* links that nodes_setup makes */

#define TASKS 4

/* A task: its memory, what is known of it, and the steps of all. */
struct task {
	struct made_up *m;
	struct linkmap map;
	struct mapsteps *steps;
};

static int setup(void **state)
{
	struct task *tasks = mem_calloc(TASKS, sizeof(tasks[0]));
	struct mapsteps *steps = mapsteps_create();

	for (size_t i = 0; i < TASKS; i++) {
		nodes_setup((void **)&tasks[i].m);
		tasks[i].map.steps = tasks[i].steps = steps;
	}
	*state = tasks;
	return 0;
}

static int teardown(void **state)
{
	struct task *tasks = *state;

	for (size_t i = 0; i < TASKS; i++) {
		linkmap_deinit(&tasks[i].map);
		nodes_teardown((void **)&tasks[i].m);
	}
	mapsteps_destroy(tasks[0].steps);
	free(tasks);
	return 0;
}

static void load(struct task *task, unsigned int slot, int behind, const char *name)
{
	node_put(task->m, slot, behind, name);
}

/* A change of the map, by appending or by a walk, with exactly so many names shared, reads and nodes. */
static void look(struct task *task, bool walks, uint64_t shared, uint64_t calls, uint64_t nodes)
{
	uint64_t shared_before = mapsteps_shared(task->steps), calls_before = task->m->memory.calls;
	uint64_t nodes_before = task->map.nodes_read;
	struct linkmap_change change;

	if (walks)
		assert_ok(linkmap_walk(&task->map, &task->m->memory, node_addr(0), &change));
	else
		assert_ok(linkmap_append(&task->map, &task->m->memory, node_addr(0), NULL, &change));
	linkmap_change_deinit(&change);
	assert_int_equal(mapsteps_shared(task->steps) - shared_before, shared);
	assert_int_equal(task->m->memory.calls - calls_before, calls);
	assert_int_equal(task->map.nodes_read - nodes_before, nodes);
}

#define APPENDS false
#define WALKS true

static void equal_histories_share_names(void **state)
{
	struct task *a = *state, *b = a + 1;

	assert_null(mapsteps_first(a->steps));
	b->m->size = 5 * NODE; /* its names are out of reach: whoever reads one fails */

	/* The first task pays for all: its first node, then each name with the node behind it. */
	look(a, APPENDS, 0, 1 + AT_START, AT_START);
	/* The second: all nodes at once. */
	look(b, APPENDS, AT_START, 1, AT_START);
	assert_names(&b->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
	assert_int_equal(b->m->memory.bytes_read, AT_START * NODE);
	assert_ptr_equal(a->map.at, b->map.at);

	load(a, 3, 2, "/opt/a.so");
	load(a, 4, 3, "/opt/b.so");
	*node_at(b->m, 2) = *node_at(a->m, 2);
	*node_at(b->m, 3) = *node_at(a->m, 3);
	*node_at(b->m, 4) = *node_at(a->m, 4);
	look(a, APPENDS, 0, 1 + 1 + 2, 1 + 2); /* the last known node again, too */
	look(b, APPENDS, 2, 1 + 1, 1 + 2);
	assert_names(&b->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/a.so", "/opt/b.so"));
	assert_ptr_equal(a->map.links[4].name, b->map.links[4].name);
	assert_int_equal(b->map.links[4].bias, a->map.links[4].bias);
	assert_int_equal(b->map.links[4].node, node_addr(4));
	assert_ptr_equal(a->map.at, b->map.at);
	assert_int_equal(mapsteps_shared(a->steps), AT_START + 2);
}

/* A task whose second node differs in one of the three words: from there on nothing is the first task's. */
static void check_fork(struct task *tasks, size_t word)
{
	for (size_t i = 1; i < TASKS; i++) {
		struct raw_link_map *node = node_at(tasks[i].m, 1);
		taddr *words[] = { &node->addr, &node->name, &node->ld };

		*words[word] += 1; /* of a name: it begins a byte later */
		strcpy((char *)tasks[i].m->bytes + (NAMES - BASE) + NAME_SIZE, "//of/this/task.so");
		strcpy((char *)tasks[i].m->bytes + (NAMES - BASE) + 2 * NAME_SIZE, "/behind/it.so");
	}
	look(&tasks[0], APPENDS, 0, 1 + AT_START, AT_START);
	/* All nodes ahead in one read; then the second's name with the node behind it, and that one's name. */
	look(&tasks[1], APPENDS, 1, 1 + 2, AT_START + 1);
	assert_string_equal(tasks[1].map.links[1].name, word == 1 ? "/of/this/task.so" : "//of/this/task.so");
	assert_string_equal(tasks[1].map.links[2].name, "/behind/it.so");
	assert_ptr_not_equal(tasks[0].map.at, tasks[1].map.at);
	/* Who comes by the fork shares with the one that made it. */
	look(&tasks[2], APPENDS, AT_START, 1, AT_START);
	assert_string_equal(tasks[2].map.links[2].name, "/behind/it.so");
	assert_ptr_equal(tasks[1].map.at, tasks[2].map.at);
}

static void another_bias_forks_the_history(void **state)
{
	check_fork(*state, 0);
}

static void another_name_forks_the_history(void **state)
{
	check_fork(*state, 1);
}

static void another_section_forks_the_history(void **state)
{
	check_fork(*state, 2);
}

/* Where a node lies is no part of the history: names are shared, and nothing is read ahead in vain. */
static void nodes_elsewhere_share_names(void **state)
{
	struct task *a = *state, *b = a + 1;
	struct linkmap_change change;

	look(a, APPENDS, 0, 1 + AT_START, AT_START);
	for (unsigned int slot = 0; slot < AT_START; slot++) {
		*node_at(b->m, slot + 10) = *node_at(b->m, slot);
		node_at(b->m, slot + 10)->next = slot + 1 < AT_START ? node_addr(slot + 11) : 0;
		memset(node_at(b->m, slot), 0xee, NODE);
	}
	assert_ok(linkmap_append(&b->map, &b->m->memory, node_addr(10), NULL, &change));
	assert_int_equal(mapsteps_shared(a->steps), AT_START);
	assert_int_equal(b->m->memory.calls, AT_START);
	assert_int_equal(b->map.nodes_read, AT_START);
	assert_int_equal(b->map.links[2].node, node_addr(12));
	assert_names(&b->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
}

static void removals_are_steps(void **state)
{
	struct task *tasks = *state;
	const struct mapstep *loaded;

	for (size_t i = 0; i < TASKS; i++) {
		look(&tasks[i], APPENDS, i ? AT_START : 0, i ? 1 : 1 + AT_START, AT_START);
		load(&tasks[i], 3, 2, "/opt/a.so");
		load(&tasks[i], 4, 3, "/opt/b.so");
		look(&tasks[i], APPENDS, i ? 2 : 0, i ? 2 : 4, 3);
	}
	loaded = tasks[0].map.at;

	/* Two take out the same one, and load another in its place, with the same bytes. */
	for (size_t i = 0; i < 2; i++) {
		node_cut(tasks[i].m, 2, 3);
		look(&tasks[i], WALKS, 0, 1, 5); /* the one that is gone is read in vain */
		assert_true(tasks[i].map.at->removed && tasks[i].map.at->ends);
		assert_string_equal(tasks[i].map.at->name, "/opt/a.so");
		assert_ptr_equal(tasks[i].map.at->before, loaded);
		load(&tasks[i], 3, 4, "/opt/again.so");
		look(&tasks[i], APPENDS, i, i ? 2 : 3, 2);
		assert_names(&tasks[i].map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/b.so", "/opt/again.so"));
	}
	assert_ptr_equal(tasks[0].map.at, tasks[1].map.at);

	/* One takes out the other one: what it loads then is nobody's yet. */
	node_cut(tasks[2].m, 3, 4);
	look(&tasks[2], WALKS, 0, 1, 5);
	load(&tasks[2], 4, 3, "/opt/other.so");
	look(&tasks[2], APPENDS, 0, 3, 2);
	assert_names(&tasks[2].map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/a.so", "/opt/other.so"));

	/* And one does both: what is loaded behind the one removal is not what is behind two. */
	node_cut(tasks[3].m, 2, 3);
	node_cut(tasks[3].m, 2, 4);
	look(&tasks[3], WALKS, 0, 1, 5);
	assert_ptr_equal(tasks[3].map.at->before->before, loaded);
	load(&tasks[3], 3, 2, "/opt/third.so");
	look(&tasks[3], APPENDS, 0, 3, 2);
	assert_names(&tasks[3].map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/third.so"));
}

/* One change that adds and removes: what is read ahead are the libraries that came, not those that went. */
static void removals_are_not_read_ahead(void **state)
{
	struct task *tasks = *state;

	for (size_t i = 0; i < TASKS; i++) {
		load(&tasks[i], 3, 2, "/opt/a.so");
		look(&tasks[i], APPENDS, i ? 4 : 0, i ? 1 : 5, 4);
		node_cut(tasks[i].m, 2, 3);
		load(&tasks[i], 4, 2, "/opt/b.so");
		load(&tasks[i], 5, 4, "/opt/c.so");
	}
	/* The four known nodes in one read, then what is new: each by itself, or both at once. */
	look(&tasks[0], WALKS, 0, 1 + 1 + 2, 4 + 2);
	look(&tasks[1], WALKS, 2, 1 + 1, 4 + 2);
	assert_names(&tasks[1].map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/b.so", "/opt/c.so"));
	assert_ptr_equal(tasks[0].map.at, tasks[1].map.at);
}

/* What is read ahead ends where a task has stood: what comes behind may not be loaded yet in others. */
static void an_end_stops_reading_ahead(void **state)
{
	struct task *tasks = *state;

	/* The first is looked at when all is loaded. */
	load(&tasks[0], 3, 2, "/opt/a.so");
	load(&tasks[0], 4, 3, "/opt/b.so");
	look(&tasks[0], APPENDS, 0, 1 + 5, 5);
	/* The second stands before that: two nodes are read in vain, and not used. */
	look(&tasks[1], APPENDS, AT_START, 1, 5);
	assert_names(&tasks[1].map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
	/* The third knows that one may stand there. */
	look(&tasks[2], APPENDS, AT_START, 1, AT_START);
	assert_int_equal(tasks[2].m->memory.bytes_read, AT_START * NODE);
	/* One that has all sees the end and goes on behind it. */
	load(&tasks[3], 3, 2, "/opt/a.so");
	load(&tasks[3], 4, 3, "/opt/b.so");
	look(&tasks[3], APPENDS, 5, 2, 5);
	assert_ptr_equal(tasks[3].map.at, tasks[0].map.at);
}

/* Nodes of others that are not even mapped in a task cut the read short, and that is all. */
static void what_is_not_there_is_not_read(void **state)
{
	struct task *a = *state, *b = a + 1;

	load(a, 3, 2, "/opt/a.so");
	load(a, 4, 3, "/opt/b.so");
	look(a, APPENDS, 0, 1 + 5, 5);
	b->m->size = AT_START * NODE + NODE / 2;
	look(b, APPENDS, AT_START, 1, AT_START);
	assert_names(&b->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
}

/* A look that fails takes the history back to where it was. */
static void a_failed_look_takes_no_step(void **state)
{
	struct task *a = *state, *b = a + 1;
	struct linkmap_change change;
	struct mapstep *at;

	look(a, APPENDS, 0, 1 + AT_START, AT_START);
	look(b, APPENDS, AT_START, 1, AT_START);
	load(a, 3, 2, "/opt/a.so");
	load(a, 4, 3, "/opt/b.so");
	look(a, APPENDS, 0, 4, 3);
	load(b, 3, 2, "/opt/a.so");
	at = b->map.at;
	node_at(b->m, 3)->next = 0x1234;
	assert_err_has(linkmap_append(&b->map, &b->m->memory, node_addr(0), NULL, &change), "0x1234 cannot be read");
	assert_ptr_equal(b->map.at, at);
	assert_err_has(linkmap_walk(&b->map, &b->m->memory, node_addr(0), &change), "0x1234 cannot be read");
	assert_ptr_equal(b->map.at, at);
	b->m->gone = true;
	assert_true(err_is_gone(linkmap_walk(&b->map, &b->m->memory, node_addr(0), &change)));
	b->m->gone = false;
	assert_ptr_equal(b->map.at, at);
	node_at(b->m, 3)->next = 0;
	load(b, 4, 3, "/opt/b.so");
	look(b, APPENDS, 2, 2, 3);
	assert_ptr_equal(b->map.at, a->map.at);
}

/* An exec: the map begins again, in the history of programs that begin so. */
static void a_cleared_map_begins_again(void **state)
{
	struct task *a = *state;

	look(a, APPENDS, 0, 1 + AT_START, AT_START);
	linkmap_clear(&a->map);
	look(a, APPENDS, AT_START, 1, AT_START);
	assert_names(&a->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so"));
}

/* Steps that differ in one word only: of so many some share a hash bucket. The word 3 is the step before. */
static size_t add_many(struct mapsteps *steps, size_t word, size_t n)
{
	struct link link = { .name = intern_get("/opt/many.so"), .bias = 1, .name_addr = 2, .ld = 3 };
	struct mapstep **added = mem_calloc(n, sizeof(added[0]));

	for (size_t i = 0; i < n; i++) {
		taddr *words[] = { &link.bias, &link.name_addr, &link.ld };

		if (word < 3)
			*words[word] = 0x1000 + i;
		added[i] = mapsteps_add(steps, word == 3 && i ? added[i - 1] : NULL, &link, false);
		assert_non_null(added[i]);
	}
	for (size_t i = 0; i < n; i++) {
		const struct link same = { .bias = added[i]->bias, .name_addr = added[i]->name_addr, .ld = added[i]->ld };

		if (mapsteps_find(steps, added[i]->before, &same, false) != added[i] ||
		    mapsteps_find(steps, added[i]->before, &same, true))
			fail_msg("step %zu of those that differ in word %zu is not found", i, word);
	}
	free(added);
	intern_put(link.name);
	return n;
}

/* Beyond the bound a map goes on by itself, and so do those that come to the same place. */
static void too_many_steps_end_the_sharing(void **state)
{
	struct task *a = *state, *b = a + 1;
	const struct link link = { .name = "", .bias = 9 };
	size_t n = AT_START;

	look(a, APPENDS, 0, 1 + AT_START, AT_START);
	for (size_t word = 0; word < 4; word++)
		n += add_many(a->steps, word, (MAPSTEPS_MAX - n) / (4 - word));
	assert_int_equal(n, MAPSTEPS_MAX);
	assert_null(mapsteps_add(a->steps, NULL, &link, false));
	load(a, 3, 2, "/opt/a.so");
	look(a, APPENDS, 0, 3, 2);
	assert_names(&a->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/a.so"));
	assert_null(a->map.steps);
	load(b, 3, 2, "/opt/a.so");
	look(b, APPENDS, AT_START, 3, 4);
	assert_names(&b->map, NAMES_OF("", "/lib/libc.so.6", "/lib/ld.so", "/opt/a.so"));
	assert_null(b->map.steps);
	load(b, 4, 3, "/opt/b.so");
	look(b, APPENDS, 0, 3, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_histories_share_names, setup, teardown),
		cmocka_unit_test_setup_teardown(another_bias_forks_the_history, setup, teardown),
		cmocka_unit_test_setup_teardown(another_name_forks_the_history, setup, teardown),
		cmocka_unit_test_setup_teardown(another_section_forks_the_history, setup, teardown),
		cmocka_unit_test_setup_teardown(nodes_elsewhere_share_names, setup, teardown),
		cmocka_unit_test_setup_teardown(removals_are_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(removals_are_not_read_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(an_end_stops_reading_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_look_takes_no_step, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cleared_map_begins_again, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_steps_end_the_sharing, setup, teardown),
	};

	return cmocka_run_group_tests_name("mapsteps", tests, NULL, NULL);
}
