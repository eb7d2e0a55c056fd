/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph of a plan: its shapes, and what each import loads, against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/plan/plan.h"
#include "lib/mem.h"
#include "unit/plans.h"

static bool depends(const struct plan_library *library, uint32_t other)
{
	for (size_t i = 0; i < library->n_dependencies; i++)
		if (library->dependencies[i] == other)
			return true;
	return false;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dependencies),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_each_import_loads),
		cmocka_unit_test(test_three_thousand_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
