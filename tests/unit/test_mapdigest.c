/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests of made-up link maps: what must change them and what must not. */
#include <string.h>

#include "ld/mapdigest.h"
#include "unit.h"

struct made_maps {
	struct link links[2][4];
	struct namespace spaces[2];
	struct namespaces all;
};

/* Two namespaces with libraries "", a, b and c, a. */
static void make(struct made_maps *m)
{
	static char program[] = "", a[] = "/lib/a.so", b[] = "/lib/b.so", c[] = "/lib/c.so";

	*m = (struct made_maps){
		.links = { { { .name = program, .bias = 0x1000 }, { .name = a, .bias = 0x2000 },
			     { .name = b, .bias = 0x3000 } },
			   { { .name = c, .bias = 0x4000 }, { .name = a, .bias = 0x5000 } } },
	};
	m->spaces[0].map = (struct linkmap){ .links = m->links[0], .n = 3 };
	m->spaces[1].map = (struct linkmap){ .links = m->links[1], .n = 2 };
	m->all = (struct namespaces){ .v = m->spaces, .n = 2 };
}

static void same_maps_are_equal(void **state)
{
	struct made_maps x, y;
	struct map_digest dx, dy;

	(void)state;
	make(&x);
	make(&y);
	y.links[0][1].node = 0x99; /* where the loader keeps its node is not what is mapped */
	y.links[0][1].ld = 0x98;
	dx = namespaces_digest(&x.all, NULL);
	dy = namespaces_digest(&y.all, NULL);
	assert_true(dx.placed == dy.placed);
	assert_true(dx.files == dy.files);
	assert_true(dx.files != dx.placed);
}

static void an_address_moves_one_digest(void **state)
{
	struct made_maps x, y;
	struct map_digest dx, dy;

	(void)state;
	make(&x);
	make(&y);
	y.links[1][1].bias += 0x1000;
	dx = namespaces_digest(&x.all, NULL);
	dy = namespaces_digest(&y.all, NULL);
	assert_true(dx.placed != dy.placed);
	assert_true(dx.files == dy.files);
}

static void a_name_or_its_place_moves_both(void **state)
{
	struct made_maps x, y;
	struct map_digest dx, other;
	struct link swapped;

	(void)state;
	make(&x);
	dx = namespaces_digest(&x.all, NULL);

	make(&y); /* another order */
	swapped = y.links[0][1];
	y.links[0][1] = y.links[0][2];
	y.links[0][2] = swapped;
	other = namespaces_digest(&y.all, NULL);
	assert_true(other.files != dx.files && other.placed != dx.placed);

	make(&y); /* the last library of one namespace is the first of the next */
	y.spaces[0].map.n = 2;
	y.spaces[1].map = (struct linkmap){ .links = (struct link[]){ x.links[0][2], x.links[1][0], x.links[1][1] },
					    .n = 3 };
	other = namespaces_digest(&y.all, NULL);
	assert_true(other.files != dx.files && other.placed != dx.placed);

	make(&y); /* one less */
	y.spaces[1].map.n = 1;
	other = namespaces_digest(&y.all, NULL);
	assert_true(other.files != dx.files && other.placed != dx.placed);
}

static uint64_t inode_of_a = 7;

static struct link_file known(const struct link *link)
{
	if (!strcmp(link->name, "a.so")) /* a relative name of what others call by its path */
		return (struct link_file){ "/lib/a.so", 1, inode_of_a };
	return (struct link_file){ link->name, 1, strcmp(link->name, "/lib/a.so") ? 9 : inode_of_a };
}

static void files_count_not_names(void **state)
{
	static char relative[] = "a.so";
	struct made_maps x, y;
	struct map_digest dx, dy;

	(void)state;
	make(&x);
	make(&y);
	dx = namespaces_digest(&x.all, known);
	y.links[0][1].name = relative;
	dy = namespaces_digest(&y.all, known);
	assert_true(dx.files == dy.files && dx.placed == dy.placed);
	inode_of_a = 8; /* another file by the same name */
	dy = namespaces_digest(&x.all, known);
	inode_of_a = 7;
	assert_true(dx.files != dy.files && dx.placed != dy.placed);
}

/* FNV-1a (64 bits) of the bytes 00 ff, as anyone can compute it. */
static void the_function_is_fnv1a(void **state)
{
	char program[] = "";
	struct link link = { .name = program };
	struct namespace space = { .map = { .links = &link, .n = 1 } };
	struct namespaces all = { .v = &space, .n = 1 };
	uint64_t expected = 0xcbf29ce484222325u;

	(void)state;
	expected = (expected ^ 0x00) * 0x100000001b3u;
	expected = (expected ^ 0xff) * 0x100000001b3u;
	assert_true(namespaces_digest(&all, NULL).files == expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_maps_are_equal),
		cmocka_unit_test(an_address_moves_one_digest),
		cmocka_unit_test(a_name_or_its_place_moves_both),
		cmocka_unit_test(files_count_not_names),
		cmocka_unit_test(the_function_is_fnv1a),
	};

	return cmocka_run_group_tests_name("mapdigest", tests, NULL, NULL);
}
