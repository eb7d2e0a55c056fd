/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trees of stacks as text, folded text and JSON. In JSON a tree is a list of nodes, each
 * behind its parent, so that neither writing nor reading it goes as deep as the stacks do.
 * Invariant: in a tree that was read no node has more stacks or is deeper than it could be
 * if it had been measured.
 */
#include "report/stacks.h"

#include <inttypes.h>
#include <string.h>

#include "lib/json/text.h"
#include "lib/mem.h"
#include "report/grid/text.h"
#include "report/human.h"

#define RANKS_WIDTH 18
#define STACKS_WIDTH 9

static const char *const moment_titles[STACKS_N] = {
	[STACKS_START] = "at the end of phase 1",
	[STACKS_EVENTS] = "at load events",
	[STACKS_END] = "when the unfinished job was ended",
};

/* --- text ------------------------------------------------------------------------- */

/* "0-3,5"; of a long one its begin and the number of ranks. */
static char *ranks_text(const struct rankset *ranks)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *count = NULL;
	size_t len;

	rankset_put(ranks, &text);
	if (text.len < RANKS_WIDTH)
		return strbuf_steal(&text);
	count = mem_printf("... (%" PRIu64 ")", rankset_count(ranks));
	len = RANKS_WIDTH - 1 > strlen(count) ? RANKS_WIDTH - 1 - strlen(count) : 0;
	while (len > 0 && text.text[len - 1] != ',')
		len--;
	return mem_printf("%.*s%s", (int)len, text.text, count);
}

static bool is_last(const struct stacktree *tree, uint32_t node)
{
	return tree->nodes[node].next == STACK_NO_NODE;
}

static void put_node(const struct stacktree *tree, uint32_t at, const struct stack_node *parent, const char *branches,
		     struct strbuf *out)
{
	const struct stack_node *node = &tree->nodes[at];
	bool same = node->stacks == parent->stacks && rankset_equal(&node->ranks, &parent->ranks) && parent->function;

	if (same) {
		text_left(out, "", 2 + RANKS_WIDTH + STACKS_WIDTH);
	} else {
		_cleanup_free_ char *ranks = ranks_text(&node->ranks);
		_cleanup_strbuf_ struct strbuf stacks = STRBUF_INIT;

		strbuf_puts(out, "  ");
		text_left(out, ranks, RANKS_WIDTH);
		human_count(&stacks, (double)node->stacks);
		text_right(out, stacks.text, STACKS_WIDTH);
	}
	strbuf_printf(out, "  %s%s", branches, node->function);
	/* A library is said where it changes; a name made of it needs none. */
	if (node->library && (!parent->library || strcmp(node->library, parent->library) != 0) &&
	    strncmp(node->function, node->library, strlen(node->library)) != 0)
		strbuf_printf(out, "  [%s]", node->library);
	text_end(out);
}

static void put_below(const struct stacktree *tree, uint32_t parent, const char *branches, struct strbuf *out)
{
	uint32_t first = tree->nodes[parent].first_child;
	bool splits = tree->nodes[parent].function && first != STACK_NO_NODE && !is_last(tree, first);

	for (uint32_t c = first; c != STACK_NO_NODE; c = tree->nodes[c].next) {
		const char *turn = !splits ? "" : is_last(tree, c) ? "└ " : "├ ";
		const char *past = !splits ? "" : is_last(tree, c) ? "  " : "│ ";
		_cleanup_free_ char *own = mem_printf("%s%s", branches, turn);
		_cleanup_free_ char *below = mem_printf("%s%s", branches, past);

		put_node(tree, c, &tree->nodes[parent], own, out);
		put_below(tree, c, below, out);
	}
}

/* One tree: a line for each function, those that one caller called below it, with the ranks
 * and the number of stacks wherever they change. */
static void stacktree_put(const struct stacktree *tree, struct strbuf *out)
{
	text_left(out, "ranks", 2 + RANKS_WIDTH);
	text_right(out, "stacks", STACKS_WIDTH);
	text_end(out);
	if (!stacktree_is_empty(tree))
		put_below(tree, 0, "", out);
}

static void put_trial(const struct run *run, const struct trial *trial, enum stacks_moment moment, struct strbuf *out)
{
	const struct stack_node *root = &trial->stacks[moment].nodes[0];

	text_rule(out);
	strbuf_printf(out, "stacks %s (%s %" PRIu32, moment_titles[moment], temperature_names[trial->temperature],
		      trial->repetition + 1);
	if (run->n_variants > 1)
		strbuf_printf(out, ", %s", run->variants[trial->variant].name);
	strbuf_puts(out, "): ");
	human_count(out, (double)root->stacks);
	strbuf_puts(out, root->stacks == 1 ? " stack, " : " stacks, ");
	human_count(out, (double)rankset_count(&root->ranks));
	strbuf_puts(out, rankset_count(&root->ranks) == 1 ? " rank\n" : " ranks\n");
	stacktree_put(&trial->stacks[moment], out);
}

/* Other repetitions show the same; they are in the record. */
static bool is_last_of_variant(const struct run *run, size_t index, enum stacks_moment moment)
{
	for (size_t i = index + 1; i < run->n_trials; i++)
		if (!stacktree_is_empty(&run->trials[i].stacks[moment]) &&
		    run->trials[i].variant == run->trials[index].variant)
			return false;
	return !stacktree_is_empty(&run->trials[index].stacks[moment]);
}

void stacks_put(const struct run *run, struct strbuf *out)
{
	for (size_t moment = 0; moment < STACKS_N; moment++)
		for (size_t i = 0; i < run->n_trials; i++)
			if (is_last_of_variant(run, i, (enum stacks_moment)moment))
				put_trial(run, &run->trials[i], (enum stacks_moment)moment, out);
}

/* --- folded ----------------------------------------------------------------------- */

static void fold_below(const struct stacktree *tree, uint32_t parent, struct strbuf *path, struct strbuf *out)
{
	for (uint32_t c = tree->nodes[parent].first_child; c != STACK_NO_NODE; c = tree->nodes[c].next) {
		size_t len = path->len;
		uint64_t ends = stacktree_ends(tree, c);

		strbuf_printf(path, ";%s", tree->nodes[c].function);
		if (ends)
			strbuf_printf(out, "%s %" PRIu64 "\n", path->text, ends);
		fold_below(tree, c, path, out);
		path->len = len;
		path->text[len] = '\0';
	}
}

void stacks_fold(const struct run *run, struct strbuf *out)
{
	for (size_t moment = 0; moment < STACKS_N; moment++) {
		_cleanup_(stacktree_deinit) struct stacktree all = { 0 };
		_cleanup_strbuf_ struct strbuf path = STRBUF_INIT;

		for (size_t i = 0; i < run->n_trials; i++)
			stacktree_join(&all, &run->trials[i].stacks[moment]);
		strbuf_puts(&path, stacks_moment_names[moment]);
		if (!stacktree_is_empty(&all))
			fold_below(&all, 0, &path, out);
	}
}

/* --- JSON ------------------------------------------------------------------------- */

static json_t *ranks_to_json(const struct rankset *ranks)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	rankset_put(ranks, &text);
	return json_string(text.text);
}

/* In the order in which a reader of the text meets them. */
static void nodes_to_json(const struct stacktree *tree, uint32_t parent, json_t *parent_index, json_t *nodes)
{
	for (uint32_t c = tree->nodes[parent].first_child; c != STACK_NO_NODE; c = tree->nodes[c].next) {
		const struct stack_node *node = &tree->nodes[c];
		json_t *index = json_integer((json_int_t)json_array_size(nodes));

		json_array_append_new(nodes, json_pack("{s:O, s:o, s:o, s:I, s:o}", "parent", parent_index,
						       "function", json_text(node->function), "library",
						       json_text(node->library), "stacks",
						       (json_int_t)node->stacks, "ranks", ranks_to_json(&node->ranks)));
		nodes_to_json(tree, c, index, nodes);
		json_decref(index);
	}
}

static json_t *tree_to_json(const struct stacktree *tree)
{
	json_t *nodes = json_array(), *none = json_null();

	nodes_to_json(tree, 0, none, nodes);
	return json_pack("{s:I, s:o, s:o}", "stacks", (json_int_t)tree->nodes[0].stacks, "ranks",
			 ranks_to_json(&tree->nodes[0].ranks), "nodes", nodes);
}

json_t *stacks_to_json(const struct trial *trial)
{
	json_t *json = json_object();

	for (size_t i = 0; i < STACKS_N; i++) {
		const struct stacktree *tree = &trial->stacks[i];

		json_object_set_new(json, stacks_moment_names[i],
				    stacktree_is_empty(tree) ? json_null() : tree_to_json(tree));
	}
	return json;
}

/* Stacks of nodes that their children have not claimed yet, and depth, while a tree is read. */
struct reading {
	struct stacktree *tree;
	uint64_t *unclaimed; /* by node of the tree: 0 is the root, i + 1 the node i of the list */
	uint32_t *depth;
};

static struct err *read_counts(json_t *json, struct reading *reading, uint32_t node)
{
	json_t *stacks = json_object_get(json, "stacks");
	const char *ranks = json_string_value(json_object_get(json, "ranks"));

	if (!json_is_integer(stacks) || json_integer_value(stacks) < 1)
		return err_new("stacks: missing or not a positive number");
	if (!ranks)
		return err_new("ranks: missing or not a string");
	reading->tree->nodes[node].stacks = (uint64_t)json_integer_value(stacks);
	reading->unclaimed[node] = (uint64_t)json_integer_value(stacks);
	return rankset_parse(ranks, &reading->tree->nodes[node].ranks);
}

static struct err *read_node(json_t *json, struct reading *reading, size_t index)
{
	const char *function = json_string_value(json_object_get(json, "function"));
	json_t *parent = json_object_get(json, "parent");
	uint32_t above = 0, node;
	struct err *err;

	if (!function || !*function)
		return err_new("function: missing or not a name");
	if (json_is_integer(parent)) {
		if (json_integer_value(parent) < 0 || (size_t)json_integer_value(parent) >= index)
			return err_new("parent: no node before this one");
		above = (uint32_t)json_integer_value(parent) + 1;
	} else if (!json_is_null(parent)) {
		return err_new("parent: missing or not a number");
	}
	node = stacktree_child(reading->tree, above, function,
			       json_string_value(json_object_get(json, "library")));
	if (node != index + 1)
		return err_new("the function is in the list already, with the same parent");
	reading->depth[node] = reading->depth[above] + 1;
	if (reading->depth[node] > STACK_MAX_FRAMES + 1)
		return err_new("deeper than %d frames", STACK_MAX_FRAMES + 1);
	err = read_counts(json, reading, node);
	if (err)
		return err;
	if (reading->tree->nodes[node].stacks > reading->unclaimed[above])
		return err_new("more stacks than its parent has");
	reading->unclaimed[above] -= reading->tree->nodes[node].stacks;
	return NULL;
}

static struct err *tree_from_json(json_t *json, struct stacktree *tree)
{
	json_t *nodes = json_object_get(json, "nodes"), *node;
	size_t n = json_array_size(nodes), i;
	_cleanup_free_ uint64_t *unclaimed = mem_calloc(n + 1, sizeof(*unclaimed));
	_cleanup_free_ uint32_t *depth = mem_calloc(n + 1, sizeof(*depth));
	struct reading reading = { .tree = tree, .unclaimed = unclaimed, .depth = depth };
	struct err *err;

	if (!json_is_array(nodes))
		return err_new("nodes: missing or not an array");
	err = read_counts(json, &reading, stacktree_child(tree, STACK_NO_NODE, NULL, NULL));
	if (err)
		return err;
	json_array_foreach(nodes, i, node) {
		err = read_node(node, &reading, i);
		if (err)
			return err_wrap(err, "nodes[%zu]", i);
	}
	return NULL;
}

struct err *stacks_from_json(json_t *json, struct trial *trial)
{
	if (!json || json_is_null(json))
		return NULL;
	if (!json_is_object(json))
		return err_new("stacks: not an object");
	for (size_t i = 0; i < STACKS_N; i++) {
		json_t *tree = json_object_get(json, stacks_moment_names[i]);
		struct err *err;

		if (!tree || json_is_null(tree))
			continue;
		err = tree_from_json(tree, &trial->stacks[i]);
		if (err)
			return err_wrap(err, "stacks: %s", stacks_moment_names[i]);
	}
	return NULL;
}
