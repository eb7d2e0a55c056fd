/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chooses between laws by held-out cells and puts intervals around the chosen one. Never
 * holds out or resamples single events: those of one run share its machine state, and a
 * split among them would make any law look good.
 *
 * Invariant: a cell's score never comes from a fit that has seen one of its runs.
 */
#include "measure/law/choice.h"

#include <gsl/gsl_fit.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/rng.h"
#include "measure/stats/quantile.h"

#define LEAST_GAIN 0.001 /* a richer law that predicts better by less than 0.1 % is not worth its terms */
#define LEAST_SHARE 0.1  /* of the best law's miss: likewise */
#define CHOSEN_ERRORS 1    /* the rule of one standard error: fewest terms within it */
#define PLAUSIBLE_ERRORS 2 /* what is farther off than this is told from the best: others are in the interval */
#define TAIL_RATIO 4
#define MAX_MISS 10      /* log of a factor of 22,000: a law that predicts nothing at all */

static double log_ratio(double measured, double predicted)
{
	if (predicted <= 0)
		return MAX_MISS;
	return fmax(-MAX_MISS, fmin(MAX_MISS, log(measured / predicted)));
}

/* log(measured / predicted), as small as the rounding of the measured allows. */
static double cell_miss(const struct law_cell *cell, double predicted)
{
	double nearest = fmax(cell->total_ns - cell->rounding_ns, fmin(cell->total_ns + cell->rounding_ns, predicted));

	return log_ratio(nearest, predicted);
}

/* Of one cell by a fit to all others. */
static double heldout_miss(const struct law_problem *problem, const struct law_data *data, struct law_shape shape,
			   size_t cell, double *weights)
{
	double predicted = 0;
	struct law_fit fit;

	for (size_t i = 0; i < data->n_runs; i++)
		weights[i] = data->runs[i].cell != cell;
	fit = law_problem_fit(problem, shape, weights);
	for (size_t i = 0; i < data->n_runs; i++)
		if (data->runs[i].cell == cell)
			predicted += law_total(&fit, &data->runs[i]) / (double)data->cells[cell].n_runs;
	return cell_miss(&data->cells[cell], predicted);
}

static void score_shape(const struct law_problem *problem, const struct law_data *data, struct law_shape shape,
			struct law_score *ret)
{
	_cleanup_free_ double *weights = mem_calloc(data->n_runs, sizeof(*weights));
	double weight = 0;

	*ret = (struct law_score){ .shape = shape, .misses = mem_calloc(data->n_cells, sizeof(*ret->misses)) };
	for (size_t i = 0; i < data->n_cells; i++) {
		ret->misses[i] = heldout_miss(problem, data, shape, i, weights);
		ret->miss += data->cells[i].weight * fabs(ret->misses[i]);
		weight += data->cells[i].weight;
	}
	ret->miss /= weight;
}

static bool has_breakpoints(const struct law_data *data)
{
	for (size_t i = 0; i < data->n_cells; i++)
		if (data->cells[i].breakpoints > 0)
			return true;
	return false;
}

/* Events of a single run show how cost grows with m; totals need a cell for each parameter. */
static bool is_candidate(const struct law_data *data, struct law_shape shape)
{
	if (shape.t2 != LAW_T2_NONE && !has_breakpoints(data))
		return false;
	return data->has_events || law_shape_parameters(shape) < data->n_cells;
}

static int compare_scores(const void *a, const void *b)
{
	const struct law_score *x = a, *y = b;
	unsigned nx = law_shape_parameters(x->shape), ny = law_shape_parameters(y->shape);

	if (nx != ny)
		return nx < ny ? -1 : 1;
	return x->miss < y->miss ? -1 : x->miss > y->miss;
}

/* Whether `score` misses more than `best` does, cell by cell, by so many standard errors. */
static bool is_worse(const struct law_score *score, const struct law_score *best, const struct law_data *data,
		     double errors)
{
	double mean = score->miss - best->miss, squares = 0, weight = 0, n = (double)data->n_cells;

	for (size_t i = 0; i < data->n_cells; i++) {
		double d = data->cells[i].weight * (fabs(score->misses[i]) - fabs(best->misses[i]) - mean);

		squares += d * d;
		weight += data->cells[i].weight;
	}
	return mean > fmax(LEAST_GAIN, LEAST_SHARE * best->miss) &&
	       mean > errors * sqrt(squares * n / (n - 1)) / weight;
}

static void choose_shape(struct law_choice *choice, const struct law_data *data)
{
	size_t best = 0;

	qsort(choice->scores, choice->n_scores, sizeof(*choice->scores), compare_scores);
	for (size_t i = 1; i < choice->n_scores; i++)
		if (choice->scores[i].miss < choice->scores[best].miss)
			best = i;
	for (size_t i = 0; i < choice->n_scores; i++)
		choice->scores[i].is_plausible =
			!is_worse(&choice->scores[i], &choice->scores[best], data, PLAUSIBLE_ERRORS);
	choice->chosen = 0;
	while (is_worse(&choice->scores[choice->chosen], &choice->scores[best], data, CHOSEN_ERRORS))
		choice->chosen++;
}

/* Any of those that the rule does not tell from the best. */
static size_t draw_plausible(const struct law_choice *choice, struct rng *rng)
{
	size_t n = 0, at, i = 0;

	for (size_t j = 0; j < choice->n_scores; j++)
		n += choice->scores[j].is_plausible;
	at = rng_below(rng, n);
	while (!choice->scores[i].is_plausible || at--)
		i++;
	return i;
}

/* Slope of log(measured / predicted) over log(N), plus the 1 that the law has. */
static double tasks_exponent(const struct law_data *data, const struct law_fit *fit, const double *weights)
{
	_cleanup_free_ double *x = mem_calloc(data->n_runs, sizeof(*x)), *y = mem_calloc(data->n_runs, sizeof(*y)),
			      *w = mem_calloc(data->n_runs, sizeof(*w));
	double intercept, slope, c00, c01, c11, chisq;

	for (size_t i = 0; i < data->n_runs; i++) {
		x[i] = log(data->runs[i].tasks);
		y[i] = log_ratio(data->runs[i].total_ns, law_total(fit, &data->runs[i]));
		w[i] = weights ? weights[i] : 1;
	}
	gsl_fit_wlinear(x, 1, w, 1, y, 1, data->n_runs, &intercept, &slope, &c00, &c01, &c11, &chisq);
	return 1 + (isfinite(slope) ? slope : 0);
}

static bool tasks_vary(const struct law_data *data)
{
	for (size_t i = 1; i < data->n_cells; i++)
		if (data->cells[i].tasks != data->cells[0].tasks)
			return true;
	return false;
}

/* As many runs as there are, drawn with replacement; false if all are of one cell. */
static bool resample(const struct law_data *data, struct rng *rng, double *weights)
{
	size_t first = SIZE_MAX;
	bool several = false;

	memset(weights, 0, data->n_runs * sizeof(*weights));
	for (size_t i = 0; i < data->n_runs; i++) {
		size_t at = rng_below(rng, data->n_runs);

		weights[at]++;
		several = several || (first != SIZE_MAX && data->runs[at].cell != first);
		first = data->runs[at].cell;
	}
	return several;
}

static struct law_interval interval_of(const struct samples *samples)
{
	struct law_interval interval;

	law_interval_of(samples, &interval);
	return interval;
}

void law_interval_of(const struct samples *samples, struct law_interval *ret)
{
	_cleanup_free_ double *sorted = mem_calloc(samples->n + 1, sizeof(*sorted));

	*ret = (struct law_interval){ 0, 0 };
	if (!samples->n)
		return;
	memcpy(sorted, samples->values, samples->n * sizeof(*sorted));
	gsl_sort(sorted, 1, samples->n);
	ret->low = gsl_stats_quantile_from_sorted_data(sorted, 1, samples->n, 0.025);
	ret->high = gsl_stats_quantile_from_sorted_data(sorted, 1, samples->n, 0.975);
}

static struct law_interval interval_of_member(const struct law_choice *choice, size_t offset)
{
	struct samples samples = { 0 };
	struct law_interval interval;

	for (size_t i = 0; i < choice->n_replicates; i++)
		samples_add(&samples, *(const double *)((const char *)&choice->replicates[i] + offset));
	interval = interval_of(&samples);
	samples_deinit(&samples);
	return interval;
}

/* A new run deviates from the law as a held-out run did: of a random cell, around that cell's miss. */
static double draw_deviation(const struct law_choice *choice, const struct law_data *data, struct rng *rng)
{
	const struct law_run *run = &data->runs[rng_below(rng, data->n_runs)];

	return choice->scores[choice->chosen].misses[run->cell] +
	       log_ratio(run->total_ns, data->cells[run->cell].total_ns);
}

static void bootstrap(const struct law_problem *problem, const struct law_data *data, uint64_t seed, size_t n,
		      struct law_choice *choice)
{
	_cleanup_free_ double *weights = mem_calloc(data->n_runs, sizeof(*weights));
	struct samples exponents = { 0 };

	choice->replicates = mem_calloc(n, sizeof(*choice->replicates));
	choice->deviations = mem_calloc(n, sizeof(*choice->deviations));
	for (size_t i = 0; i < n; i++) {
		struct rng rng;
		struct law_fit fit, chosen;

		rng_init_stream(&rng, seed, i);
		if (!resample(data, &rng, weights)) {
			choice->n_undetermined++;
			continue;
		}
		fit = law_problem_fit(problem, choice->scores[draw_plausible(choice, &rng)].shape, weights);
		if (choice->n_varies) { /* a look at the law that is shown, not one more doubt about it */
			chosen = law_problem_fit(problem, choice->fit.shape, weights);
			samples_add(&exponents, tasks_exponent(data, &chosen, weights));
		}
		choice->deviations[choice->n_replicates] = draw_deviation(choice, data, &rng);
		choice->replicates[choice->n_replicates++] = fit;
	}
	choice->constant_ns = interval_of_member(choice, offsetof(struct law_fit, constant_ns));
	choice->growth_ns = interval_of_member(choice, offsetof(struct law_fit, growth_ns));
	choice->exponent = interval_of_member(choice, offsetof(struct law_fit, exponent));
	choice->insert_ns = interval_of_member(choice, offsetof(struct law_fit, insert_ns));
	choice->resolve_ns = interval_of_member(choice, offsetof(struct law_fit, resolve_ns));
	if (choice->n_varies)
		choice->tasks_exponent_interval = interval_of(&exponents);
	samples_deinit(&exponents);
}

struct err *law_choose(const struct law_data *data, uint64_t seed, size_t n_replicates, struct law_choice *ret)
{
	_cleanup_(cleanup_law_problem) struct law_problem *problem = NULL;
	struct law_choice choice = { .n_varies = tasks_vary(data) };

	if (data->n_cells < LAW_MIN_CELLS)
		return err_hint(err_exit(EXIT_INCONCLUSIVE,
					 "a law is chosen by held-out cells, which needs %d or more different M, N "
					 "and B; there are %zu",
					 LAW_MIN_CELLS, data->n_cells),
				"measure with more numbers of libraries, tasks or breakpoints");
	problem = law_problem_create(data);
	for (int t1 = 0; t1 < LAW_T1_N; t1++)
		for (int t2 = 0; t2 < LAW_T2_N; t2++) {
			struct law_shape shape = { t1, t2 };

			if (is_candidate(data, shape))
				score_shape(problem, data, shape, &choice.scores[choice.n_scores++]);
		}
	choose_shape(&choice, data);
	choice.fit = law_problem_fit(problem, choice.scores[choice.chosen].shape, NULL);
	choice.tasks_exponent = choice.n_varies ? tasks_exponent(data, &choice.fit, NULL) : 1;
	bootstrap(problem, data, seed, n_replicates, &choice);
	*ret = choice;
	return NULL;
}

void law_choice_deinit(struct law_choice *choice)
{
	for (size_t i = 0; i < choice->n_scores; i++)
		free(choice->scores[i].misses);
	free(choice->replicates);
	free(choice->deviations);
	memset(choice, 0, sizeof(*choice));
}

struct law_interval law_t1_interval(const struct law_choice *choice, double libraries)
{
	struct samples samples = { 0 };
	struct law_interval interval;

	for (size_t i = 0; i < choice->n_replicates; i++)
		samples_add(&samples, law_t1(&choice->replicates[i], libraries));
	interval = interval_of(&samples);
	samples_deinit(&samples);
	return interval;
}

static double most_tasks(const struct law_data *data)
{
	double most = 0;

	for (size_t i = 0; i < data->n_cells; i++)
		most = fmax(most, data->cells[i].tasks);
	return most;
}

void law_predict(const struct law_choice *choice, const struct law_data *data, double libraries, double tasks,
		 double breakpoints, struct law_prediction *ret)
{
	law_predict_spread(choice, data, libraries, tasks, breakpoints, data->per_event, ret);
}

void law_predict_spread(const struct law_choice *choice, const struct law_data *data, double libraries, double tasks,
			double breakpoints, double per_event, struct law_prediction *ret)
{
	struct samples totals = { 0 };
	struct law_run run;
	struct law_fit events = choice->fit;

	law_rows_spread(libraries, tasks, breakpoints, data->first_libraries, per_event, &run);
	events.insert_ns = events.resolve_ns = 0;
	*ret = (struct law_prediction){
		.total_ns = law_total(&choice->fit, &run),
		.events_ns = law_total(&events, &run),
		.reach = libraries / data->cells[data->n_cells - 1].libraries,
		.tasks_reach = tasks / most_tasks(data),
	};
	for (size_t i = 0; i < choice->n_replicates; i++)
		samples_add(&totals, law_total(&choice->replicates[i], &run) * exp(choice->deviations[i]));
	ret->interval = interval_of(&totals);
	samples_deinit(&totals);
	free(run.rows);
}

/* The best partner of a cell: the smallest M in reach with the same N and B; NULL if none. */
static const struct law_cell *tail_start(const struct law_data *data, const struct law_cell *end)
{
	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *cell = &data->cells[i];

		if (cell->tasks == end->tasks && cell->breakpoints == end->breakpoints &&
		    cell->libraries * TAIL_RATIO >= end->libraries && cell->libraries < end->libraries)
			return cell;
	}
	return NULL;
}

bool law_tail_find(const struct law_data *data, struct law_tail *ret)
{
	bool found = false;

	/* Of equal M the first has the least N and B. */
	for (size_t i = 0; i < data->n_cells; i++) {
		const struct law_cell *end = &data->cells[i], *start = tail_start(data, end);

		if (!start || (found && end->libraries <= ret->high_libraries))
			continue;
		found = true;
		*ret = (struct law_tail){
			.exponent = log(end->total_ns / start->total_ns) / log(end->libraries / start->libraries),
			.low_libraries = start->libraries,
			.high_libraries = end->libraries,
			.tasks = end->tasks,
			.breakpoints = end->breakpoints,
		};
	}
	return found;
}
