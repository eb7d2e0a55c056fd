/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs for comparisons: trials and summaries made up directly, with noise of any size. */
#ifndef TESTS_MADEUP_H
#define TESTS_MADEUP_H

#include <math.h>

#include "lib/clock.h"
#include "lib/rng.h"
#include "report/compare/compare.h"

#define MADEUP_EVENTS 100

/* What one variant of a made-up run is like. */
struct madeup {
	size_t runs;
	double noise;        /* standard deviation of the logarithm of each time */
	double factor;       /* of all times */
	int64_t per_event_ns; /* added to each load event */
	bool untraced;       /* with a baseline beside each run */
	enum temperature temperature;
};

static inline double madeup_factor(const struct madeup *what, struct rng *rng)
{
	double u = 1 - rng_unit(rng), v = rng_unit(rng);

	return what->factor * exp(what->noise * sqrt(-2 * log(u)) * cos(2 * M_PI * v));
}

static inline struct quantiles madeup_quantiles(double value)
{
	return (struct quantiles){ .n = 1, .min = value, .p50 = value, .max = value, .mean = value, .sum = value };
}

static inline struct trial_summary *madeup_trial(struct run *run, uint32_t variant, const struct madeup *what,
						 size_t repetition, bool traced)
{
	struct trial *trial = run_add_trial(run);

	trial->variant = variant;
	trial->repetition = (uint32_t)repetition;
	trial->traced = traced;
	trial->temperature = what->temperature;
	trial_add_tasks(trial, 2);
	run->trial_summaries = mem_realloc(run->trial_summaries, run->n_trials, sizeof(*run->trial_summaries));
	run->n_trial_summaries = run->n_trials;
	memset(&run->trial_summaries[run->n_trials - 1], 0, sizeof(*run->trial_summaries));
	return &run->trial_summaries[run->n_trials - 1];
}

/* Each time has noise of its own, the worst case for many metrics at once. */
static inline void madeup_run(struct run *run, uint32_t variant, const struct madeup *what, struct rng *rng)
{
	static const struct { enum span span; int64_t ns; bool with_events; } spans[] = {
		{ SPAN_PHASE1, 400 * NS_PER_MS, false },     { SPAN_PHASE2, 900 * NS_PER_MS, true },
		{ SPAN_IMPORT_WORST, 800 * NS_PER_MS, true }, { SPAN_VISIT_WORST, 150 * NS_PER_MS, false },
		{ SPAN_TOTAL, 1500 * NS_PER_MS, true },
	};

	run->complete = true;
	for (size_t i = 0; i < what->runs; i++) {
		struct trial_summary *summary = madeup_trial(run, variant, what, i, true);
		struct trial *trial = &run->trials[run->n_trials - 1];
		int64_t added_ns = MADEUP_EVENTS * what->per_event_ns;

		for (size_t j = 0; j < ARRAY_SIZE(spans); j++)
			summary->spans_ns[spans[j].span] = spans[j].ns * madeup_factor(what, rng) +
							   (spans[j].with_events ? added_ns : 0);
		summary->stops[EVENT_IMPORT][EVENT_ADD] = MADEUP_EVENTS;
		summary->stops[EVENT_IMPORT][EVENT_CONSISTENT] = MADEUP_EVENTS;
		summary->load_events = MADEUP_EVENTS;
		summary->t1_ns = madeup_quantiles(50 * NS_PER_US * madeup_factor(what, rng) + what->per_event_ns);
		summary->t2_ns = madeup_quantiles(3 * NS_PER_US * madeup_factor(what, rng));
		summary->handling_ns = madeup_quantiles(25 * NS_PER_US * madeup_factor(what, rng) +
							what->per_event_ns / 2);
		trial->tracer_cpu_ns = 300 * NS_PER_MS * madeup_factor(what, rng);
		trial->tracer_peak_rss_bytes = (int64_t)(200e6 * madeup_factor(what, rng));
		trial->ptrace_calls = 6 * MADEUP_EVENTS;
		if (!what->untraced)
			continue;
		madeup_trial(run, variant, what, i, false)->spans_ns[SPAN_TOTAL] = NS_PER_S * madeup_factor(what, rng);
	}
}

#endif
