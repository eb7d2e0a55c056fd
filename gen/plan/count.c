/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a run of a plan must show: how often each function is called, what each entry
 * returns, what each import loads. Walks the call graph once, in topological order,
 * whatever its shape; brute force would take a step per call instead of one per edge.
 */
#include <assert.h>

#include "gen/plan/plan.h"
#include "lib/mem.h"

enum colour { WHITE, OPEN, DONE };

/* A walk over all functions of a plan; node = number of a function in the whole plan. */
struct walk {
	const struct plan *plan;
	size_t *base;        /* first node of each library */
	uint32_t *library;   /* [node] */
	uint8_t *colour;     /* [node] */
	uint32_t *next_call; /* [node] how many of its calls were followed */
	uint64_t *result;    /* [node] calls below and including it */
	size_t *order;       /* nodes, callees before callers */
	size_t n_order;
	size_t *stack;
};

static struct plan_function *node_function(const struct walk *walk, size_t node)
{
	uint32_t library = walk->library[node];

	return &walk->plan->libraries[library].functions[node - walk->base[library]];
}

static size_t callee_node(const struct walk *walk, size_t node, uint32_t i)
{
	const struct plan_library *library = &walk->plan->libraries[walk->library[node]];
	const struct plan_call *call = &library->calls[node_function(walk, node)->first_call + i];

	return walk->base[call->library] + call->function;
}

static void finish_node(struct walk *walk, size_t node)
{
	walk->result[node] = 1;
	for (uint32_t i = 0; i < node_function(walk, node)->n_calls; i++)
		walk->result[node] += walk->result[callee_node(walk, node, i)];
	walk->colour[node] = DONE;
	walk->order[walk->n_order++] = node;
}

/* Depth first with a stack of its own: chains may be as long as the spec says. */
static void visit_node(struct walk *walk, size_t root)
{
	size_t depth = 0;

	if (walk->colour[root] == DONE)
		return;
	walk->stack[depth++] = root;
	walk->colour[root] = OPEN;
	while (depth) {
		size_t node = walk->stack[depth - 1], callee;

		if (walk->next_call[node] == node_function(walk, node)->n_calls) {
			finish_node(walk, node);
			depth--;
			continue;
		}
		callee = callee_node(walk, node, walk->next_call[node]++);
		assert(walk->colour[callee] != OPEN); /* a cycle: such a program would never end */
		if (walk->colour[callee] == WHITE) {
			walk->colour[callee] = OPEN;
			walk->stack[depth++] = callee;
		}
	}
}

static void count_calls(struct plan *plan, struct walk *walk)
{
	for (size_t i = 0; i < plan->n_libraries; i++) {
		struct plan_library *library = &plan->libraries[i];

		for (size_t j = 0; j < library->n_all; j++)
			library->functions[j].count = 0;
		if (library->entry == PLAN_NONE)
			continue;
		visit_node(walk, walk->base[i] + library->entry);
		library->visit_result = walk->result[walk->base[i] + library->entry] - 1;
		library->functions[library->entry].count = 1;
	}
	/* Callers before callees, so that a function's own count is complete when it is passed on. */
	for (size_t i = walk->n_order; i-- > 0;) {
		struct plan_function *caller = node_function(walk, walk->order[i]);

		for (uint32_t j = 0; j < caller->n_calls; j++) {
			struct plan_function *callee = node_function(walk, callee_node(walk, walk->order[i], j));

			assert(callee->count <= UINT32_MAX - caller->count);
			callee->count += caller->count;
		}
	}
	plan->n_visited = plan->n_calls = 0;
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		for (size_t j = 0; j < library->n_all; j++) {
			if (j == library->entry)
				continue;
			plan->n_visited += library->functions[j].count > 0;
			plan->n_calls += library->functions[j].count;
		}
	}
}

size_t plan_load(const struct plan *plan, uint32_t library, bool *loaded)
{
	_cleanup_free_ uint32_t *queue = mem_calloc(plan->n_libraries, sizeof(*queue));
	size_t n = 0, at = 0;

	if (!loaded[library]) {
		loaded[library] = true;
		queue[n++] = library;
	}
	while (at < n) {
		const struct plan_library *now = &plan->libraries[queue[at++]];

		for (size_t i = 0; i < now->n_dependencies; i++) {
			uint32_t needed = now->dependencies[i];

			if (!loaded[needed]) {
				loaded[needed] = true;
				queue[n++] = needed;
			}
		}
	}
	return n;
}

static void count_loads(struct plan *plan)
{
	_cleanup_free_ bool *loaded = mem_calloc(plan->n_libraries, sizeof(*loaded));

	plan->n_loaded = plan->n_import_events = 0;
	for (size_t i = 0; i < plan->n_modules; i++) {
		size_t n = plan_load(plan, i, loaded);

		plan->n_loaded += n;
		plan->n_import_events += n > 0;
	}
}

void plan_count(struct plan *plan)
{
	_cleanup_free_ size_t *base = mem_calloc(plan->n_libraries + 1, sizeof(*base));
	_cleanup_free_ uint32_t *library = NULL, *next_call = NULL;
	_cleanup_free_ uint8_t *colour = NULL;
	_cleanup_free_ uint64_t *result = NULL;
	_cleanup_free_ size_t *order = NULL, *stack = NULL;
	size_t n;
	struct walk walk;

	for (size_t i = 0; i < plan->n_libraries; i++)
		base[i + 1] = base[i] + plan->libraries[i].n_all;
	n = base[plan->n_libraries];
	library = mem_calloc(n, sizeof(*library));
	next_call = mem_calloc(n, sizeof(*next_call));
	colour = mem_calloc(n, sizeof(*colour));
	result = mem_calloc(n, sizeof(*result));
	order = mem_calloc(n, sizeof(*order));
	stack = mem_calloc(n, sizeof(*stack));
	for (size_t i = 0; i < plan->n_libraries; i++)
		for (size_t j = base[i]; j < base[i + 1]; j++)
			library[j] = i;
	walk = (struct walk){ .plan = plan, .base = base, .library = library, .colour = colour,
			      .next_call = next_call, .result = result, .order = order, .stack = stack };
	count_calls(plan, &walk);
	count_loads(plan);
}
