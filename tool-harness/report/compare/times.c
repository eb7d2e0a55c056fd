/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict of times and memory. "Worse" needs an interval of the ratio that lies wholly beyond the tolerance, and a
 * p value below alpha after Holm's correction over all that was tested of the part; either alone is not enough. Runs
 * that were made in turns are pairs, if there are enough of them that a test of pairs can tell anything; else the sides
 * are two groups, and what their runs spread and the machine drifted widens the tolerance.
 *
 * Invariant: which analysis is made follows from numbers of runs and of tests, never from what was measured.
 */
#include "report/compare/times.h"

#include <math.h>

#include "measure/stats/pairtest.h"
#include "measure/stats/power.h"
#include "measure/stats/ranktest.h"

static size_t time_index(const struct compare_row *row)
{
	return (size_t)(row->metric - gate_metrics) - GATE_FIRST_TIME;
}

/* There is something to be found, and runs to find it in. */
static bool is_tested(const struct compare_row *row, const struct tolerances *tolerances)
{
	return !gate_metric_is_count(row->metric) && row->verdict == COMPARE_CANNOT_TELL &&
	       row->base.n >= (size_t)tolerances->runs && row->new.n >= (size_t)tolerances->runs;
}

/* Both medians are less than the difference that is to be overlooked: there is nothing to find. */
static bool is_too_small(const struct compare_row *row, const struct tolerances *tolerances)
{
	int64_t absolute = tolerances->absolute[time_index(row)];

	return !gate_metric_is_count(row->metric) && row->verdict == COMPARE_CANNOT_TELL && row->base.p50 < absolute &&
	       row->new.p50 < absolute;
}

/* A ratio needs values above 0. These are whole nanoseconds and bytes: less than one is one. */
static void raise_to_one(struct samples *samples)
{
	for (size_t i = 0; i < samples->n; i++)
		samples->values[i] = fmax(1, samples->values[i]);
}

/* By how much the machine itself was different, as the runs without the tool saw it. */
static double drift_of(const struct part_side *base, const struct part_side *new, const struct tolerances *tolerances)
{
	size_t least = tolerances->runs;

	if (base->untraced_ns.n < least || new->untraced_ns.n < least)
		return 0;
	return exp(fabs(log(samples_median(&new->untraced_ns) / samples_median(&base->untraced_ns)))) - 1;
}

/* --- two groups, or pairs --------------------------------------------------------- */

static void measure_groups(struct samples *base, struct samples *new, const struct tolerances *tolerances,
			   double confidence, const struct compare_part *part, struct compare_row *row)
{
	struct ranktest test;

	ratio_compute(new, base, confidence, tolerances->resamples, tolerances->seed, &row->ratio);
	ranktest_compute(base, new, &test);
	row->p = test.p;
	row->tolerance = fmax(row->asked, tolerances->noise * row->ratio.spread);
	if (row->metric->kind == GATE_TIME)
		row->tolerance = fmax(row->tolerance, part->drift);
}

static double deviation(const struct samples *samples)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < samples->n; i++)
		mean += samples->values[i] / samples->n;
	for (size_t i = 0; i < samples->n; i++)
		sum += pow(samples->values[i] - mean, 2);
	return samples->n > 1 ? sqrt(sum / (samples->n - 1)) : 0;
}

static void measure_pairs(const struct samples *base, const struct samples *new, double confidence,
			  struct compare_row *row)
{
	_cleanup_(samples_deinit) struct samples logs = { 0 };
	struct pairtest test;

	for (size_t i = 0; i < base->n; i++)
		samples_add(&logs, log(new->values[i] / base->values[i]));
	pairtest_compute(&logs, log(1 + row->asked), confidence, &test);
	row->ratio = (struct ratio){ exp(test.shift), exp(test.low), exp(test.high), deviation(&logs) };
	row->p = test.p;
	row->tolerance = row->asked;
}

/* Of the row that has the fewest. */
static size_t fewest_pairs(const struct part_side *base, const struct part_side *new,
			   const struct tolerances *tolerances, const struct compare_part *part)
{
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; i < part->n_rows; i++) {
		_cleanup_(samples_deinit) struct samples of_base = { 0 }, of_new = { 0 };

		if (!is_tested(&part->rows[i], tolerances))
			continue;
		part_side_pairs(base, new, part->rows[i].metric, &of_base, &of_new);
		fewest = of_base.n < fewest ? of_base.n : fewest;
	}
	return fewest;
}

/* Pairs with which the first of so many tests may fall below alpha, and the interval has its confidence. */
static size_t pairs_wanted(const struct tolerances *tolerances, unsigned looks, size_t tests)
{
	double share = pow(2, -(double)looks);
	double p = fmin(tolerances->pairs_alpha / (double)(tests ? tests : 1), 1 - tolerances->confidence) * share;

	return pairtest_least(p);
}

static void measure_row(const struct part_side *base, const struct part_side *new, const struct part_how *how,
			const struct compare_part *part, struct compare_row *row)
{
	_cleanup_(samples_deinit) struct samples of_base = { 0 }, of_new = { 0 };
	double confidence = 1 - (1 - how->tolerances->confidence) * pow(2, -(double)how->looks);
	size_t id = time_index(row);

	if (part->n_pairs) {
		part_side_pairs(base, new, row->metric, &of_base, &of_new);
	} else {
		part_side_values(base, row->metric, &of_base);
		part_side_values(new, row->metric, &of_new);
	}
	raise_to_one(&of_base);
	raise_to_one(&of_new);
	row->has_ratio = true;
	row->asked = fmax(how->tolerances->relative[id], how->tolerances->absolute[id] / samples_median(&of_base));
	if (part->n_pairs)
		measure_pairs(&of_base, &of_new, confidence, row);
	else
		measure_groups(&of_base, &of_new, how->tolerances, confidence, part, row);
}

/* --- judging ---------------------------------------------------------------------- */

/* All times of a part are tests made together. */
static void correct_by_holm(struct compare_part *part)
{
	double p[GATE_N], adjusted[GATE_N];
	size_t n = 0;

	for (size_t i = 0; i < part->n_rows; i++)
		if (part->rows[i].has_ratio)
			p[n++] = part->rows[i].p;
	holm_adjust(p, n, adjusted);
	n = 0;
	for (size_t i = 0; i < part->n_rows; i++)
		if (part->rows[i].has_ratio)
			part->rows[i].p_holm = adjusted[n++];
}

/* A slowdown that "same" must exclude. What noise and drift hide was not excluded: they widen what is no proof, never
 * what passes. */
static double excluded(const struct compare_row *row, const struct tolerances *tolerances)
{
	return 1 + fmax(tolerances->resolution, row->asked);
}

static enum compare_verdict judge(const struct compare_row *row, const struct tolerances *tolerances, double alpha)
{
	if (row->ratio.low > 1 + row->tolerance)
		return row->p_holm < alpha ? COMPARE_WORSE : COMPARE_CANNOT_TELL;
	if (row->ratio.high < 1 / (1 + row->tolerance) && row->p_holm < alpha)
		return COMPARE_BETTER;
	return row->ratio.high > excluded(row, tolerances) ? COMPARE_CANNOT_TELL : COMPARE_SAME;
}

static size_t further(size_t runs, size_t n)
{
	return runs < POWER_NEVER ? runs - n : COMPARE_NEVER;
}

/* Further runs that would probably decide a row that could not be told. */
static void ask_for_runs(const struct part_how *how, const struct compare_part *part, struct compare_row *row)
{
	size_t n = part->n_pairs ? part->n_pairs : row->base.n < row->new.n ? row->base.n : row->new.n;
	struct power_question question = { .n = n };

	if (!row->has_ratio) {
		row->more = row->more_worse = (size_t)how->tolerances->runs - n;
		return;
	}
	question.value = log(row->ratio.value);
	question.low = log(row->ratio.low);
	question.high = log(row->ratio.high);
	question.confidence = 1 - (1 - how->tolerances->confidence) * pow(2, -(double)how->looks);
	question.beyond = log(1 + row->tolerance);
	question.below = log(excluded(row, how->tolerances));
	question.p = row->p_holm;
	question.p_wanted = part->alpha;
	row->more = further(power_runs(&question), n);
	row->more_worse = further(power_runs_beyond(&question), n);
}

void times_judge(const struct part_side *base, const struct part_side *new, const struct part_how *how,
		 struct compare_part *part)
{
	const struct tolerances *tolerances = how->tolerances;
	double share = pow(2, -(double)how->looks);

	for (size_t i = 0; i < part->n_rows; i++) {
		if (is_too_small(&part->rows[i], tolerances))
			part->rows[i].verdict = COMPARE_NOT_TESTED;
		part->tests += is_tested(&part->rows[i], tolerances);
	}
	part->drift = drift_of(base, new, tolerances);
	if (how->interleaved && part->tests) {
		size_t pairs = fewest_pairs(base, new, tolerances, part);

		part->n_pairs = pairs >= pairs_wanted(tolerances, how->looks, part->tests) ? pairs : 0;
	}
	part->alpha = (part->n_pairs ? tolerances->pairs_alpha : tolerances->alpha) * share;
	for (size_t i = 0; i < part->n_rows; i++)
		if (is_tested(&part->rows[i], tolerances))
			measure_row(base, new, how, part, &part->rows[i]);
	correct_by_holm(part);
	for (size_t i = 0; i < part->n_rows; i++) {
		struct compare_row *row = &part->rows[i];

		if (row->has_ratio)
			row->verdict = judge(row, tolerances, part->alpha);
		if (!gate_metric_is_count(row->metric) && row->verdict == COMPARE_CANNOT_TELL)
			ask_for_runs(how, part, row);
	}
}
