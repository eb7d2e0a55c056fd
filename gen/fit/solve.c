/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Learns sizes from samples by linear least squares, and finds knobs for sizes, one
 * section after the other. Builds nothing. Invariant: knobs are within the ranges of
 * the spec, whatever the goal.
 */
#include "gen/fit/solve.h"

#include <gsl/gsl_multifit.h>
#include <math.h>
#include <string.h>

#include "gen/plan/plan.h"
#include "lib/mem.h"

#define MAX_FUNCTIONS 1000000
#define MAX_NAME 4096
#define MAX_BODY 10000
#define MAX_SIZE (1 << 30)

/* How far modules and utilities may differ in their numbers of functions. */
#define MAX_WEIGHT 32

#define BIT(feature) (1U << (feature))

/* What each section depends on, by the way in which libraries are written. */
static const unsigned part_features[ELF_N_PARTS] = {
	[ELF_TEXT] = BIT(FIT_ONE) | BIT(FIT_F) | BIT(FIT_FB),
	[ELF_DATA] = BIT(FIT_ONE) | BIT(FIT_F) | BIT(FIT_D),
	[ELF_DEBUG] = BIT(FIT_ONE) | BIT(FIT_F) | BIT(FIT_FN) | BIT(FIT_FB) | BIT(FIT_G),
	[ELF_SYMTAB] = BIT(FIT_ONE) | BIT(FIT_F),
	[ELF_STRTAB] = BIT(FIT_ONE) | BIT(FIT_F) | BIT(FIT_FN),
	[ELF_DYNSYM] = BIT(FIT_ONE) | BIT(FIT_F),
	[ELF_DYNSTR] = BIT(FIT_ONE) | BIT(FIT_F) | BIT(FIT_FN),
};

static void fill_features(const struct fit_knobs *knobs, int kind, double ret[FIT_N_FEATURES])
{
	double f = knobs->functions[kind];

	ret[FIT_ONE] = 1;
	ret[FIT_F] = f;
	ret[FIT_FN] = f * knobs->name_length;
	ret[FIT_FB] = f * knobs->body_size;
	ret[FIT_D] = knobs->data_size;
	ret[FIT_G] = knobs->debug_size;
}

/* --- learning -------------------------------------------------------------------- */

static size_t list_features(enum elf_part part, int ret[FIT_N_FEATURES])
{
	size_t n = 0;

	for (int i = 0; i < FIT_N_FEATURES; i++)
		if (part_features[part] & BIT(i))
			ret[n++] = i;
	return n;
}

/* Singular values that are nothing (a feature that never changes) are left out by GSL. */
static void learn_part(const struct fit_observation *const *seen, size_t n, int kind, enum elf_part part,
		       struct fit_model *model)
{
	int features[FIT_N_FEATURES];
	size_t p = list_features(part, features);
	gsl_matrix *x = gsl_matrix_alloc(n, p), *covariance = gsl_matrix_alloc(p, p);
	gsl_vector *y = gsl_vector_alloc(n), *c = gsl_vector_alloc(p);
	gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(n, p);
	double squares;

	for (size_t i = 0; i < n; i++) {
		double values[FIT_N_FEATURES];

		fill_features(&seen[i]->knobs, kind, values);
		for (size_t j = 0; j < p; j++)
			gsl_matrix_set(x, i, j, values[features[j]]);
		gsl_vector_set(y, i, seen[i]->bytes[part]);
	}
	gsl_multifit_linear(x, y, c, covariance, &squares, work);
	for (size_t j = 0; j < p; j++)
		model->coefficients[kind][part][features[j]] = gsl_vector_get(c, j);
	gsl_multifit_linear_free(work);
	gsl_vector_free(c);
	gsl_vector_free(y);
	gsl_matrix_free(covariance);
	gsl_matrix_free(x);
}

struct err *fit_learn(const struct fit_observation *observations, size_t n, struct fit_model *ret)
{
	_cleanup_free_ const struct fit_observation **seen = mem_calloc(n + 1, sizeof(*seen));
	struct fit_model model = { 0 };

	for (int kind = 0; kind < 2; kind++) {
		size_t n_seen = 0;

		for (size_t i = 0; i < n; i++)
			if (observations[i].kind == kind)
				seen[n_seen++] = &observations[i];
		if (n_seen && n_seen < FIT_N_FEATURES - 1)
			return err_new("too few samples of %s: %zu", kind == LIBRARY_MODULE ? "modules" : "utilities",
				       n_seen);
		for (int part = 0; n_seen && part < ELF_N_PARTS; part++)
			learn_part(seen, n_seen, kind, part, &model);
	}
	*ret = model;
	return NULL;
}

/* --- predicting ------------------------------------------------------------------ */

/* Coefficients of the features for one column over all libraries: what stripping leaves of each. */
static void sum_coefficients(const struct fit_model *model, const struct fit_knobs *knobs, int64_t modules,
			     int64_t utilities, enum footprint_column column, double ret[2][FIT_N_FEATURES])
{
	struct target_spec spec = { .modules = modules, .utilities = utilities,
				    .stripped_libraries = knobs->stripped,
				    .undebugged_libraries = knobs->undebugged };

	memset(ret, 0, sizeof(double[2][FIT_N_FEATURES]));
	for (int64_t i = 0; i < modules + utilities; i++) {
		enum plan_symbols symbols = plan_symbols_of(&spec, i);
		int kind = i < modules ? LIBRARY_MODULE : LIBRARY_UTILITY;
		struct footprint_object part = { 0 };

		for (int p = 0; p < ELF_N_PARTS; p++) {
			bool gone = (p == ELF_DEBUG && symbols != PLAN_DEBUG) ||
				    ((p == ELF_SYMTAB || p == ELF_STRTAB) && symbols == PLAN_STRIPPED);

			/* Which parts a column is made of, only footprint knows. */
			part.bytes[p] = 1;
			if (!gone && footprint_column(&part, column))
				for (int j = 0; j < FIT_N_FEATURES; j++)
					ret[kind][j] += model->coefficients[kind][p][j];
			part.bytes[p] = 0;
		}
	}
}

static double apply_coefficients(double coefficients[2][FIT_N_FEATURES], const struct fit_knobs *knobs)
{
	double sum = 0;

	for (int kind = 0; kind < 2; kind++) {
		double features[FIT_N_FEATURES];

		fill_features(knobs, kind, features);
		for (int j = 0; j < FIT_N_FEATURES; j++)
			sum += coefficients[kind][j] * features[j];
	}
	return sum;
}

void fit_predict(const struct fit_model *model, const struct fit_knobs *knobs, int64_t modules, int64_t utilities,
		 double ret[FOOTPRINT_N_COLUMNS])
{
	double coefficients[2][FIT_N_FEATURES];

	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++) {
		sum_coefficients(model, knobs, modules, utilities, i, coefficients);
		ret[i] = apply_coefficients(coefficients, knobs);
	}
}

/* --- solving --------------------------------------------------------------------- */

struct solver {
	const struct fit_model *model;
	const struct fit_goal *goal;
	struct fit_knobs *knobs;
	struct fit_limits *limits;
};

static double clamp(double x, double low, double high)
{
	return x < low || isnan(x) ? low : x > high ? high : x;
}

static void set_functions(struct solver *s, double scale)
{
	for (int kind = 0; kind < 2; kind++)
		s->knobs->functions[kind] = llround(clamp(scale * s->goal->weights[kind], 1, MAX_FUNCTIONS));
}

static double symtab_at(struct solver *s, double coefficients[2][FIT_N_FEATURES], double scale)
{
	set_functions(s, scale);
	return apply_coefficients(coefficients, s->knobs);
}

/* Sizes grow with the scale, so it is found by halving; then the kind with the finer step
 * takes what rounding the other has left. */
static void solve_functions(struct solver *s)
{
	double coefficients[2][FIT_N_FEATURES], low = 0, high = MAX_FUNCTIONS, want = s->goal->bytes[COLUMN_SYMTAB];
	double step[2], left;
	int fine;

	sum_coefficients(s->model, s->knobs, s->goal->modules, s->goal->utilities, COLUMN_SYMTAB, coefficients);
	if (symtab_at(s, coefficients, 0) > want)
		s->limits->why[COLUMN_SYMTAB] = "libraries with one function each have more symbols";
	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (symtab_at(s, coefficients, middle) < want)
			low = middle;
		else
			high = middle;
	}
	left = want - symtab_at(s, coefficients, high);
	for (int kind = 0; kind < 2; kind++)
		step[kind] = coefficients[kind][FIT_F];
	fine = step[1] > 0 && (step[0] <= 0 || step[1] < step[0]);
	if (step[fine] > 0)
		s->knobs->functions[fine] =
			clamp(s->knobs->functions[fine] + round(left / step[fine]), 1, MAX_FUNCTIONS);
}

/* The knob that one column is linear in: its value at the goal, unclamped. The caller
 * has the knob at 0 in s->knobs. */
static double solve_linear(struct solver *s, enum footprint_column column, enum fit_feature feature)
{
	double coefficients[2][FIT_N_FEATURES], slope = 0, at_zero;

	sum_coefficients(s->model, s->knobs, s->goal->modules, s->goal->utilities, column, coefficients);
	at_zero = apply_coefficients(coefficients, s->knobs);
	for (int kind = 0; kind < 2; kind++) {
		bool by_function = feature == FIT_FN || feature == FIT_FB;

		slope += coefficients[kind][feature] * (by_function ? s->knobs->functions[kind] : 1);
	}
	return slope > 0 ? (s->goal->bytes[column] - at_zero) / slope : 0;
}

static double limit(struct solver *s, enum footprint_column column, double value, double max, const char *too_small,
		    const char *too_large)
{
	if (value < 0)
		s->limits->why[column] = too_small;
	if (value > max)
		s->limits->why[column] = too_large;
	return clamp(value, 0, max);
}

/* Debug information of functions comes with each library that has any: how many may have? */
static void solve_debug(struct solver *s)
{
	int64_t kept = s->goal->modules + s->goal->utilities - s->knobs->stripped;
	double want = s->goal->bytes[COLUMN_DEBUG], all[FOOTPRINT_N_COLUMNS];

	if (want <= 0 || !kept) {
		s->knobs->undebugged = kept;
		if (want > 0)
			s->limits->why[COLUMN_DEBUG] = "all libraries are stripped";
		return;
	}
	fit_predict(s->model, s->knobs, s->goal->modules, s->goal->utilities, all);
	if (all[COLUMN_DEBUG] > want)
		s->knobs->undebugged = kept - llround(clamp(floor(kept * want / all[COLUMN_DEBUG]), 1, kept));
	s->knobs->debug_size = llround(limit(s, COLUMN_DEBUG, solve_linear(s, COLUMN_DEBUG, FIT_G), MAX_SIZE,
					     "one library has more debug information of its functions alone",
					     "debug_size is at its largest"));
}

void fit_solve(const struct fit_model *model, const struct fit_goal *goal, struct fit_knobs *ret,
	       struct fit_limits *limits_ret)
{
	int64_t n = goal->modules + goal->utilities;
	struct fit_knobs knobs = { .functions = { 1, 1 } };
	struct fit_limits limits = { 0 };
	struct solver s = { .model = model, .goal = goal, .knobs = &knobs, .limits = &limits };

	knobs.stripped = n - llround(ceil(clamp(goal->full_share, 0, 1) * n - 1e-9));
	solve_functions(&s);
	knobs.name_length = llround(limit(&s, COLUMN_STRTAB, solve_linear(&s, COLUMN_STRTAB, FIT_FN), MAX_NAME,
					  "the shortest names that the target can have are longer",
					  "names are at their longest"));
	knobs.body_size = limit(&s, COLUMN_TEXT, solve_linear(&s, COLUMN_TEXT, FIT_FB), MAX_BODY,
				"functions without a body have more code", "bodies are at their largest");
	knobs.data_size = llround(limit(&s, COLUMN_DATA, solve_linear(&s, COLUMN_DATA, FIT_D), MAX_SIZE,
					"the tables of the linker for so many functions are larger",
					"data_size is at its largest"));
	solve_debug(&s);
	*ret = knobs;
	*limits_ret = limits;
}

/* --- the goal -------------------------------------------------------------------- */

/* A library with a symbol table has about as many symbols in it as it exports, our libraries
 * a few more; codes with many local symbols are all unstripped. */
static double full_share(const struct footprint_object *libraries)
{
	double symtab = libraries->bytes[ELF_SYMTAB], dynsym = libraries->bytes[ELF_DYNSYM];

	if (symtab <= 0)
		return 0;
	return dynsym > 0 ? clamp(symtab / dynsym, 0, 1) : 1;
}

struct err *fit_goal_of(const struct footprint *footprint, struct fit_goal *ret)
{
	struct footprint_object sums[2] = { footprint_sum(footprint, FOOTPRINT_MODULE),
					    footprint_sum(footprint, FOOTPRINT_UTILITY) };
	struct footprint_object all = footprint_libraries(footprint);
	struct fit_goal goal = { .modules = sums[0].count, .utilities = sums[1].count, .weights = { 1, 1 } };

	if (!all.count)
		return err_hint(err_new("there are no shared libraries in %s", footprint->what),
				"a target without libraries cannot be made");
	for (int i = 0; i < FOOTPRINT_N_COLUMNS; i++)
		goal.bytes[i] = footprint_column(&all, i);
	goal.full_share = full_share(&all);
	for (int kind = 0; kind < 2 && sums[0].count && sums[1].count; kind++) {
		double each = footprint_column(&sums[kind], COLUMN_SYMTAB) / (double)sums[kind].count;
		double average = goal.bytes[COLUMN_SYMTAB] / all.count;

		goal.weights[kind] = average > 0 ? clamp(each / average, 1.0 / MAX_WEIGHT, MAX_WEIGHT) : 1;
	}
	if (!goal.modules) {
		goal.modules = 1;
		goal.utilities--;
	}
	*ret = goal;
	return NULL;
}
