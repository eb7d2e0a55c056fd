/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: properties that hold for every spec, and counts against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/plan.h"
#include "lib/mem.h"

struct shape {
	int64_t modules, utilities, functions, utility_functions, max_depth, fan_out, module_fan_out, calls;
	bool cross;
	uint64_t seed;
};

/* Corners and ordinary ones: odd averages, no utilities, one of everything, more
 * utilities than modules can hold by fan-out, more utilities than functions. */
static const struct shape shapes[] = {
	{ 6, 4, 20, 20, 10, 2, 2, 1, true, 1 },
	{ 6, 4, 20, 20, 10, 2, 2, 1, false, 2 },
	{ 1, 0, 1, 1, 10, 4, 2, 1, true, 3 },
	{ 1, 0, 1, 1, 1, 4, 2, 1, false, 4 },
	{ 1, 5, 1, 1, 10, 4, 2, 1, true, 5 },
	{ 5, 0, 7, 1, 3, 4, 2, 1, true, 6 },
	{ 7, 3, 33, 11, 4, 9, 9, 2, true, 7 },
	{ 3, 40, 5, 3, 10, 1, 1, 1, true, 8 },
	{ 40, 3, 9, 15, 1, 4, 5, 0, true, 9 },
	{ 12, 12, 21, 1, 1000, 4, 2, 3, true, 10 },
	{ 30, 24, 101, 51, 10, 4, 2, 1, true, UINT64_MAX },
};

static struct target_spec spec_of(const struct shape *shape)
{
	return (struct target_spec){
		.seed = shape->seed, .modules = shape->modules, .utilities = shape->utilities,
		.functions = shape->functions, .utility_functions = shape->utility_functions,
		.max_depth = shape->max_depth, .cross_module = shape->cross,
		.utility_fan_out = shape->fan_out, .module_fan_out = shape->module_fan_out,
		.utility_calls = shape->calls, .functions_spread = 50, .coverage = 100, .layers = 3,
	};
}

/* The same in every shape of the graph, with and without the modules to stop at, and with
 * every coverage. */
static const struct variant {
	int shape;
	int64_t layers, coverage;
	bool break_modules, begin_links_all;
} variants[] = {
	{ SHAPE_USED, 3, 100, false, false },	{ SHAPE_USED, 3, 37, true, false },
	{ SHAPE_USED, 3, 0, true, true },	{ SHAPE_ALL, 3, 100, true, false },
	{ SHAPE_ALL, 3, 50, true, true },	{ SHAPE_CHAIN, 3, 100, false, false },
	{ SHAPE_CHAIN, 3, 1, true, false },	{ SHAPE_TREE, 3, 100, true, false },
	{ SHAPE_TREE, 3, 99, true, true },	{ SHAPE_LAYERS, 1, 100, true, false },
	{ SHAPE_LAYERS, 3, 75, true, false },	{ SHAPE_LAYERS, 1000, 100, true, true },
};

static void for_each_variant(size_t first, void (*check)(const struct target_spec *spec, const struct plan *plan))
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (size_t j = first; j < ARRAY_SIZE(variants); j++) {
			struct target_spec spec = spec_of(&shapes[i]);
			struct plan plan;

			spec.shape = variants[j].shape;
			spec.layers = variants[j].layers;
			spec.coverage = variants[j].coverage;
			spec.break_modules = variants[j].break_modules;
			spec.begin_links_all = variants[j].begin_links_all;
			plan_make(&spec, &plan);
			check(&spec, &plan);
			plan_deinit(&plan);
		}
	}
}

static void for_each_shape(void (*check)(const struct target_spec *spec, const struct plan *plan))
{
	for_each_variant(0, check);
}

static bool depends(const struct plan_library *library, uint32_t other)
{
	for (size_t i = 0; i < library->n_dependencies; i++)
		if (library->dependencies[i] == other)
			return true;
	return false;
}

static void assert_same_library(const struct plan_library *a, const struct plan_library *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->n_all, b->n_all);
	assert_int_equal(a->n_functions, b->n_functions);
	assert_memory_equal(a->functions, b->functions, a->n_all * sizeof(*a->functions));
	assert_int_equal(a->n_calls, b->n_calls);
	if (a->n_calls)
		assert_memory_equal(a->calls, b->calls, a->n_calls * sizeof(*a->calls));
	assert_int_equal(a->n_dependencies, b->n_dependencies);
	if (a->n_dependencies)
		assert_memory_equal(a->dependencies, b->dependencies, a->n_dependencies * sizeof(*a->dependencies));
}

static void check_again_the_same(const struct target_spec *spec, const struct plan *plan)
{
	struct plan again;

	plan_make(spec, &again);
	assert_int_equal(again.n_libraries, plan->n_libraries);
	for (size_t i = 0; i < plan->n_libraries; i++)
		assert_same_library(&plan->libraries[i], &again.libraries[i]);
	plan_deinit(&again);
}

static void test_same_seed_same_plan(void **state)
{
	(void)state;
	for_each_shape(check_again_the_same);
}

static void test_other_seed_other_plan(void **state)
{
	struct target_spec spec = spec_of(&shapes[0]);
	struct plan a, b;
	bool differ = false;

	(void)state;
	plan_make(&spec, &a);
	spec.seed++;
	plan_make(&spec, &b);
	for (size_t i = 0; i < a.n_libraries; i++)
		differ |= a.libraries[i].n_functions != b.libraries[i].n_functions;
	assert_true(differ);
	plan_deinit(&a);
	plan_deinit(&b);
}

/* One more library leaves the functions of the others as they were. */
static void test_added_library_keeps_functions(void **state)
{
	struct target_spec spec = spec_of(&shapes[0]);
	struct plan a, b;

	(void)state;
	plan_make(&spec, &a);
	spec.modules++;
	spec.utilities++;
	plan_make(&spec, &b);
	for (size_t i = 0; i < a.n_libraries; i++) {
		const struct plan_library *old = &a.libraries[i];
		const struct plan_library *new = &b.libraries[i + (i >= a.n_modules)];

		assert_string_equal(old->name, new->name);
		assert_int_equal(old->n_functions, new->n_functions);
		for (uint32_t j = 0; j < old->n_functions; j++) {
			assert_int_equal(old->functions[j].n_args, new->functions[j].n_args);
			assert_memory_equal(old->functions[j].args, new->functions[j].args, PLAN_MAX_ARGS);
		}
	}
	plan_deinit(&a);
	plan_deinit(&b);
}

static void check_sizes(const struct target_spec *spec, const struct plan *plan)
{
	size_t n_break = spec->break_modules ? 2 : 0;

	assert_int_equal(plan->n_ordinary, spec->modules);
	assert_int_equal(plan->n_modules, spec->modules + n_break);
	assert_int_equal(plan->n_libraries, spec->modules + n_break + spec->utilities);
	assert_int_equal(plan->libraries[0].role, n_break ? PLAN_BEGIN : PLAN_ORDINARY);
	assert_int_equal(plan->libraries[plan->n_modules - 1].role, n_break ? PLAN_FINAL : PLAN_ORDINARY);
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		bool module = i < plan->n_modules;
		int64_t average = module ? spec->functions : spec->utility_functions;

		assert_int_equal(library->kind, module ? LIBRARY_MODULE : LIBRARY_UTILITY);
		if (library->role != PLAN_ORDINARY) {
			assert_int_equal(library->n_functions, 0);
			assert_int_equal(library->visit_result, 0);
			continue;
		}
		assert_true(library->n_functions >= 1);
		assert_true(2 * library->n_functions >= average);
		assert_true(2 * library->n_functions <= 3 * average);
		assert_int_equal(library->entry != PLAN_NONE, module);
		assert_int_equal(library->cross != PLAN_NONE, module && spec->cross_module);
		for (size_t j = 0; j < library->n_all; j++) {
			assert_true(library->functions[j].n_args <= PLAN_MAX_ARGS);
			for (unsigned k = 0; k < library->functions[j].n_args; k++)
				assert_true(library->functions[j].args[k] < PLAN_N_TYPES);
		}
	}
}

static void test_sizes(void **state)
{
	(void)state;
	for_each_shape(check_sizes);
}

/* The sizes of many libraries: their mean is the average asked for, and they reach both ends. */
static void test_average(void **state)
{
	static const int64_t averages[] = { 1, 2, 3, 20, 21 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(averages); i++) {
		int64_t n = 2000, sum = 0, low = INT64_MAX, high = 0;
		struct shape shape = { n, 0, averages[i], 1, 10, 1, 1, 0, false, 11 };
		struct target_spec spec = spec_of(&shape);
		struct plan plan;

		plan_make(&spec, &plan);
		for (int64_t j = 0; j < n; j++) {
			int64_t functions = plan.libraries[j].n_functions;

			sum += functions;
			low = functions < low ? functions : low;
			high = functions > high ? functions : high;
		}
		assert_int_equal((sum + n / 2) / n, averages[i]);
		assert_int_equal(low, (averages[i] + 1) / 2);
		assert_int_equal(high, averages[i] + averages[i] / 2);
		plan_deinit(&plan);
	}
}

static uint64_t bodies_seen(const struct plan *plan, unsigned kind, unsigned size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->n_libraries; i++)
		for (size_t j = 0; j < plan->libraries[i].n_all; j++)
			n += plan->libraries[i].functions[j].body == kind &&
			     plan->libraries[i].functions[j].body_size == size;
	return n;
}

/* Kinds by their weights, sizes evenly; nothing else of a plan depends on bodies. */
static void test_bodies(void **state)
{
	struct shape shape = { 20, 0, 500, 1, 10, 1, 1, 0, false, 12 };
	struct target_spec spec = spec_of(&shape);
	int64_t sizes[] = { 3, 8 };
	struct plan bare, plan;

	(void)state;
	plan_make(&spec, &bare);
	spec.body_sizes = (struct conf_list){ .ints = sizes, .n = 2 };
	spec.body_weights[BODY_INTEGER] = 1;
	spec.body_weights[BODY_BRANCHY] = 3;
	spec.body_stack = 48;
	plan_make(&spec, &plan);
	assert_int_equal(plan.n_calls, bare.n_calls);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t few = bodies_seen(&plan, BODY_INTEGER, sizes[i]), many = bodies_seen(&plan, BODY_BRANCHY, sizes[i]);

		assert_in_range(few, plan.n_calls / 8 * 9 / 10, plan.n_calls / 8 * 11 / 10);
		assert_in_range(many, plan.n_calls * 3 / 8 * 9 / 10, plan.n_calls * 3 / 8 * 11 / 10);
		assert_int_equal(bodies_seen(&plan, BODY_FLOATING, sizes[i]), 0);
		assert_int_equal(bodies_seen(&plan, BODY_MEMORY, sizes[i]), 0);
	}
	assert_int_equal(plan.libraries[0].functions[0].stack_bytes, 48);
	assert_int_equal(plan.libraries[0].data_words, 0);
	plan_deinit(&plan);
	spec.body_weights[BODY_MEMORY] = 1; /* has something to work on, whatever data_size says */
	plan_make(&spec, &plan);
	assert_true(plan.libraries[0].data_words > 0);
	plan_deinit(&plan);
	spec.data_size = 100001;
	plan_make(&spec, &plan);
	assert_int_equal(plan.libraries[0].data_words, 12501);
	plan_deinit(&plan);
	plan_deinit(&bare);
}

/* Follows the chain of a module from one function; marks, and returns its length. */
static int64_t follow_chain(const struct plan *plan, uint32_t module, uint32_t at, unsigned *seen)
{
	const struct plan_library *library = &plan->libraries[module];
	int64_t depth = 0;

	while (at != PLAN_NONE) {
		const struct plan_function *function = &library->functions[at];
		uint32_t next = PLAN_NONE;

		seen[at]++;
		depth++;
		for (uint32_t j = 0; j < function->n_calls; j++) {
			const struct plan_call *inner = &library->calls[function->first_call + j];

			if (inner->library == module) {
				assert_int_equal(next, PLAN_NONE);
				assert_true(inner->function > at);
				next = inner->function;
			}
		}
		at = next;
	}
	return depth;
}

/*
 * The entry's chains: together as many functions of the module as the coverage says, each
 * once, no chain longer than the maximum and only the last shorter. The others are not
 * called, from wherever.
 */
static void check_chains(const struct target_spec *spec, const struct plan *plan)
{
	for (size_t i = plan->first_module; i < plan->first_module + plan->n_ordinary; i++) {
		const struct plan_library *library = &plan->libraries[i];
		const struct plan_function *entry = &library->functions[library->entry];
		_cleanup_free_ unsigned *seen = mem_calloc(library->n_all, sizeof(*seen));
		int64_t last_depth = spec->max_depth, n_seen = 0, hundredths = library->n_functions * spec->coverage;

		for (uint32_t c = 0; c < entry->n_calls; c++) {
			const struct plan_call *call = &library->calls[entry->first_call + c];

			if (call->library != i)
				continue;
			assert_int_equal(last_depth, spec->max_depth);
			last_depth = follow_chain(plan, i, call->function, seen);
			assert_true(last_depth <= spec->max_depth);
			n_seen += last_depth;
		}
		assert_in_range(n_seen, hundredths / 100, (hundredths + 99) / 100);
		for (uint32_t j = 0; j < library->n_functions; j++) {
			assert_true(seen[j] <= 1);
			assert_int_equal(library->functions[j].count, seen[j]);
		}
	}
}

static void test_chains(void **state)
{
	(void)state;
	for_each_shape(check_chains);
}

/* Longest path of dependencies from a library; fails on a cycle. */
static size_t measure_depth(const struct plan *plan, uint32_t library, size_t *depths, size_t limit)
{
	const struct plan_library *l = &plan->libraries[library];
	size_t depth = 1;

	assert_true(limit > 0);
	if (depths[library])
		return depths[library];
	for (size_t i = 0; i < l->n_dependencies; i++) {
		size_t below = measure_depth(plan, l->dependencies[i], depths, limit - 1);

		depth = below + 1 > depth ? below + 1 : depth;
	}
	return depths[library] = depth;
}

static void check_shape(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ size_t *depths = mem_calloc(plan->n_libraries, sizeof(*depths));
	_cleanup_free_ size_t *users = mem_calloc(plan->n_libraries, sizeof(*users));
	size_t n = spec->utilities, deepest = 0;

	for (size_t i = 0; i < plan->n_libraries; i++)
		measure_depth(plan, i, depths, plan->n_libraries + 1);
	for (size_t i = plan->n_modules; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		deepest = depths[i] > deepest ? depths[i] : deepest;
		for (size_t j = 0; j < library->n_dependencies; j++)
			users[library->dependencies[j]]++;
	}
	for (size_t i = plan->n_modules; i < plan->n_libraries; i++) {
		size_t n_needed = plan->libraries[i].n_dependencies;

		if (spec->shape == SHAPE_USED || spec->shape == SHAPE_ALL)
			assert_int_equal(n_needed, 0);
		if (spec->shape == SHAPE_CHAIN || spec->shape == SHAPE_TREE)
			assert_true(users[i] <= 1);
		if (spec->shape == SHAPE_TREE)
			assert_true(n_needed <= (size_t)spec->utility_fan_out);
	}
	if (n && spec->shape == SHAPE_CHAIN)
		assert_int_equal(deepest, n);
	if (n && spec->shape == SHAPE_LAYERS)
		assert_int_equal(deepest, (size_t)spec->layers < n ? (size_t)spec->layers : n);
	if (spec->shape == SHAPE_ALL)
		for (size_t i = 0; i < plan->n_ordinary; i++)
			assert_true(plan->libraries[plan->first_module + i].n_dependencies >= n);
}

static void test_shapes(void **state)
{
	(void)state;
	for_each_shape(check_shape);
}

/* The share holds for many small modules too, and another seed takes other functions. */
static void test_coverage(void **state)
{
	struct shape shape = { 400, 3, 7, 7, 3, 2, 2, 1, true, 13 };
	struct target_spec spec = spec_of(&shape);
	uint64_t n = 0, visited = 0, other = 0, both = 0;
	struct plan plan, reseeded;

	(void)state;
	spec.coverage = 30;
	plan_make(&spec, &plan);
	spec.seed++;
	plan_make(&spec, &reseeded);
	for (size_t i = 0; i < plan.n_modules; i++) {
		for (uint32_t j = 0; j < plan.libraries[i].n_functions && j < reseeded.libraries[i].n_functions; j++) {
			n++;
			visited += plan.libraries[i].functions[j].count;
			other += reseeded.libraries[i].functions[j].count;
			both += plan.libraries[i].functions[j].count && reseeded.libraries[i].functions[j].count;
		}
	}
	assert_in_range(visited, n * 27 / 100, n * 33 / 100);
	assert_in_range(other, n * 27 / 100, n * 33 / 100);
	assert_in_range(both, n * 7 / 100, n * 11 / 100);
	plan_deinit(&plan);
	plan_deinit(&reseeded);
}

/* Of each library: sorted, acyclic (utilities need utilities, modules earlier ones). */
static void check_order(const struct plan *plan, uint32_t self)
{
	const struct plan_library *library = &plan->libraries[self];

	for (size_t j = 0; j < library->n_dependencies; j++) {
		uint32_t other = library->dependencies[j];

		assert_true(j == 0 || library->dependencies[j - 1] < other);
		assert_true(other != self && other < plan->n_libraries);
		if (library->kind == LIBRARY_UTILITY)
			assert_true(other >= plan->n_modules);
		else if (library->role == PLAN_ORDINARY)
			assert_true(other < self || other >= plan->n_modules);
		assert_int_equal(plan->libraries[other].role, PLAN_ORDINARY);
	}
}

static void check_dependencies(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ bool *used = mem_calloc(plan->n_libraries, sizeof(*used));

	for (uint32_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ bool *called = mem_calloc(plan->n_libraries, sizeof(*called));
		bool ordinary = library->kind == LIBRARY_MODULE && library->role == PLAN_ORDINARY;
		size_t n_modules = 0;

		check_order(plan, i);
		for (size_t j = 0; j < library->n_dependencies; j++) {
			used[library->dependencies[j]] = true;
			n_modules += library->dependencies[j] < plan->n_modules;
		}
		if (library->role == PLAN_BEGIN)
			assert_int_equal(n_modules, spec->begin_links_all ? spec->modules : 0);
		else
			assert_true(n_modules <= (size_t)spec->module_fan_out);
		if (ordinary && spec->utilities)
			assert_true(library->n_dependencies > n_modules);
		if (ordinary && !spec->cross_module)
			assert_int_equal(n_modules, 0);
		if (ordinary && spec->cross_module && i > plan->first_module &&
		    (spec->shape == SHAPE_USED || spec->shape == SHAPE_CHAIN))
			assert_true(n_modules > 0);
		for (size_t j = 0; j < library->n_calls; j++) {
			const struct plan_call *call = &library->calls[j];

			assert_true(call->library == i || depends(library, call->library));
			assert_true(call->function < plan->libraries[call->library].n_all);
			called[call->library] = true;
			if (call->library != i && call->library < plan->n_modules)
				assert_int_equal(call->function, plan->libraries[call->library].cross);
		}
		for (size_t j = 0; j < library->n_dependencies; j++)
			if (ordinary && spec->shape != SHAPE_ALL)
				assert_true(called[library->dependencies[j]]);
	}
	for (size_t i = plan->n_modules; i < plan->n_libraries; i++)
		assert_true(used[i]);
}

static void test_dependencies(void **state)
{
	(void)state;
	for_each_shape(check_dependencies);
}

/* All of a module's dependencies, one at a time, by no clever means. */
static void mark_needed(const struct plan *plan, uint32_t library, bool *loaded)
{
	if (loaded[library])
		return;
	loaded[library] = true;
	for (size_t i = 0; i < plan->libraries[library].n_dependencies; i++)
		mark_needed(plan, plan->libraries[library].dependencies[i], loaded);
}

static size_t count_loaded(const struct plan *plan, const bool *loaded)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_libraries; i++)
		n += loaded[i];
	return n;
}

static void check_loads(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ bool *loaded = mem_calloc(plan->n_libraries, sizeof(*loaded));
	_cleanup_free_ bool *again = mem_calloc(plan->n_libraries, sizeof(*again));
	size_t total = 0, events = 0;

	for (size_t i = 0; i < plan->n_modules; i++) {
		size_t n = plan_load(plan, i, loaded), after;

		mark_needed(plan, i, again);
		after = count_loaded(plan, again);
		assert_true(loaded[i]);
		assert_int_equal(n, after - total);
		for (size_t j = i + 1; j < plan->n_modules && !spec->begin_links_all; j++)
			assert_false(loaded[j]);
		if (spec->shape == SHAPE_ALL && i == plan->first_module && !spec->begin_links_all)
			assert_int_equal(n, 1 + spec->utilities);
		total = after;
		events += n > 0;
	}
	assert_int_equal(total, plan->n_libraries);
	assert_int_equal(plan->n_loaded, plan->n_libraries);
	assert_int_equal(plan->n_import_events, events);
	assert_int_equal(events, spec->begin_links_all ? 2 : plan->n_modules);
}

/* Utilities come in evenly, at every import if there are enough of them. */
static void check_even_loads(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ bool *loaded = mem_calloc(plan->n_libraries, sizeof(*loaded));

	if (spec->begin_links_all || spec->shape == SHAPE_ALL || spec->shape == SHAPE_LAYERS)
		return;
	for (size_t i = 0; i < plan->n_modules; i++) {
		size_t n = plan_load(plan, i, loaded);

		assert_true(n - 1 <= (size_t)(spec->utilities / spec->modules + 1));
		if (spec->utilities >= spec->modules && plan->libraries[i].role == PLAN_ORDINARY)
			assert_true(n > 1);
	}
}

static void test_each_import_loads(void **state)
{
	(void)state;
	for_each_shape(check_loads);
	for_each_shape(check_even_loads);
}

/* What the C program would do, one call at a time. */
static uint64_t run(const struct plan *plan, uint32_t library, uint32_t function, uint32_t **counts)
{
	const struct plan_library *l = &plan->libraries[library];
	const struct plan_function *f = &l->functions[function];
	uint64_t result = 1;

	counts[library][function]++;
	for (uint32_t i = 0; i < f->n_calls; i++) {
		const struct plan_call *call = &l->calls[f->first_call + i];

		result += run(plan, call->library, call->function, counts);
	}
	return result;
}

static void check_counts(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ uint32_t **counts = mem_calloc(plan->n_libraries, sizeof(*counts));
	uint64_t calls = 0, visited = 0;

	(void)spec;
	for (size_t i = 0; i < plan->n_libraries; i++)
		counts[i] = mem_calloc(plan->libraries[i].n_all, sizeof(**counts));
	for (size_t i = 0; i < plan->n_modules; i++) {
		uint64_t result = run(plan, i, plan->libraries[i].entry, counts) - 1;

		assert_int_equal(result, plan->libraries[i].visit_result);
		calls += result;
	}
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];

		for (size_t j = 0; j < library->n_all; j++) {
			assert_int_equal(counts[i][j], library->functions[j].count);
			visited += counts[i][j] && j != library->entry;
		}
		free(counts[i]);
	}
	assert_int_equal(calls, plan->n_calls);
	assert_int_equal(visited, plan->n_visited);
}

static void test_counts_are_those_of_a_run(void **state)
{
	(void)state;
	for_each_shape(check_counts);
}

/* A graph that no spec gives today: utilities that call utilities, along two ways. */
static void test_counts_of_any_graph(void **state)
{
	struct plan_function entry[] = { { .first_call = 0, .n_calls = 2 } };
	struct plan_function top[] = { { .first_call = 0, .n_calls = 2 }, { .first_call = 2, .n_calls = 1 } };
	struct plan_function leaf[] = { { 0 }, { 0 } };
	struct plan_call entry_calls[] = { { 1, 0 }, { 1, 1 } };
	struct plan_call top_calls[] = { { 1, 1 }, { 2, 0 }, { 2, 0 } };
	uint32_t entry_needs[] = { 1 }, top_needs[] = { 2 };
	struct plan_library libraries[] = {
		{ .kind = LIBRARY_MODULE, .cross = PLAN_NONE, .entry = 0, .functions = entry, .n_all = 1,
		  .calls = entry_calls, .n_calls = 2, .dependencies = entry_needs, .n_dependencies = 1 },
		{ .kind = LIBRARY_UTILITY, .cross = PLAN_NONE, .entry = PLAN_NONE, .functions = top, .n_all = 2,
		  .n_functions = 2, .calls = top_calls, .n_calls = 3, .dependencies = top_needs, .n_dependencies = 1 },
		{ .kind = LIBRARY_UTILITY, .cross = PLAN_NONE, .entry = PLAN_NONE, .functions = leaf, .n_all = 2,
		  .n_functions = 2 },
	};
	struct plan plan = { .libraries = libraries, .n_libraries = 3, .n_modules = 1 };

	(void)state;
	plan_count(&plan);
	check_counts(NULL, &plan);
	assert_int_equal(libraries[0].visit_result, 6);
	assert_int_equal(leaf[0].count, 3);
	assert_int_equal(leaf[1].count, 0);
	assert_int_equal(plan.n_visited, 3);
	assert_int_equal(plan.n_loaded, 3);
	assert_int_equal(plan.n_import_events, 1);
}

/* As many libraries as a large code might have one day, in every shape. */
static void test_three_thousand_libraries(void **state)
{
	struct shape shape = { 1500, 1500, 3, 3, 10, 4, 2, 1, true, 14 };

	(void)state;
	for (int i = SHAPE_USED; i <= SHAPE_LAYERS; i++) {
		struct target_spec spec = spec_of(&shape);
		struct plan plan;

		spec.shape = i;
		plan_make(&spec, &plan);
		assert_int_equal(plan.n_loaded, 3000);
		assert_int_equal(plan.n_import_events, 1500);
		check_shape(&spec, &plan);
		check_counts(&spec, &plan);
		plan_deinit(&plan);
	}
}

static void test_names(void **state)
{
	static const struct {
		int64_t length;
		const char *fn, *pattern, *cross;
	} cases[] = {
		{ 0, "libmodule1_fn12", "libmodule1_fn{}", "libmodule1_cross" },
		{ 1, "libmodule1_fn12_", "libmodule1_fn{}_", "libmodule1_cross_" },
		{ 4, "libmodule1_fn12_abc", "libmodule1_fn{}_abc", "libmodule1_cross_abc" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target_spec spec = spec_of(&shapes[0]);
		struct plan plan;
		const struct plan_library *library;
		char *text;

		spec.name_length = cases[i].length;
		plan_make(&spec, &plan);
		library = &plan.libraries[1];
		text = plan_function_name(&plan, library, 12);
		assert_string_equal(text, cases[i].fn);
		free(text);
		text = plan_function_pattern(&plan, library);
		assert_string_equal(text, cases[i].pattern);
		free(text);
		text = plan_function_name(&plan, library, library->cross);
		assert_string_equal(text, cases[i].cross);
		free(text);
		text = plan_function_name(&plan, library, library->entry);
		assert_string_equal(text, "libmodule1_visit");
		free(text);
		plan_deinit(&plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_seed_same_plan),
		cmocka_unit_test(test_other_seed_other_plan),
		cmocka_unit_test(test_added_library_keeps_functions),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_each_import_loads),
		cmocka_unit_test(test_counts_are_those_of_a_run),
		cmocka_unit_test(test_counts_of_any_graph),
		cmocka_unit_test(test_three_thousand_libraries),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
