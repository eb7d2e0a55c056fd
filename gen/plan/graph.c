/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who depends on whom: the shape that the spec names. Modules stand in import order,
 * utilities in a shuffled row. Invariant: a library depends only on those before it
 * (modules also on any utility), so that the graph is acyclic and importing in order
 * never loads a later module; and each utility is needed by something. libmodulebegin
 * is the exception that may need all modules; nothing needs it.
 */
#include <assert.h>
#include <string.h>

#include "gen/plan/internal.h"
#include "lib/mem.h"

/* Libraries in an order; a member depends on members before it. */
struct row {
	const uint32_t *v;
	size_t n;
};

static void shuffle(uint32_t *v, size_t n, struct rng *rng)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(rng, i);
		uint32_t t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}

void plan_draw_front(uint32_t *v, size_t len, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = i + rng_below(rng, len - i);
		uint32_t t = v[i];

		v[i] = v[j];
		v[j] = t;
	}
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Where part i of n even parts of a row begins; rounded up, so that part 0 has something. */
static size_t first_of_part(size_t i, size_t n, size_t row_length)
{
	return (i * row_length + n - 1) / n;
}

static void need(struct plan_library *library, const uint32_t *others, size_t n)
{
	if (!n)
		return;
	library->dependencies = mem_realloc(library->dependencies, library->n_dependencies + n,
					    sizeof(*library->dependencies));
	memcpy(library->dependencies + library->n_dependencies, others, n * sizeof(*others));
	library->n_dependencies += n;
}

/* n distinct members of a part of a row. */
static void need_some(struct plan_library *library, const uint32_t *from, size_t len, size_t n, struct rng *rng)
{
	_cleanup_free_ uint32_t *scratch = mem_calloc(len + 1, sizeof(*scratch));

	memcpy(scratch, from, len * sizeof(*from));
	plan_draw_front(scratch, len, n, rng);
	need(library, scratch, n);
}

/*
 * A row is dealt out evenly to n users: each is the first to need its part, and fills up
 * to the fan-out from the parts before it. So every member is needed, and new ones come
 * in all along the imports instead of with the first few.
 */
static void need_part(struct plan_library *library, size_t user, size_t n_users, struct row row, size_t fan_out,
		      struct rng *rng)
{
	size_t own = first_of_part(user, n_users, row.n), end = first_of_part(user + 1, n_users, row.n);
	size_t n_own = end - own, n_more = fan_out > n_own ? fan_out - n_own : 0;

	if (n_more > own)
		n_more = own;
	need(library, row.v + own, n_own);
	need_some(library, row.v, own, n_more, rng);
}

/* --- chain, tree, layers: rows whose members depend on each other ------------------ */

/* The only member that needs row member i of a tree, or n if none does. The last member is
 * the root; its children are the fan_out before it, and so on. */
static size_t tree_parent(size_t i, size_t n, size_t fan_out)
{
	size_t from_root = n - 1 - i;

	return from_root ? n - 1 - (from_root - 1) / fan_out : n;
}

static void need_tree_children(struct plan_library *library, size_t i, struct row row, size_t fan_out)
{
	size_t first = (row.n - 1 - i) * fan_out + 1;

	for (size_t child = first; child < first + fan_out && child < row.n; child++)
		need(library, &row.v[row.n - 1 - child], 1);
}

static size_t n_layers(const struct target_spec *spec, size_t n)
{
	return (size_t)spec->layers < n ? (size_t)spec->layers : n;
}

static struct row get_layer(struct row row, size_t layer, size_t layers)
{
	size_t first = first_of_part(layer, layers, row.n), end = first_of_part(layer + 1, layers, row.n);

	return (struct row){ row.v + first, end - first };
}

static size_t find_layer(size_t i, size_t layers, size_t n)
{
	size_t layer = 0;

	while (i >= first_of_part(layer + 1, layers, n))
		layer++;
	return layer;
}

static void need_utilities_of_utility(struct plan *plan, size_t i, struct row row, const struct target_spec *spec)
{
	struct plan_library *library = &plan->libraries[row.v[i]];
	size_t layers = n_layers(spec, row.n), layer;
	struct rng rng;

	plan_init_stream(&rng, spec, STREAM_UTILITY_GRAPH, library->index);
	switch ((enum dependency_shape)spec->shape) {
	case SHAPE_USED:
	case SHAPE_ALL:
		return;
	case SHAPE_CHAIN:
		if (i)
			need(library, &row.v[i - 1], 1);
		return;
	case SHAPE_TREE:
		need_tree_children(library, i, row, spec->utility_fan_out);
		return;
	case SHAPE_LAYERS:
		layer = find_layer(i, layers, row.n);
		if (layer)
			need_part(library, i - first_of_part(layer, layers, row.n), get_layer(row, layer, layers).n,
				  get_layer(row, layer - 1, layers), spec->utility_fan_out, &rng);
		return;
	}
	assert(!"no such shape");
}

/* --- modules ------------------------------------------------------------------------ */

/* Of a module's part those that nothing else in the part needs; they bring in the rest. */
static void need_tops(struct plan_library *library, size_t own, size_t end, struct row row,
		      const struct target_spec *spec, struct rng *rng)
{
	if (own == end) {
		need_some(library, row.v, own, own > 0, rng);
		return;
	}
	for (size_t i = own; i < end; i++) {
		size_t user = spec->shape == SHAPE_CHAIN ? i + 1 : tree_parent(i, row.n, spec->utility_fan_out);

		if (user >= end)
			need(library, &row.v[i], 1);
	}
}

static void need_utilities(struct plan *plan, size_t module, struct row row, const struct target_spec *spec,
			   struct rng *rng)
{
	struct plan_library *library = &plan->libraries[plan->first_module + module];
	size_t n = plan->n_ordinary, layers = n_layers(spec, row.n);

	if (!row.n)
		return;
	switch ((enum dependency_shape)spec->shape) {
	case SHAPE_USED:
		need_part(library, module, n, row, spec->utility_fan_out, rng);
		return;
	case SHAPE_ALL:
		need(library, row.v, row.n);
		return;
	case SHAPE_CHAIN:
	case SHAPE_TREE:
		need_tops(library, first_of_part(module, n, row.n), first_of_part(module + 1, n, row.n), row, spec,
			  rng);
		return;
	case SHAPE_LAYERS:
		need_part(library, module, n, get_layer(row, layers - 1, layers), spec->utility_fan_out, rng);
		return;
	}
	assert(!"no such shape");
}

static void need_modules(struct plan *plan, size_t module, struct row row, const struct target_spec *spec,
			 struct rng *rng)
{
	struct plan_library *library = &plan->libraries[row.v[module]];
	struct row from = { row.v, module };
	size_t most, layers = n_layers(spec, row.n), layer;

	if (!spec->cross_module)
		return;
	switch ((enum dependency_shape)spec->shape) {
	case SHAPE_USED:
	case SHAPE_ALL:
		break;
	case SHAPE_CHAIN:
		if (module)
			need(library, &row.v[module - 1], 1);
		return;
	case SHAPE_TREE:
		need_tree_children(library, module, row, spec->module_fan_out);
		return;
	case SHAPE_LAYERS:
		layer = find_layer(module, layers, row.n);
		from = layer ? get_layer(row, layer - 1, layers) : (struct row){ row.v, 0 };
		break;
	}
	most = (size_t)spec->module_fan_out < from.n ? (size_t)spec->module_fan_out : from.n;
	if (most)
		need_some(library, from.v, from.n, rng_range(rng, 1, most), rng);
}

/* --- whole -------------------------------------------------------------------------- */

static uint32_t *make_row(size_t first, size_t n)
{
	uint32_t *v = mem_calloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = first + i;
	return v;
}

void plan_make_dependencies(struct plan *plan, const struct target_spec *spec)
{
	_cleanup_free_ uint32_t *module_ids = make_row(plan->first_module, plan->n_ordinary);
	_cleanup_free_ uint32_t *utility_ids = make_row(plan->n_modules, spec->utilities);
	struct row modules = { module_ids, plan->n_ordinary }, utilities = { utility_ids, spec->utilities };
	struct rng rng;

	plan_init_stream(&rng, spec, STREAM_GRAPH, PLAN_NONE);
	shuffle(utility_ids, utilities.n, &rng);
	for (size_t i = 0; i < modules.n; i++) {
		plan_init_stream(&rng, spec, STREAM_GRAPH, i);
		need_modules(plan, i, modules, spec, &rng);
		need_utilities(plan, i, utilities, spec, &rng);
	}
	for (size_t i = 0; i < utilities.n; i++)
		need_utilities_of_utility(plan, i, utilities, spec);
	if (spec->break_modules && spec->begin_links_all)
		need(&plan->libraries[0], modules.v, modules.n);
	for (size_t i = 0; i < plan->n_libraries; i++)
		if (plan->libraries[i].n_dependencies)
			qsort(plan->libraries[i].dependencies, plan->libraries[i].n_dependencies,
			      sizeof(*plan->libraries[i].dependencies), compare_u32);
}
