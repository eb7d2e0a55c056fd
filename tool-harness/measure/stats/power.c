/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An interval narrows with the root of the number of runs, and a test's normal deviate grows with it. To decide not
 * in half of all cases but in POWER_CHANCE of them, the estimate's own scatter comes on top.
 *
 * Invariant: more is asked for than there is, since that did not decide.
 */
#include "measure/stats/power.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* Runs after which an interval is narrow enough to keep this distance from the estimate. */
static double runs_for_distance(const struct power_question *q, double distance)
{
	double z = gsl_cdf_ugaussian_Pinv((1 + q->confidence) / 2), chance = gsl_cdf_ugaussian_Pinv(POWER_CHANCE);
	double half = (q->high - q->low) / 2 * (1 + chance / z);

	return distance > 0 ? q->n * pow(half / distance, 2) : INFINITY;
}

static double runs_for_p(const struct power_question *q)
{
	double has = gsl_cdf_ugaussian_Qinv(fmax(q->p, 1e-12) / 2);
	double wants = gsl_cdf_ugaussian_Qinv(q->p_wanted / 2);

	if (q->p < q->p_wanted)
		return q->n;
	return has > 0 ? q->n * pow((wants + gsl_cdf_ugaussian_Pinv(POWER_CHANCE)) / has, 2) : INFINITY;
}

static size_t whole_runs(const struct power_question *question, double runs)
{
	runs = fmax(ceil(runs), question->n + 1.0);
	return runs < POWER_NEVER ? (size_t)runs : POWER_NEVER;
}

size_t power_runs_beyond(const struct power_question *question)
{
	return whole_runs(question, fmax(runs_for_distance(question, question->value - question->beyond),
					 runs_for_p(question)));
}

size_t power_runs(const struct power_question *question)
{
	size_t beyond = power_runs_beyond(question);
	size_t below = whole_runs(question, runs_for_distance(question, question->below - question->value));

	return beyond < below ? beyond : below;
}
