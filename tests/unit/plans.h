/* SPDX-License-Identifier: BSD-3-Clause */
/* Specs of every kind, and the counts of a plan by brute force. Include after cmocka.h. */
#ifndef TESTS_UNIT_PLANS_H
#define TESTS_UNIT_PLANS_H

#include "gen/plan/plan.h"
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

static inline struct target_spec spec_of(const struct shape *shape)
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

static inline void for_each_variant(size_t first, void (*check)(const struct target_spec *spec, const struct plan *plan))
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

static inline void for_each_shape(void (*check)(const struct target_spec *spec, const struct plan *plan))
{
	for_each_variant(0, check);
}

/* What the C program would do, one call at a time. */
static inline uint64_t run(const struct plan *plan, uint32_t library, uint32_t function, uint32_t **counts)
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

static inline void check_counts(const struct target_spec *spec, const struct plan *plan)
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

#endif
