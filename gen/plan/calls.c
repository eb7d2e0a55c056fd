/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who calls whom, in a plan whose dependencies are made. Invariant: calls go to the
 * library itself or to its dependencies; in a module along chains, from a utility at most
 * one per function. So the calls are acyclic, a call of a utility function is one path
 * through the utilities whatever their shape, and no count grows exponentially.
 */
#include <assert.h>

#include "gen/plan/internal.h"
#include "lib/mem.h"

static void add_call(struct plan_library *caller, struct plan_function *function, uint32_t library,
		     uint32_t callee)
{
	mem_grow(caller->calls, caller->n_calls, caller->cap_calls);
	caller->calls[caller->n_calls++] = (struct plan_call){ library, callee };
	function->n_calls++;
}

static void call_utility(const struct plan *plan, struct plan_library *caller, struct plan_function *function,
			 uint32_t utility, struct rng *rng)
{
	add_call(caller, function, utility, rng_below(rng, plan->libraries[utility].n_functions));
}

/* The utilities among a library's dependencies, which are ascending: modules stand first. */
static const uint32_t *find_utilities(const struct plan *plan, const struct plan_library *library, size_t *ret_n)
{
	size_t i = 0;

	while (i < library->n_dependencies && library->dependencies[i] < plan->n_modules)
		i++;
	*ret_n = library->n_dependencies - i;
	return library->n_dependencies ? library->dependencies + i : NULL;
}

/*
 * The utility calls of a library's functions are one row of slots. If there are enough of
 * them it is cut into as many parts as there are utilities, and one slot of each part is
 * that utility's own: so each is called at least once; the other slots take any of them.
 */
static uint32_t *make_slots(const uint32_t *utilities, size_t n_utilities, size_t n_slots, struct rng *rng)
{
	uint32_t *slots = mem_calloc(n_slots + 1, sizeof(*slots));

	for (size_t i = 0; i < n_slots; i++)
		slots[i] = utilities[rng_below(rng, n_utilities)];
	for (size_t i = 0; i < n_utilities && n_slots >= n_utilities; i++) {
		size_t first = i * n_slots / n_utilities, end = (i + 1) * n_slots / n_utilities;

		slots[first + rng_below(rng, end - first)] = utilities[i];
	}
	return slots;
}

/* --- which functions of a module a visit calls --------------------------------------- */

/* The share as a whole number of n; the rest decides by chance, so that small modules
 * too have the share on average. */
static size_t draw_n_visited(int64_t coverage, size_t n, struct rng *rng)
{
	uint64_t hundredths = n * coverage;

	return hundredths / 100 + (hundredths % 100 && rng_below(rng, 100) < hundredths % 100);
}

static bool *draw_visited(const struct plan_library *library, const struct target_spec *spec)
{
	size_t n = library->n_functions, n_visited;
	_cleanup_free_ uint32_t *functions = mem_calloc(n, sizeof(*functions));
	bool *visited = mem_calloc(n, sizeof(*visited));
	struct rng rng;

	plan_init_stream(&rng, spec, STREAM_COVERAGE, library->index);
	n_visited = draw_n_visited(spec->coverage, n, &rng);
	for (size_t i = 0; i < n; i++)
		functions[i] = i;
	plan_draw_front(functions, n, n_visited, &rng);
	for (size_t i = 0; i < n_visited; i++)
		visited[functions[i]] = true;
	return visited;
}

/* A module's functions in chains of at most max_depth: those that a visit calls, and the
 * others among themselves, which nobody calls. */
struct chains {
	uint32_t *next;  /* [function] the one that it calls, or PLAN_NONE */
	uint32_t *heads; /* first of each chain that the entry calls */
	size_t n_heads;
};

static void make_chains(const struct plan_library *library, const struct target_spec *spec, struct chains *ret)
{
	_cleanup_free_ bool *visited = draw_visited(library, spec);
	uint32_t last[2] = { PLAN_NONE, PLAN_NONE };
	int64_t depth[2] = { 0, 0 };

	ret->next = mem_calloc(library->n_functions, sizeof(*ret->next));
	ret->heads = mem_calloc(library->n_functions, sizeof(*ret->heads));
	ret->n_heads = 0;
	for (uint32_t i = 0; i < library->n_functions; i++) {
		bool is_visited = visited[i];

		ret->next[i] = PLAN_NONE;
		if (depth[is_visited] % spec->max_depth)
			ret->next[last[is_visited]] = i;
		else if (is_visited)
			ret->heads[ret->n_heads++] = i;
		last[is_visited] = i;
		depth[is_visited]++;
	}
}

/* --- libraries ----------------------------------------------------------------------- */

static void make_module_calls(struct plan *plan, uint32_t module, const struct target_spec *spec)
{
	struct plan_library *library = &plan->libraries[module];
	struct plan_function *entry = &library->functions[library->entry];
	size_t n = library->n_functions, n_slots = n * spec->utility_calls, n_utilities;
	const uint32_t *utilities = find_utilities(plan, library, &n_utilities);
	_cleanup_free_ uint32_t *slots = NULL;
	struct chains chains;
	struct rng rng;

	plan_init_stream(&rng, spec, STREAM_CALLS, library->index);
	/* Except in the shape of that name, a library has what it calls and calls what it has. */
	if (n_slots < n_utilities && spec->shape != SHAPE_ALL)
		n_slots = n_utilities;
	if (!n_utilities)
		n_slots = 0;
	else
		slots = make_slots(utilities, n_utilities, n_slots, &rng);
	make_chains(library, spec, &chains);
	for (size_t i = 0; i < n; i++) {
		struct plan_function *function = &library->functions[i];

		function->first_call = library->n_calls;
		for (size_t slot = i * n_slots / n; slot < (i + 1) * n_slots / n; slot++)
			call_utility(plan, library, function, slots[slot], &rng);
		if (chains.next[i] != PLAN_NONE)
			add_call(library, function, module, chains.next[i]);
	}
	if (library->cross != PLAN_NONE)
		library->functions[library->cross].first_call = library->n_calls;
	entry->first_call = library->n_calls;
	for (size_t i = 0; i < chains.n_heads; i++)
		add_call(library, entry, module, chains.heads[i]);
	for (size_t i = 0; i < library->n_dependencies; i++) {
		uint32_t other = library->dependencies[i];

		if (other < plan->n_modules)
			add_call(library, entry, other, plan->libraries[other].cross);
	}
	free(chains.next);
	free(chains.heads);
}

static void make_utility_calls(struct plan *plan, uint32_t utility, const struct target_spec *spec)
{
	struct plan_library *library = &plan->libraries[utility];
	size_t n = library->n_functions;
	_cleanup_free_ uint32_t *slots = NULL;
	struct rng rng;

	if (!library->n_dependencies)
		return;
	plan_init_stream(&rng, spec, STREAM_UTILITY_CALLS, library->index);
	slots = make_slots(library->dependencies, library->n_dependencies, n, &rng);
	for (size_t i = 0; i < n; i++) {
		library->functions[i].first_call = library->n_calls;
		call_utility(plan, library, &library->functions[i], slots[i], &rng);
	}
}

void plan_make_calls(struct plan *plan, const struct target_spec *spec)
{
	for (size_t i = 0; i < plan->n_ordinary; i++)
		make_module_calls(plan, plan->first_module + i, spec);
	for (size_t i = plan->n_modules; i < plan->n_libraries; i++)
		make_utility_calls(plan, i, spec);
}
