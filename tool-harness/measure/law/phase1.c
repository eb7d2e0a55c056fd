/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Least squares of relative deviations, for phase 1 of many tasks scatters by more.
 *
 * Invariant: no coefficient is negative, as no tool gets time back from more tasks.
 */
#include "measure/law/phase1.h"

#include <gsl/gsl_fit.h>
#include <math.h>

#include "lib/mem.h"
#include "lib/rng.h"
#include "measure/stats/quantile.h"

struct points {
	double *tasks, *ns, *weights;
	size_t n;
};

static void points_collect(const struct law_data *data, struct points *ret)
{
	size_t most = data->n_runs + 1;

	*ret = (struct points){ mem_calloc(most, sizeof(double)), mem_calloc(most, sizeof(double)),
				mem_calloc(most, sizeof(double)), 0 };
	for (size_t i = 0; i < data->n_runs; i++) {
		const struct law_run *run = &data->runs[i];

		if (run->phase1_ns <= 0)
			continue;
		ret->tasks[ret->n] = run->tasks;
		ret->ns[ret->n++] = run->phase1_ns;
	}
}

static void points_deinit(struct points *points)
{
	free(points->tasks);
	free(points->ns);
	free(points->weights);
}

static bool vary(const struct points *points)
{
	for (size_t i = 1; i < points->n; i++)
		if (points->tasks[i] != points->tasks[0])
			return true;
	return false;
}

static double at(const struct law_phase1 *law, double tasks)
{
	return law->fixed_ns + law->per_task_ns * tasks;
}

/* Of the points, each as often as `times` says. */
static void fit(const struct points *points, const double *times, struct law_phase1 *ret)
{
	double c00, c01, c11, chisq, sum = 0, weight = 0, through = 0, squares = 0;

	for (size_t i = 0; i < points->n; i++) {
		double w = times[i] / (points->ns[i] * points->ns[i]);

		points->weights[i] = w;
		weight += w;
		sum += w * points->ns[i];
		through += w * points->ns[i] * points->tasks[i];
		squares += w * points->tasks[i] * points->tasks[i];
	}
	if (!vary(points) ||
	    gsl_fit_wlinear(points->tasks, 1, points->weights, 1, points->ns, 1, points->n, &ret->fixed_ns,
			    &ret->per_task_ns, &c00, &c01, &c11, &chisq) ||
	    !isfinite(ret->per_task_ns) || ret->per_task_ns < 0) {
		ret->fixed_ns = sum / weight;
		ret->per_task_ns = 0;
	} else if (ret->fixed_ns < 0) {
		ret->fixed_ns = 0;
		ret->per_task_ns = through / squares;
	}
}

bool law_phase1_predict(const struct law_data *data, double tasks, uint64_t seed, size_t n, struct law_phase1 *ret)
{
	struct samples totals = { 0 };
	struct points points;
	double *times;

	points_collect(data, &points);
	if (!points.n) {
		points_deinit(&points);
		return false;
	}
	times = mem_calloc(points.n, sizeof(*times));
	for (size_t i = 0; i < points.n; i++)
		times[i] = 1;
	*ret = (struct law_phase1){ .n_varies = vary(&points) };
	fit(&points, times, ret);
	ret->total_ns = at(ret, tasks);
	for (size_t i = 0; i < n; i++) {
		struct law_phase1 law;
		struct rng rng;
		size_t drawn;

		rng_init_stream(&rng, seed, i);
		for (size_t j = 0; j < points.n; j++)
			times[j] = 0;
		for (size_t j = 0; j < points.n; j++)
			times[rng_below(&rng, points.n)]++;
		fit(&points, times, &law);
		drawn = rng_below(&rng, points.n);
		samples_add(&totals, at(&law, tasks) * points.ns[drawn] / at(ret, points.tasks[drawn]));
	}
	law_interval_of(&totals, &ret->interval);
	samples_deinit(&totals);
	free(times);
	points_deinit(&points);
	return true;
}
