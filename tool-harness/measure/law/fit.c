/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fits one law to a sweep. For a given exponent all other coefficients are linear, so
 * the exponent alone is searched; each run's normal equations at the exponents of a
 * grid are kept, which makes thousands of fits (held-out cells, bootstrap) affordable.
 * Does not choose between laws (choice.c).
 *
 * Invariant: no coefficient is negative.
 */
#include "measure/law/fit.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_min.h>
#include <math.h>
#include <string.h>

#include "lib/mem.h"

#define GRID 30         /* exponents 0.1, 0.2, ... 3 */
#define GRID_STEP 0.1
#define GRID_LINEAR 9   /* index of exponent 1 */
#define SEARCH_STEPS 40
#define SEARCH_WIDTH 1e-6
#define LEAST_SCALE 0.01 /* of the mean cost: events that cost nearly nothing do not decide the fit */

enum column { COLUMN_CONSTANT, COLUMN_GROWTH, COLUMN_INSERT, COLUMN_RESOLVE, N_COLUMNS };

static const unsigned t1_columns[] = {
	[LAW_T1_CONSTANT] = 1 << COLUMN_CONSTANT,
	[LAW_T1_LINEAR] = 1 << COLUMN_CONSTANT | 1 << COLUMN_GROWTH,
	[LAW_T1_POWER] = 1 << COLUMN_GROWTH,
	[LAW_T1_OFFSET] = 1 << COLUMN_CONSTANT | 1 << COLUMN_GROWTH,
};
static const unsigned t2_columns[] = {
	[LAW_T2_NONE] = 0,
	[LAW_T2_INSERT] = 1 << COLUMN_INSERT,
	[LAW_T2_RESOLVE] = 1 << COLUMN_INSERT | 1 << COLUMN_RESOLVE,
};

/* Sums over weighed equations: of products of columns, of columns with the measured, of its square. */
struct normal {
	double g[N_COLUMNS][N_COLUMNS], r[N_COLUMNS], yy;
};

struct law_problem {
	const struct law_data *data;
	double **scales;     /* by run and row: what a deviation of 1 is, for one event */
	double insert_scale; /* the same for the reinsertion of one breakpoint */
	struct normal *grid; /* by run, then exponent */
};

static bool has_free_exponent(struct law_shape shape)
{
	return shape.t1 == LAW_T1_POWER || shape.t1 == LAW_T1_OFFSET;
}

static unsigned shape_columns(struct law_shape shape)
{
	return t1_columns[shape.t1] | t2_columns[shape.t2];
}

static void normal_add(struct normal *normal, const double *columns, double measured, double scale)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		for (size_t j = 0; j < N_COLUMNS; j++)
			normal->g[i][j] += columns[i] * columns[j] / (scale * scale);
		normal->r[i] += columns[i] * measured / (scale * scale);
	}
	normal->yy += measured * measured / (scale * scale);
}

/* A tool that tells what reinsertion took has it in equations of its own. */
static void row_equations(const struct law_problem *problem, size_t run_index, size_t row_index, double p,
			  struct normal *normal)
{
	const struct law_run *run = &problem->data->runs[run_index];
	const struct law_row *row = &run->rows[row_index];
	bool apart = problem->data->reinserts;
	double handling[N_COLUMNS] = { row->events, law_row_power(row, p), apart ? 0 : row->reinserted,
				       row->events * run->breakpoints * row->libraries };
	double inserting[N_COLUMNS] = { [COLUMN_INSERT] = row->reinserted };

	normal_add(normal, handling, row->handling_ns, problem->scales[run_index][row_index] * sqrt(row->events));
	if (apart && row->reinserted > 0)
		normal_add(normal, inserting, row->inserting_ns, problem->insert_scale * sqrt(row->reinserted));
}

static void run_equations(const struct law_problem *problem, size_t run_index, double p, struct normal *ret)
{
	const struct law_run *run = &problem->data->runs[run_index];
	const struct law_cell *cell = &problem->data->cells[run->cell];
	double sums[N_COLUMNS] = { 0 };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < run->n_rows; i++) {
		const struct law_row *row = &run->rows[i];

		if (problem->data->has_events) {
			row_equations(problem, run_index, i, p, ret);
			continue;
		}
		sums[COLUMN_CONSTANT] += row->events;
		sums[COLUMN_GROWTH] += law_row_power(row, p);
		sums[COLUMN_INSERT] += row->reinserted;
		sums[COLUMN_RESOLVE] += row->events * run->breakpoints * row->libraries;
	}
	if (!problem->data->has_events)
		normal_add(ret, sums, run->total_ns, cell->total_ns / sqrt(cell->weight));
}

static void normal_sum(struct normal *sum, const struct normal *one, double weight)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		for (size_t j = 0; j < N_COLUMNS; j++)
			sum->g[i][j] += weight * one->g[i][j];
		sum->r[i] += weight * one->r[i];
	}
	sum->yy += weight * one->yy;
}

/* Least squares in the columns of one mask; false if they do not determine it or one is negative. */
static bool solve_columns(const struct normal *normal, unsigned mask, double *coefficients, double *left_ret)
{
	double g[N_COLUMNS * N_COLUMNS], b[N_COLUMNS], norm[N_COLUMNS];
	size_t at[N_COLUMNS], n = 0;

	for (size_t i = 0; i < N_COLUMNS; i++)
		if (mask & 1u << i)
			at[n++] = i;
	for (size_t i = 0; i < n; i++) {
		norm[i] = sqrt(normal->g[at[i]][at[i]]);
		if (norm[i] <= 0)
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			g[i * n + j] = normal->g[at[i]][at[j]] / norm[i] / norm[j];
		b[i] = normal->r[at[i]] / norm[i];
	}
	gsl_matrix_view matrix = gsl_matrix_view_array(g, n, n);
	gsl_vector_view vector = gsl_vector_view_array(b, n);

	if (gsl_linalg_cholesky_decomp1(&matrix.matrix) || g[n * n - 1] < 1e-6 ||
	    gsl_linalg_cholesky_svx(&matrix.matrix, &vector.vector))
		return false;
	*left_ret = normal->yy;
	for (size_t i = 0; i < n; i++) {
		if (b[i] < 0)
			return false;
		coefficients[at[i]] = b[i] / norm[i];
		*left_ret -= coefficients[at[i]] * normal->r[at[i]];
	}
	return true;
}

/* The best of all subsets of the columns, which is the least-squares solution without negative ones. */
static double solve(const struct normal *normal, unsigned columns, double *ret)
{
	double best = normal->yy;

	memset(ret, 0, N_COLUMNS * sizeof(*ret));
	for (unsigned mask = 1; mask <= columns; mask++) {
		double coefficients[N_COLUMNS] = { 0 }, left;

		if ((mask & ~columns) || !solve_columns(normal, mask, coefficients, &left) || left >= best)
			continue;
		best = left;
		memcpy(ret, coefficients, sizeof(coefficients));
	}
	return best;
}

struct search {
	const struct law_problem *problem;
	const double *weights;
	unsigned columns;
	double coefficients[N_COLUMNS];
};

static double weight_of(const struct search *search, size_t run)
{
	return search->weights ? search->weights[run] : 1;
}

static double left_on_grid(struct search *search, size_t at)
{
	struct normal sum = { 0 };

	for (size_t i = 0; i < search->problem->data->n_runs; i++)
		if (weight_of(search, i) > 0)
			normal_sum(&sum, &search->problem->grid[i * GRID + at], weight_of(search, i));
	return solve(&sum, search->columns, search->coefficients);
}

static double left_at(double p, void *data)
{
	struct search *search = data;
	struct normal sum = { 0 }, one;

	for (size_t i = 0; i < search->problem->data->n_runs; i++)
		if (weight_of(search, i) > 0) {
			run_equations(search->problem, i, p, &one);
			normal_sum(&sum, &one, weight_of(search, i));
		}
	return solve(&sum, search->columns, search->coefficients);
}

static double grid_exponent(size_t at)
{
	return GRID_STEP * (double)(at + 1);
}

/* The grid's best exponent, then Brent's method between its neighbours. */
static double search_exponent(struct search *search)
{
	gsl_function function = { left_at, search };
	size_t best = 0;
	double left[GRID], p, low, high;
	gsl_min_fminimizer *minimizer;

	for (size_t i = 0; i < GRID; i++) {
		left[i] = left_on_grid(search, i);
		if (left[i] < left[best])
			best = i;
	}
	p = grid_exponent(best);
	if (best == 0 || best == GRID - 1)
		return p;
	minimizer = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
	if (!gsl_min_fminimizer_set_with_values(minimizer, &function, p, left[best], grid_exponent(best - 1),
						left[best - 1], grid_exponent(best + 1), left[best + 1]))
		for (size_t i = 0; i < SEARCH_STEPS; i++) {
			low = gsl_min_fminimizer_x_lower(minimizer);
			high = gsl_min_fminimizer_x_upper(minimizer);
			if (high - low < SEARCH_WIDTH || gsl_min_fminimizer_iterate(minimizer))
				break;
			p = gsl_min_fminimizer_x_minimum(minimizer);
		}
	gsl_min_fminimizer_free(minimizer);
	return p;
}

struct law_fit law_problem_fit(const struct law_problem *problem, struct law_shape shape, const double *weights)
{
	gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* singular equations are an answer here */
	struct search search = { .problem = problem, .weights = weights, .columns = shape_columns(shape) };
	double p = 1;

	if (has_free_exponent(shape)) {
		p = search_exponent(&search);
		left_at(p, &search);
	} else {
		left_on_grid(&search, GRID_LINEAR);
	}
	gsl_set_error_handler(handler);
	return (struct law_fit){
		.shape = shape,
		.constant_ns = search.coefficients[COLUMN_CONSTANT],
		.growth_ns = search.coefficients[COLUMN_GROWTH],
		.exponent = search.coefficients[COLUMN_GROWTH] > 0 ? p : 0, /* of nothing there is no exponent */
		.insert_ns = search.coefficients[COLUMN_INSERT],
		.resolve_ns = search.coefficients[COLUMN_RESOLVE],
	};
}

static void fill_grid(struct law_problem *problem)
{
	for (size_t i = 0; i < problem->data->n_runs; i++)
		for (size_t j = 0; j < GRID; j++)
			run_equations(problem, i, grid_exponent(j), &problem->grid[i * GRID + j]);
}

/* Means over all events and over all reinsertions, for the first fit. */
static void scale_by_means(struct law_problem *problem, double *mean_ret)
{
	double events = 0, handling_ns = 0, reinserted = 0, inserting_ns = 0;

	for (size_t i = 0; i < problem->data->n_runs; i++)
		for (size_t j = 0; j < problem->data->runs[i].n_rows; j++) {
			const struct law_row *row = &problem->data->runs[i].rows[j];

			events += row->events;
			handling_ns += row->handling_ns;
			reinserted += row->reinserted;
			inserting_ns += row->inserting_ns;
		}
	*mean_ret = handling_ns > 0 ? handling_ns / events : 1;
	problem->insert_scale = inserting_ns > 0 && reinserted > 0 ? inserting_ns / reinserted : 1;
	for (size_t i = 0; i < problem->data->n_runs; i++)
		for (size_t j = 0; j < problem->data->runs[i].n_rows; j++)
			problem->scales[i][j] = *mean_ret;
}

static void scale_by_fit(struct law_problem *problem, const struct law_fit *fit, double mean)
{
	for (size_t i = 0; i < problem->data->n_runs; i++)
		for (size_t j = 0; j < problem->data->runs[i].n_rows; j++) {
			double m = problem->data->runs[i].rows[j].libraries;
			double expected = law_t1(fit, m) + problem->data->runs[i].breakpoints * fit->resolve_ns * m;

			problem->scales[i][j] = fmax(expected, LEAST_SCALE * mean);
		}
}

struct law_problem *law_problem_create(const struct law_data *data)
{
	const struct law_shape richest = { LAW_T1_OFFSET, LAW_T2_RESOLVE };
	struct law_problem *problem = mem_alloc(sizeof(*problem));
	struct law_fit first;
	double mean;

	problem->data = data;
	problem->scales = mem_calloc(data->n_runs, sizeof(*problem->scales));
	problem->grid = mem_calloc(data->n_runs * GRID, sizeof(*problem->grid));
	for (size_t i = 0; i < data->n_runs; i++)
		problem->scales[i] = mem_calloc(data->runs[i].n_rows, sizeof(**problem->scales));
	scale_by_means(problem, &mean);
	fill_grid(problem);
	if (!data->has_events)
		return problem;
	first = law_problem_fit(problem, richest, NULL);
	scale_by_fit(problem, &first, mean);
	fill_grid(problem);
	return problem;
}

void law_problem_destroy(struct law_problem *problem)
{
	if (!problem)
		return;
	for (size_t i = 0; i < problem->data->n_runs; i++)
		free(problem->scales[i]);
	free(problem->scales);
	free(problem->grid);
	free(problem);
}
