/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict of each metric. Counts: equal or not. Times: "worse" needs an interval of the
 * ratio that lies wholly beyond the tolerance, and a p value below alpha after Holm's
 * correction over all times of the part; either alone is not enough.
 *
 * Invariant: swapping the sides turns worse into better, never into worse, but for counts of
 * work, where any change is worse.
 */
#include "report/compare/verdict.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "measure/summary.h"

void part_side_deinit(struct part_side *side)
{
	free(side->trials);
	free(side->summaries);
	samples_deinit(&side->untraced_ns);
	memset(side, 0, sizeof(*side));
}

static bool has_traced(const struct run *run, size_t variant)
{
	for (size_t i = 0; i < run->n_trials; i++)
		if (run->trials[i].traced && run->trials[i].variant == variant)
			return true;
	return false;
}

void part_side_add(struct part_side *side, const struct run *run, size_t variant, enum temperature temperature)
{
	bool traced = has_traced(run, variant);

	for (size_t i = 0; i < run->n_trials; i++) {
		const struct trial *trial = &run->trials[i];
		const struct trial_summary *summary = &run->trial_summaries[i];

		if (trial->temperature != temperature || trial->variant != variant || trial->interrupted)
			continue;
		if (trial->traced != traced) {
			if (!trial->n_contradictions && summary->spans_ns[SPAN_TOTAL] > 0)
				samples_add(&side->untraced_ns, summary->spans_ns[SPAN_TOTAL]);
			continue;
		}
		if (trial->n_contradictions) {
			side->invalid++;
			continue;
		}
		if (side->n == side->cap) {
			side->cap = side->cap ? 2 * side->cap : 16;
			side->trials = mem_realloc(side->trials, side->cap, sizeof(*side->trials));
			side->summaries = mem_realloc(side->summaries, side->cap, sizeof(*side->summaries));
		}
		side->trials[side->n] = trial;
		side->summaries[side->n++] = summary;
	}
}

void part_side_values(const struct part_side *side, const struct gate_metric *metric, struct samples *ret)
{
	for (size_t i = 0; i < side->n; i++) {
		double value = metric->get(side->trials[i], side->summaries[i]);

		if (value >= 0)
			samples_add(ret, value);
	}
}

static bool is_count(const struct compare_row *row)
{
	return row->metric->kind < GATE_TIME;
}

/* --- counts ----------------------------------------------------------------------- */

static double relative_change(double base, double new)
{
	if (base == new)
		return 0;
	return base > 0 ? fabs(new - base) / base : INFINITY;
}

static bool count_has_changed(const struct compare_row *row)
{
	const struct quantiles *base = &row->base, *new = &row->new;

	/* In a count that varies from run to run, only values that no run of the other side had say anything. */
	return (new->min > base->max || new->max < base->min) &&
	       relative_change(base->p50, new->p50) > row->tolerance;
}

static void judge_count(const struct tolerances *tolerances, bool enough, struct compare_row *row)
{
	bool varies = row->base.min < row->base.max || row->new.min < row->new.max;

	row->tolerance = tolerances->counts[row->metric - gate_metrics];
	if (varies && row->tolerance < tolerances->varying)
		row->tolerance = tolerances->varying;
	if (!count_has_changed(row))
		row->verdict = COMPARE_SAME;
	else if (row->metric->kind == GATE_DETAIL)
		row->verdict = COMPARE_CHANGED;
	else if (!enough)
		row->verdict = COMPARE_CANNOT_TELL;
	else
		row->verdict = row->metric->kind == GATE_COST && row->new.p50 < row->base.p50 ? COMPARE_BETTER
											      : COMPARE_WORSE;
}

/* --- times ------------------------------------------------------------------------ */

/* A ratio needs values above 0. These are whole nanoseconds and bytes: less than one is one. */
static void raise_to_one(struct samples *samples)
{
	for (size_t i = 0; i < samples->n; i++)
		samples->values[i] = fmax(1, samples->values[i]);
}

static void measure_time(struct samples *base, struct samples *new, const struct tolerances *tolerances,
			 const struct compare_part *part, struct compare_row *row)
{
	size_t id = row->metric - gate_metrics - GATE_FIRST_TIME;
	struct ranktest test;

	raise_to_one(base);
	raise_to_one(new);
	ratio_compute(new, base, tolerances->confidence, tolerances->resamples, tolerances->seed, &row->ratio);
	ranktest_compute(base, new, &test);
	row->has_ratio = true;
	row->p = test.p;
	row->tolerance = fmax(tolerances->relative[id], tolerances->absolute[id] / samples_median(base));
	row->tolerance = fmax(row->tolerance, tolerances->noise * row->ratio.spread);
	if (row->metric->kind == GATE_TIME)
		row->tolerance = fmax(row->tolerance, part->drift);
}

static enum compare_verdict judge_time(const struct compare_row *row, const struct tolerances *tolerances)
{
	if (!row->has_ratio)
		return COMPARE_CANNOT_TELL;
	if (row->ratio.low > 1 + row->tolerance)
		return row->p_holm < tolerances->alpha ? COMPARE_WORSE : COMPARE_CANNOT_TELL;
	if (row->ratio.high < 1 / (1 + row->tolerance) && row->p_holm < tolerances->alpha)
		return COMPARE_BETTER;
	return row->ratio.high > 1 + fmax(tolerances->resolution, row->tolerance) ? COMPARE_CANNOT_TELL : COMPARE_SAME;
}

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

/* By how much the machine itself was different, as the runs without the tool saw it. */
static double drift_of(const struct part_side *base, const struct part_side *new, const struct tolerances *tolerances)
{
	size_t least = tolerances->runs;

	if (base->untraced_ns.n < least || new->untraced_ns.n < least)
		return 0;
	return exp(fabs(log(samples_median(&new->untraced_ns) / samples_median(&base->untraced_ns)))) - 1;
}

/* --- the part --------------------------------------------------------------------- */

static void add_row(const struct part_side *base, const struct part_side *new, const struct gate_metric *metric,
		    const struct tolerances *tolerances, bool counts_only, struct compare_part *part)
{
	_cleanup_(samples_deinit) struct samples base_values = { 0 }, new_values = { 0 };
	struct compare_row *row = &part->rows[part->n_rows];
	bool enough;

	*row = (struct compare_row){ .metric = metric };
	if (counts_only && !is_count(row))
		return;
	part_side_values(base, metric, &base_values);
	part_side_values(new, metric, &new_values);
	quantiles_compute(&base_values, &row->base);
	quantiles_compute(&new_values, &row->new);
	if (!row->base.n || !row->new.n || (row->base.max == 0 && row->new.max == 0))
		return;
	part->n_rows++;
	enough = row->base.n >= (size_t)tolerances->runs && row->new.n >= (size_t)tolerances->runs;
	if (is_count(row))
		judge_count(tolerances, enough || counts_only, row);
	else if (enough)
		measure_time(&base_values, &new_values, tolerances, part, row);
}

/* Nothing to compare, as when all runs of a side are invalid, is no pass. */
static enum compare_verdict gravest_verdict(struct compare_part *part, const struct tolerances *tolerances)
{
	enum compare_verdict gravest = part->n_rows ? COMPARE_SAME : COMPARE_CANNOT_TELL;
	bool any_better = false;

	for (size_t i = 0; i < part->n_rows; i++) {
		struct compare_row *row = &part->rows[i];

		if (!is_count(row))
			row->verdict = judge_time(row, tolerances);
		any_better |= row->verdict == COMPARE_BETTER;
		if (row->verdict >= COMPARE_CANNOT_TELL && row->verdict > gravest)
			gravest = row->verdict;
	}
	return gravest == COMPARE_SAME && any_better ? COMPARE_BETTER : gravest;
}

void part_compare(const struct part_side *base, const struct part_side *new, const struct tolerances *tolerances,
		  bool counts_only, struct compare_part *part)
{
	part->n_base = base->n;
	part->n_new = new->n;
	part->invalid_base = base->invalid;
	part->invalid_new = new->invalid;
	part->drift = drift_of(base, new, tolerances);
	for (size_t i = 0; i < GATE_N; i++)
		add_row(base, new, &gate_metrics[i], tolerances, counts_only, part);
	correct_by_holm(part);
	part->verdict = gravest_verdict(part, tolerances);
	/* A tool that fails more often than it did is no better for being quick in between. */
	if (part->verdict < COMPARE_CANNOT_TELL && part->invalid_new > part->invalid_base)
		part->verdict = COMPARE_CANNOT_TELL;
}
