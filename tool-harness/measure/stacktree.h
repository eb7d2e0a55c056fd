/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks of many tasks merged into one prefix tree, as STAT shows them: each node is a
 * function as called from the functions above it, with the ranks that were in it and how
 * many stacks pass through it (a task with several threads has several stacks). Pure data:
 * who took the stacks is not known here.
 */
#ifndef MEASURE_STACKTREE_H
#define MEASURE_STACKTREE_H

#include <stddef.h>
#include <stdint.h>

#include "measure/stats/rankset.h"

#define STACK_MAX_FRAMES 256 /* of one stack; a walker cuts deeper ones */

/*
 * One frame. Without a function (no symbol) it is named after its library and `value`, the
 * beginning of the function relative to the load bias; without both it is unknown, "?".
 * A mark of the walker ("[cut]") has a function and no library.
 */
struct stack_frame {
	const char *function;
	const char *library; /* path or name, its last part counts; NULL: none */
	uint64_t value;
};

#define STACK_NO_NODE UINT32_MAX

struct stack_node {
	char *function;      /* never NULL but in the root; printable, without ';' */
	char *library;       /* last part of its path, or NULL */
	struct rankset ranks;
	uint64_t stacks;     /* that pass through or end here */
	uint32_t first_child, next; /* children are in the order of function, library */
};

struct stacktree {
	struct stack_node *nodes; /* nodes[0] is the root, which has no function; none when empty */
	size_t n, cap;
};

void stacktree_deinit(struct stacktree *tree);

/* Adds one stack of a rank: frames[0] is the innermost, as a walk finds them. */
void stacktree_add(struct stacktree *tree, const struct stack_frame *frames, size_t n, uint32_t rank);

/* The child of a node by its names, made if needed; for readers of written trees. The root,
 * node 0, is made for the parent STACK_NO_NODE. Nodes move: indices stay good, pointers don't. */
uint32_t stacktree_child(struct stacktree *tree, uint32_t parent, const char *function, const char *library);

/* Adds all stacks of another tree. */
void stacktree_join(struct stacktree *tree, const struct stacktree *other);

/* Stacks that end in a node: those that none of its children has. */
uint64_t stacktree_ends(const struct stacktree *tree, uint32_t node);

static inline bool stacktree_is_empty(const struct stacktree *tree)
{
	return tree->n == 0;
}

#endif
