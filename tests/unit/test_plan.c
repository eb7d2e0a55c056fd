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
		.utility_calls = shape->calls, .functions_spread = 50,
	};
}

static void for_each_shape(void (*check)(const struct target_spec *spec, const struct plan *plan))
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct target_spec spec = spec_of(&shapes[i]);
		struct plan plan;

		plan_make(&spec, &plan);
		check(&spec, &plan);
		plan_deinit(&plan);
	}
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
	assert_int_equal(plan->n_modules, spec->modules);
	assert_int_equal(plan->n_libraries, spec->modules + spec->utilities);
	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		bool module = i < plan->n_modules;
		int64_t average = module ? spec->functions : spec->utility_functions;

		assert_int_equal(library->kind, module ? LIBRARY_MODULE : LIBRARY_UTILITY);
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

/* The entry's chains: together every function of the module once, none longer than the maximum. */
static void check_chains(const struct target_spec *spec, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_modules; i++) {
		const struct plan_library *library = &plan->libraries[i];
		const struct plan_function *entry = &library->functions[library->entry];
		_cleanup_free_ unsigned *seen = mem_calloc(library->n_all, sizeof(*seen));

		for (uint32_t c = 0; c < entry->n_calls; c++) {
			const struct plan_call *call = &library->calls[entry->first_call + c];
			uint32_t at = call->function;
			int64_t depth = 0;

			if (call->library != i)
				continue;
			while (at != PLAN_NONE) {
				const struct plan_function *function = &library->functions[at];
				uint32_t next = PLAN_NONE;

				seen[at]++;
				assert_true(++depth <= spec->max_depth);
				for (uint32_t j = 0; j < function->n_calls; j++) {
					const struct plan_call *inner = &library->calls[function->first_call + j];

					if (inner->library == i) {
						assert_int_equal(next, PLAN_NONE);
						next = inner->function;
					}
				}
				at = next;
			}
		}
		for (uint32_t j = 0; j < library->n_functions; j++)
			assert_int_equal(seen[j], 1);
	}
}

static void test_chains(void **state)
{
	(void)state;
	for_each_shape(check_chains);
}

static void check_dependencies(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ bool *used = mem_calloc(plan->n_libraries, sizeof(*used));

	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		_cleanup_free_ bool *called = mem_calloc(plan->n_libraries, sizeof(*called));
		size_t n_modules = 0;

		for (size_t j = 0; j < library->n_dependencies; j++) {
			uint32_t other = library->dependencies[j];

			assert_true(j == 0 || library->dependencies[j - 1] < other);
			/* Acyclic: utilities need nothing, modules only earlier ones. */
			assert_true(library->kind == LIBRARY_MODULE);
			assert_true(other < i || other >= plan->n_modules);
			used[other] = true;
			n_modules += other < plan->n_modules;
		}
		assert_true(n_modules <= (size_t)spec->module_fan_out);
		if (library->kind == LIBRARY_MODULE && spec->utilities)
			assert_true(library->n_dependencies > n_modules);
		if (library->kind == LIBRARY_MODULE && i > 0)
			assert_int_equal(n_modules > 0, spec->cross_module);
		for (size_t j = 0; j < library->n_calls; j++) {
			const struct plan_call *call = &library->calls[j];

			assert_true(call->library == i || depends(library, call->library));
			assert_true(call->function < plan->libraries[call->library].n_all);
			called[call->library] = true;
			if (call->library != i && call->library < plan->n_modules)
				assert_int_equal(call->function, plan->libraries[call->library].cross);
		}
		for (size_t j = 0; j < library->n_dependencies; j++)
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

static void check_loads(const struct target_spec *spec, const struct plan *plan)
{
	_cleanup_free_ bool *loaded = mem_calloc(plan->n_libraries, sizeof(*loaded));
	size_t total = 0;

	for (size_t i = 0; i < plan->n_modules; i++) {
		size_t n = plan_load(plan, i, loaded);

		assert_true(loaded[i]);
		assert_true(n >= 1);
		/* Utilities come in evenly, at every import if there are enough of them. */
		assert_true(n - 1 <= (size_t)(spec->utilities / spec->modules + 1));
		if (spec->utilities >= spec->modules)
			assert_true(n > 1);
		for (size_t j = i + 1; j < plan->n_modules; j++)
			assert_false(loaded[j]);
		total += n;
	}
	assert_int_equal(total, plan->n_libraries);
	assert_int_equal(plan->n_loaded, plan->n_libraries);
	assert_int_equal(plan->n_import_events, plan->n_modules);
}

static void test_each_import_loads(void **state)
{
	(void)state;
	for_each_shape(check_loads);
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
		cmocka_unit_test(test_each_import_loads),
		cmocka_unit_test(test_counts_are_those_of_a_run),
		cmocka_unit_test(test_counts_of_any_graph),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
