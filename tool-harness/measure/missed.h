/* SPDX-License-Identifier: BSD-3-Clause */
/* What a policy that puts breakpoints in late has missed: docs/strategies.md. */
#ifndef MEASURE_MISSED_H
#define MEASURE_MISSED_H

#include "measure/trial.h"

/*
 * Fills `missed` and `rank_missed` of each breakpoint whose hits are predicted (expected_hits), of a
 * trial whose policy is late, and -1 in all others: calls that the manifest says were made, minus hits that were seen.
 * Every rank makes the same calls. Call once the hits and what is expected are in.
 */
void missed_compute(struct trial *trial);

/* Of all breakpoints together; -1 if it is not known of any. */
int64_t missed_total(const struct trial *trial);
int64_t expected_total(const struct trial *trial);

#endif
