/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans: properties that hold for every spec, and counts against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/plan/plan.h"
#include "lib/mem.h"
#include "unit/plans.h"

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
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_counts_are_those_of_a_run),
		cmocka_unit_test(test_counts_of_any_graph),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
