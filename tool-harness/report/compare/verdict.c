/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The verdict of each count, equal or not, and that of a part. Times are times.c.
 *
 * Invariant: swapping the sides turns worse into better, never into worse, but for counts of
 * work, where any change is worse.
 */
#include "report/compare/verdict.h"

#include <math.h>
#include <string.h>

#include "lib/mem.h"
#include "report/compare/times.h"

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

/* --- the part --------------------------------------------------------------------- */

static void add_row(const struct part_side *base, const struct part_side *new, const struct gate_metric *metric,
		    const struct part_how *how, struct compare_part *part)
{
	_cleanup_(samples_deinit) struct samples base_values = { 0 }, new_values = { 0 };
	size_t least = (size_t)how->tolerances->runs;
	struct compare_row *row = &part->rows[part->n_rows];

	*row = (struct compare_row){ .metric = metric, .verdict = COMPARE_CANNOT_TELL };
	if ((how->counts_only && !gate_metric_is_count(row->metric)) || !tolerances_choose(how->tolerances, metric))
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
	} else if (gate_metric_is_count(row->metric)) {
		judge_count(how->tolerances, how->counts_only || (row->base.n >= least && row->new.n >= least), row);
	}
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
		bool is_count = gate_metric_is_count(part->rows[i].metric);

		times += !is_count;
		tested += part->rows[i].verdict != COMPARE_NOT_TESTED && is_count == counts_only;
	}
	if (!part->n_rows)
		return "no metric is known of any valid run of either side";
	if (!tested && chosen && !counts_only)
		return times ? "every time is below its absolute tolerance: none was tested"
			     : "no time is known of any valid run of either side";
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

void part_compare(const struct part_side *base, const struct part_side *new, const struct part_how *how,
		  struct compare_part *part)
{
	part->n_base = base->n;
	part->n_new = new->n;
	part->invalid_base = base->invalid;
	part->invalid_new = new->invalid;
	if (!(base->n + base->invalid) || !(new->n + new->invalid)) {
		part->only = base->n + base->invalid ? COMPARE_ONLY_BASE : COMPARE_ONLY_NEW;
		part->verdict = missing_verdict(how->tolerances);
		return;
	}
	for (size_t i = 0; i < GATE_N; i++)
		add_row(base, new, &gate_metrics[i], how, part);
	times_judge(base, new, how, part);
	part->why = why_no_pass(part, how->tolerances, how->counts_only);
	part->verdict = gravest_verdict(part, how->tolerances);
}
