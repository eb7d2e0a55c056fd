/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expected hits minus hits, by breakpoint and rank. Judges nothing: check.c does. Invariant: the
 * ranks' sum is the breakpoint's.
 */
#include "measure/missed.h"

#include "lib/mem.h"

void missed_compute(struct trial *trial)
{
	for (size_t i = 0; i < trial->n_breakpoints; i++) {
		struct trial_breakpoint *bp = &trial->breakpoints[i];

		bp->missed = -1;
		if (!trial->late || bp->expected_hits < 0 || !bp->rank_hits || !trial->n_tasks)
			continue;
		bp->missed = bp->expected_hits - (int64_t)bp->hits;
		bp->n_rank_missed = trial->n_tasks;
		bp->rank_missed = mem_calloc(trial->n_tasks, sizeof(bp->rank_missed[0]));
		for (size_t j = 0; j < trial->n_tasks; j++)
			bp->rank_missed[j] = bp->expected_hits / (int64_t)trial->n_tasks - (int64_t)bp->rank_hits[j];
	}
}

int64_t missed_total(const struct trial *trial)
{
	int64_t total = -1;

	for (size_t i = 0; i < trial->n_breakpoints; i++)
		if (trial->breakpoints[i].n_rank_missed)
			total = (total < 0 ? 0 : total) + trial->breakpoints[i].missed;
	return total;
}

int64_t expected_total(const struct trial *trial)
{
	int64_t total = -1;

	for (size_t i = 0; i < trial->n_breakpoints; i++)
		if (trial->breakpoints[i].n_rank_missed)
			total = (total < 0 ? 0 : total) + trial->breakpoints[i].expected_hits;
	return total;
}
