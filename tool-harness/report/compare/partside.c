/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runs of one side of a part, and what a metric is in each of them. Judges nothing.
 *
 * Invariant: a run that contradicts itself is counted, and no value of it is used.
 */
#include "report/compare/partside.h"

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

/* The run of a repetition; NULL: it is not among the valid ones. */
static const struct trial *run_of_repetition(const struct part_side *side, uint32_t repetition,
					     const struct trial_summary **summary_ret)
{
	for (size_t i = 0; i < side->n; i++) {
		if (side->trials[i]->repetition == repetition) {
			*summary_ret = side->summaries[i];
			return side->trials[i];
		}
	}
	return NULL;
}

void part_side_pairs(const struct part_side *base, const struct part_side *new, const struct gate_metric *metric,
		     struct samples *base_ret, struct samples *new_ret)
{
	for (size_t i = 0; i < base->n; i++) {
		const struct trial_summary *summary;
		const struct trial *other = run_of_repetition(new, base->trials[i]->repetition, &summary);
		double of_base = metric->get(base->trials[i], base->summaries[i]);
		double of_new = other ? metric->get(other, summary) : -1;

		if (of_base < 0 || of_new < 0)
			continue;
		samples_add(base_ret, of_base);
		samples_add(new_ret, of_new);
	}
}
