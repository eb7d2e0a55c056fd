/* SPDX-License-Identifier: BSD-3-Clause */
/* The merge of stacks: shared prefixes, order, names of all kinds. */
#include "measure/stacktree.h"
#include "unit.h"

/* "main a b": functions from the outermost in, in library /x/app. */
static void add(struct stacktree *tree, uint32_t rank, const char *text)
{
	struct stack_frame frames[16];
	char *words[16], copy[128], *save = NULL;
	size_t n = 0;

	strcpy(copy, text);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	for (size_t i = 0; i < n; i++)
		frames[i] = (struct stack_frame){ .function = words[n - 1 - i], .library = "/x/app" };
	stacktree_add(tree, frames, n, rank);
}

static void put_node(const struct stacktree *tree, uint32_t at, struct strbuf *out)
{
	for (uint32_t c = tree->nodes[at].first_child; c != STACK_NO_NODE; c = tree->nodes[c].next) {
		const struct stack_node *node = &tree->nodes[c];

		strbuf_printf(out, "(%s %d:", node->function, (int)node->stacks);
		rankset_put(&node->ranks, out);
		put_node(tree, c, out);
		strbuf_puts(out, ")");
	}
}

static void assert_tree(const struct stacktree *tree, const char *text)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	put_node(tree, 0, &out);
	assert_string_equal(out.text, text);
}

static const struct {
	uint32_t rank;
	const char *frames;
} stacks[] = {
	{ 0, "main work compute" }, { 1, "main work wait" }, { 2, "main work compute" },
	{ 3, "main work compute" }, { 5, "main stop" },      { 5, "start thread" },
	{ 6, "main work" },
};
#define MERGED "(main 6:0-3,5-6(stop 1:5)(work 5:0-3,6(compute 3:0,2-3)(wait 1:1)))(start 1:5(thread 1:5))"

static void shares_prefixes(void **state)
{
	struct stacktree tree = { 0 };

	(void)state;
	assert_true(stacktree_is_empty(&tree));
	for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
		add(&tree, stacks[i].rank, stacks[i].frames);
	assert_tree(&tree, MERGED);
	assert_int_equal(tree.nodes[0].stacks, 7);
	assert_int_equal(rankset_count(&tree.nodes[0].ranks), 6);
	assert_int_equal(stacktree_ends(&tree, 0), 0);
	assert_int_equal(stacktree_ends(&tree, tree.nodes[0].first_child), 0);
	stacktree_deinit(&tree);
	assert_true(stacktree_is_empty(&tree));
}

static void order_does_not_matter(void **state)
{
	(void)state;
	for (size_t first = 0; first < ARRAY_SIZE(stacks); first++) {
		struct stacktree tree = { 0 };

		for (size_t i = ARRAY_SIZE(stacks); i-- > 0;) {
			size_t at = (first + i) % ARRAY_SIZE(stacks);

			add(&tree, stacks[at].rank, stacks[at].frames);
		}
		assert_tree(&tree, MERGED);
		stacktree_deinit(&tree);
	}
}

static void trees_join_as_stacks_do(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= ARRAY_SIZE(stacks); cut++) {
		struct stacktree halves[2] = { { 0 }, { 0 } };

		for (size_t i = 0; i < ARRAY_SIZE(stacks); i++)
			add(&halves[i >= cut], stacks[i].rank, stacks[i].frames);
		stacktree_join(&halves[0], &halves[1]);
		assert_tree(&halves[0], MERGED);
		assert_int_equal(halves[0].nodes[0].stacks, ARRAY_SIZE(stacks));
		stacktree_deinit(&halves[0]);
		stacktree_deinit(&halves[1]);
	}
}

static void a_stack_may_end_inside_another(void **state)
{
	struct stacktree tree = { 0 };

	(void)state;
	add(&tree, 0, "main a");
	add(&tree, 1, "main a b");
	add(&tree, 1, "main");
	assert_tree(&tree, "(main 3:0-1(a 2:0-1(b 1:1)))");
	assert_int_equal(stacktree_ends(&tree, 1), 1); /* main */
	assert_int_equal(stacktree_ends(&tree, 2), 1); /* a */
	assert_int_equal(stacktree_ends(&tree, 3), 1); /* b */
	stacktree_deinit(&tree);
}

static void frames_without_names(void **state)
{
	static const struct stack_frame frames[] = {
		{ .function = NULL, .library = NULL },
		{ .function = NULL, .library = "/usr/lib/libx.so.1", .value = 0x1a0 },
		{ .function = "same", .library = "/a/liba.so" },
		{ .function = "evil;name\n\xff", .library = "lib;b.so" },
	};
	struct stacktree tree = { 0 };
	struct stack_frame other = { .function = "same", .library = "/b/libb.so" };

	(void)state;
	stacktree_add(&tree, frames, ARRAY_SIZE(frames), 0);
	assert_tree(&tree, "(evil?name?? 1:0(same 1:0(libx.so.1+0x1a0 1:0(? 1:0))))");
	assert_string_equal(tree.nodes[1].library, "lib?b.so");
	assert_string_equal(tree.nodes[2].library, "liba.so");
	assert_null(tree.nodes[4].library);
	/* The same again is the same nodes; the same name in another library is another function. */
	stacktree_add(&tree, frames, ARRAY_SIZE(frames), 0);
	assert_int_equal(tree.n, 5);
	stacktree_add(&tree, (const struct stack_frame[]){ other, frames[3] }, 2, 0);
	assert_int_equal(tree.n, 6);
	stacktree_deinit(&tree);
}

static void recursion_is_kept(void **state)
{
	struct stacktree tree = { 0 };

	(void)state;
	add(&tree, 0, "main f f f");
	add(&tree, 1, "main f f");
	assert_tree(&tree, "(main 2:0-1(f 2:0-1(f 2:0-1(f 1:0))))");
	stacktree_deinit(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_prefixes),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(trees_join_as_stacks_do),
		cmocka_unit_test(a_stack_may_end_inside_another),
		cmocka_unit_test(frames_without_names),
		cmocka_unit_test(recursion_is_kept),
	};

	return cmocka_run_group_tests_name("stacktree", tests, NULL, NULL);
}
