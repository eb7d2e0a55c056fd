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
	row->asked = fmax(tolerances->relative[id], tolerances->absolute[id] / samples_median(base));
	row->tolerance = fmax(row->asked, tolerances->noise * row->ratio.spread);
	if (row->metric->kind == GATE_TIME)
		row->tolerance = fmax(row->tolerance, part->drift);
}

/* Both medians are less than the difference that is to be overlooked: there is nothing to find. */
static bool is_too_small(const struct compare_row *row, const struct tolerances *tolerances)
{
	int64_t absolute = tolerances->absolute[row->metric - gate_metrics - GATE_FIRST_TIME];

	return row->base.p50 < absolute && row->new.p50 < absolute;
}

static enum compare_verdict judge_time(const struct compare_row *row, const struct tolerances *tolerances)
{
	if (row->verdict == COMPARE_NOT_TESTED || row->verdict == COMPARE_MISSING)
		return row->verdict;
	if (!row->has_ratio)
		return COMPARE_CANNOT_TELL;
	if (row->ratio.low > 1 + row->tolerance)
		return row->p_holm < tolerances->alpha ? COMPARE_WORSE : COMPARE_CANNOT_TELL;
	if (row->ratio.high < 1 / (1 + row->tolerance) && row->p_holm < tolerances->alpha)
		return COMPARE_BETTER;
	/* What noise and drift hide was not excluded: they widen what is no proof, never what passes. */
	return row->ratio.high > 1 + fmax(tolerances->resolution, row->asked) ? COMPARE_CANNOT_TELL : COMPARE_SAME;
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
	if ((counts_only && !is_count(row)) || !tolerances_choose(tolerances, metric))
		return;
	part_side_values(base, metric, &base_values);
	part_side_values(new, metric, &new_values);
	quantiles_compute(&base_values, &row->base);
	quantiles_compute(&new_values, &row->new);
	if ((!row->base.n && !row->new.n) || (row->base.max == 0 && row->new.max == 0 && row->base.n && row->new.n))
		return;
	part->n_rows++;
	if (!row->base.n || !row->new.n) {
		row->verdict = COMPARE_MISSING;
		row->only = row->base.n ? COMPARE_ONLY_BASE : COMPARE_ONLY_NEW;
		return;
	}
	enough = row->base.n >= (size_t)tolerances->runs && row->new.n >= (size_t)tolerances->runs;
	if (is_count(row))
		judge_count(tolerances, enough || counts_only, row);
	else if (is_too_small(row, tolerances))
		row->verdict = COMPARE_NOT_TESTED;
	else if (enough)
		measure_time(&base_values, &new_values, tolerances, part, row);
}

enum compare_verdict missing_verdict(const struct tolerances *tolerances)
{
	return tolerances->missing == MISSING_CANNOT_TELL ? COMPARE_CANNOT_TELL : COMPARE_MISSING;
}

/* Why the rows as they are make no pass; NULL: they do. */
static const char *why_no_pass(const struct compare_part *part, const struct tolerances *tolerances, bool counts_only)
{
	size_t tested = 0, times = 0, chosen = 0;

	for (size_t i = GATE_FIRST_TIME; i < GATE_N; i++)
		chosen += tolerances_choose(tolerances, &gate_metrics[i]);

	for (size_t i = 0; i < part->n_rows; i++) {
		times += !is_count(&part->rows[i]);
		tested += part->rows[i].verdict != COMPARE_NOT_TESTED && is_count(&part->rows[i]) == counts_only;
	}
	if (!part->n_rows)
		return "no metric is known of any valid run of either side";
	if (!tested && chosen && !counts_only)
		return times ? "every time is below its absolute tolerance: none was tested" :
			       "no time is known of any valid run of either side";
	/* A tool that fails more often than it did is no better for being quick in between. */
	return part->invalid_new > part->invalid_base ? "more of NEW's runs are invalid than of BASE's" : NULL;
}

/* Nothing to compare, as when all runs of a side are invalid, is no pass. */
static enum compare_verdict gravest_verdict(struct compare_part *part, const struct tolerances *tolerances)
{
	enum compare_verdict gravest = part->why ? COMPARE_CANNOT_TELL : COMPARE_SAME;
	bool any_better = false;

	for (size_t i = 0; i < part->n_rows; i++) {
		enum compare_verdict verdict = part->rows[i].verdict;

		if (verdict == COMPARE_MISSING)
			verdict = missing_verdict(tolerances);
		any_better |= verdict == COMPARE_BETTER;
		if (verdict >= COMPARE_CANNOT_TELL && verdict > gravest)
			gravest = verdict;
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
	if (!(base->n + base->invalid) || !(new->n + new->invalid)) {
		part->only = base->n + base->invalid ? COMPARE_ONLY_BASE : COMPARE_ONLY_NEW;
		part->verdict = missing_verdict(tolerances);
		return;
	}
	part->drift = drift_of(base, new, tolerances);
	for (size_t i = 0; i < GATE_N; i++)
		add_row(base, new, &gate_metrics[i], tolerances, counts_only, part);
	correct_by_holm(part);
	for (size_t i = 0; i < part->n_rows; i++)
		if (!is_count(&part->rows[i]))
			part->rows[i].verdict = judge_time(&part->rows[i], tolerances);
	part->why = why_no_pass(part, tolerances, counts_only);
	part->verdict = gravest_verdict(part, tolerances);
}
