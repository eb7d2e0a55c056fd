/* SPDX-License-Identifier: BSD-3-Clause */
/* The solver on made-up coefficients: what it learns, what it finds, what it cannot. */
#include "unit.h"

#include <math.h>

#include "gen/fit/solve.h"

/* Sizes of a library that no compiler made, so that what is learned is known. */
static double cost(int kind, int part, const struct fit_knobs *k)
{
	double f = k->functions[kind], more = kind == LIBRARY_MODULE ? 2 : 1;

	switch (part) {
	case ELF_TEXT:
		return 5000 + more * f * 120 + f * k->body_size * 20;
	case ELF_DATA:
		return 900 + f * 4 * more + k->data_size;
	case ELF_DEBUG:
		return 3000 + f * (200 + k->name_length + 5 * k->body_size) + 1.1 * k->debug_size;
	case ELF_SYMTAB:
		return 700 + 24 * more * f;
	case ELF_DYNSYM:
		return 200 + 24 * more * f;
	case ELF_STRTAB:
		return 300 + more * f * (17 + k->name_length);
	default:
		return 100 + more * f * (17 + k->name_length);
	}
}

/* The samples that gen/fit/fit.c takes, for each kind. */
static size_t observe(struct fit_observation *ret)
{
	static const struct fit_knobs samples[] = {
		{ .functions = { 100, 80 }, .body_size = 4, .data_size = 4096 },
		{ .functions = { 50, 40 }, .body_size = 4, .data_size = 4096 },
		{ .functions = { 100, 80 }, .body_size = 4, .data_size = 69632, .name_length = 20 },
		{ .functions = { 100, 80 }, .body_size = 8, .data_size = 4096 },
		{ .functions = { 100, 80 }, .body_size = 4, .data_size = 4096, .debug_size = 65536 },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		for (int kind = 0; kind < 2; kind++) {
			ret[n] = (struct fit_observation){ .kind = kind, .knobs = samples[i] };
			for (int part = 0; part < ELF_N_PARTS; part++)
				ret[n].bytes[part] = cost(kind, part, &samples[i]);
			n++;
		}
	return n;
}

static struct fit_model learned(void)
{
	struct fit_observation observations[10];
	struct fit_model model;

	assert_ok(fit_learn(observations, observe(observations), &model));
	return model;
}

static struct fit_goal goal_of(const struct fit_model *model, const struct fit_knobs *knobs, int64_t modules,
			       int64_t utilities)
{
	struct fit_goal goal = { .modules = modules, .utilities = utilities, .weights = { 1, 1 },
				 .full_share = 1 - (double)knobs->stripped / (modules + utilities) };

	fit_predict(model, knobs, modules, utilities, goal.bytes);
	return goal;
}

static void assert_near(double a, double b, double share)
{
	if (fabs(a - b) > share * fabs(b) + 1e-6)
		fail_msg("%g is not near %g", a, b);
}

static void test_learns(void **state)
{
	struct fit_model model = learned();
	struct fit_knobs far = { .functions = { 1850, 900 }, .name_length = 150, .body_size = 77.5,
				 .data_size = 1 << 20, .debug_size = 5000000 };

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		double bytes[FOOTPRINT_N_COLUMNS];

		fit_predict(&model, &far, kind == LIBRARY_MODULE, kind == LIBRARY_UTILITY, bytes);
		assert_near(bytes[COLUMN_TEXT], cost(kind, ELF_TEXT, &far), 1e-6);
		assert_near(bytes[COLUMN_DATA], cost(kind, ELF_DATA, &far), 1e-6);
		assert_near(bytes[COLUMN_DEBUG], cost(kind, ELF_DEBUG, &far), 1e-6);
		assert_near(bytes[COLUMN_SYMTAB], cost(kind, ELF_SYMTAB, &far) + cost(kind, ELF_DYNSYM, &far), 1e-6);
		assert_near(bytes[COLUMN_STRTAB], cost(kind, ELF_STRTAB, &far) + cost(kind, ELF_DYNSTR, &far), 1e-6);
	}
}

static void test_too_few_samples(void **state)
{
	struct fit_observation observations[10];
	struct fit_model model;
	size_t n = observe(observations);

	(void)state;
	assert_err(fit_learn(observations, n - 1, &model), "too few samples of utilities: 4");
	for (size_t i = 0; i < n; i++)
		observations[i].kind = LIBRARY_MODULE;
	assert_ok(fit_learn(observations, n, &model)); /* a code without utilities */
}

/* What a target with known knobs has, the solver finds the knobs for. */
static void check_found(const struct fit_knobs *knobs, int64_t modules, int64_t utilities, double tolerance)
{
	struct fit_model model = learned();
	struct fit_goal goal = goal_of(&model, knobs, modules, utilities);
	double bytes[FOOTPRINT_N_COLUMNS];
	struct fit_limits limits;
	struct fit_knobs found;

	fit_solve(&model, &goal, &found, &limits);
	fit_predict(&model, &found, modules, utilities, bytes);
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		assert_null(limits.why[i]);
		assert_near(bytes[i], goal.bytes[i], tolerance);
	}
}

static void test_finds(void **state)
{
	(void)state;
	check_found(&(struct fit_knobs){ .functions = { 200, 200 }, .name_length = 10, .body_size = 12.3,
					 .data_size = 20000, .debug_size = 100000 }, 10, 7, 0.01);
	check_found(&(struct fit_knobs){ .functions = { 1850, 1850 }, .name_length = 150, .body_size = 3,
					 .data_size = 1, .debug_size = 0 }, 280, 215, 0.01);
	check_found(&(struct fit_knobs){ .functions = { 30, 30 }, .name_length = 2, .body_size = 400,
					 .data_size = 7000, .stripped = 40 }, 40, 0, 0.03);
	check_found(&(struct fit_knobs){ .functions = { 300, 300 }, .name_length = 5, .body_size = 40,
					 .data_size = 7000, .stripped = 13, .debug_size = 400000 }, 20, 6, 0.03);
	check_found(&(struct fit_knobs){ .functions = { 300, 300 }, .name_length = 5, .body_size = 40,
					 .data_size = 7000, .stripped = 13, .undebugged = 9 }, 20, 6, 0.03);
}

static void test_stripped(void **state)
{
	struct fit_model model = learned();
	struct fit_goal goal = goal_of(&model, &(struct fit_knobs){ .functions = { 100, 100 }, .stripped = 17 }, 10, 7);
	struct fit_limits limits;
	struct fit_knobs found;

	(void)state;
	assert_true(goal.bytes[COLUMN_DEBUG] == 0);
	fit_solve(&model, &goal, &found, &limits);
	assert_int_equal(found.stripped, 17);
	goal.bytes[COLUMN_DEBUG] = 1e6;
	fit_solve(&model, &goal, &found, &limits);
	assert_string_equal(limits.why[COLUMN_DEBUG], "all libraries are stripped");
}

static void test_limits(void **state)
{
	static const struct fit_knobs middle = { .functions = { 100, 100 }, .name_length = 10, .body_size = 10,
						 .data_size = 10000, .debug_size = 10000 };
	struct fit_model model = learned();
	struct fit_goal goal = goal_of(&model, &middle, 10, 7);
	struct fit_limits limits;
	struct fit_knobs found;

	(void)state;
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		struct fit_goal none = goal, all = goal;

		none.bytes[i] = i == COLUMN_DEBUG ? 100 : 0;
		fit_solve(&model, &none, &found, &limits);
		assert_non_null(limits.why[i]);
		assert_true(found.functions[0] >= 1 && found.functions[1] >= 1 && found.name_length >= 0 &&
			    found.body_size >= 0 && found.data_size >= 0 && found.debug_size >= 0);
		all.bytes[i] = i == COLUMN_SYMTAB ? 1e9 : 1e15;
		fit_solve(&model, &all, &found, &limits);
		assert_true(found.functions[0] <= 1000000 && found.functions[1] <= 1000000 &&
			    found.name_length <= 4096 && found.body_size <= 10000 && found.data_size <= 1 << 30 &&
			    found.debug_size <= 1 << 30);
	}
}

static void add(struct footprint *footprint, enum footprint_kind kind, uint64_t count, uint64_t dynsym)
{
	mem_grow(footprint->objects, footprint->n_objects, footprint->cap_objects);
	footprint->objects[footprint->n_objects++] = (struct footprint_object){
		.path = mem_strdup("x"), .kind = kind, .count = count, .bytes = { [ELF_DYNSYM] = dynsym },
	};
}

static void test_goal(void **state)
{
	struct footprint footprint = { .what = mem_strdup("here") };
	struct fit_goal goal;

	(void)state;
	assert_err(fit_goal_of(&footprint, &goal), "there are no shared libraries in here");
	add(&footprint, FOOTPRINT_PROGRAM, 1, 99999);
	assert_err(fit_goal_of(&footprint, &goal), "there are no shared libraries in here");
	add(&footprint, FOOTPRINT_UTILITY, 4, 4000);
	assert_ok(fit_goal_of(&footprint, &goal));
	assert_int_equal(goal.modules, 1); /* a target has one at least */
	assert_int_equal(goal.utilities, 3);
	assert_true(goal.bytes[COLUMN_SYMTAB] == 4000 && goal.full_share == 0);
	assert_true(goal.weights[0] == 1 && goal.weights[1] == 1);
	add(&footprint, FOOTPRINT_MODULE, 4, 2000);
	assert_ok(fit_goal_of(&footprint, &goal));
	assert_int_equal(goal.modules, 4);
	assert_int_equal(goal.utilities, 4);
	assert_near(goal.weights[1] / goal.weights[0], 2, 1e-9);
	footprint.objects[1].bytes[ELF_SYMTAB] = 3000;
	assert_ok(fit_goal_of(&footprint, &goal));
	assert_near(goal.full_share, 0.5, 1e-9);
	footprint_deinit(&footprint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_too_few_samples),
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_goal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
