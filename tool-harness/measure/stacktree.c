/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The merge. Nodes are in one array and point to each other by index. Names are made
 * printable as they come in, since they are read from files and tasks that nobody
 * vouches for. Invariant: a node's children are sorted and differ, so that the same stacks
 * give the same tree, in whatever order they came.
 */
#include "measure/stacktree.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

void stacktree_deinit(struct stacktree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->nodes[i].function);
		free(tree->nodes[i].library);
		rankset_deinit(&tree->nodes[i].ranks);
	}
	free(tree->nodes);
	memset(tree, 0, sizeof(*tree));
}

static char *clean(const char *name)
{
	char *own = mem_strdup(name);

	/* ';' separates frames in folded text. */
	for (char *c = own; c && *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f || *c == ';')
			*c = '?';
	return own;
}

static uint32_t node_new(struct stacktree *tree, const char *function, const char *library)
{
	mem_grow(tree->nodes, tree->n, tree->cap);
	tree->nodes[tree->n] = (struct stack_node){
		.function = clean(function),
		.library = clean(library),
		.first_child = STACK_NO_NODE,
		.next = STACK_NO_NODE,
	};
	return (uint32_t)tree->n++;
}

static int names_compare(const struct stack_node *node, const char *function, const char *library)
{
	int order = strcmp(node->function, function);

	if (order || (!node->library && !library))
		return order;
	return !node->library ? -1 : !library ? 1 : strcmp(node->library, library);
}

uint32_t stacktree_child(struct stacktree *tree, uint32_t parent, const char *function, const char *library)
{
	_cleanup_free_ char *clean_function = clean(function), *clean_library = clean(library);
	uint32_t before = STACK_NO_NODE, at, made;

	if (parent == STACK_NO_NODE)
		return tree->n ? 0 : node_new(tree, NULL, NULL);
	assert(parent < tree->n && function);
	for (at = tree->nodes[parent].first_child; at != STACK_NO_NODE; at = tree->nodes[at].next) {
		int order = names_compare(&tree->nodes[at], clean_function, clean_library);

		if (!order)
			return at;
		if (order > 0)
			break;
		before = at;
	}
	made = node_new(tree, clean_function, clean_library);
	tree->nodes[made].next = at;
	if (before == STACK_NO_NODE)
		tree->nodes[parent].first_child = made;
	else
		tree->nodes[before].next = made;
	return made;
}

static const char *last_part(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

static uint32_t frame_child(struct stacktree *tree, uint32_t parent, const struct stack_frame *frame)
{
	const char *library = last_part(frame->library);
	_cleanup_free_ char *made_up = NULL;

	if (!frame->function)
		made_up = library ? mem_printf("%s+0x%" PRIx64, library, frame->value) : mem_strdup("?");
	return stacktree_child(tree, parent, frame->function ? frame->function : made_up, library);
}

static void count(struct stacktree *tree, uint32_t node, uint32_t rank)
{
	rankset_add(&tree->nodes[node].ranks, rank);
	tree->nodes[node].stacks++;
}

void stacktree_add(struct stacktree *tree, const struct stack_frame *frames, size_t n, uint32_t rank)
{
	uint32_t node = stacktree_child(tree, STACK_NO_NODE, NULL, NULL);

	count(tree, node, rank);
	for (size_t i = n; i > 0; i--) {
		node = frame_child(tree, node, &frames[i - 1]);
		count(tree, node, rank);
	}
}

static void join(struct stacktree *tree, uint32_t to, const struct stacktree *other, uint32_t from)
{
	const struct stack_node *source = &other->nodes[from];

	rankset_join(&tree->nodes[to].ranks, &source->ranks);
	tree->nodes[to].stacks += source->stacks;
	for (uint32_t c = source->first_child; c != STACK_NO_NODE; c = other->nodes[c].next)
		join(tree, stacktree_child(tree, to, other->nodes[c].function, other->nodes[c].library), other, c);
}

void stacktree_join(struct stacktree *tree, const struct stacktree *other)
{
	if (!stacktree_is_empty(other))
		join(tree, stacktree_child(tree, STACK_NO_NODE, NULL, NULL), other, 0);
}

uint64_t stacktree_ends(const struct stacktree *tree, uint32_t node)
{
	uint64_t n = tree->nodes[node].stacks;

	for (uint32_t c = tree->nodes[node].first_child; c != STACK_NO_NODE; c = tree->nodes[c].next)
		n -= tree->nodes[c].stacks;
	return n;
}
