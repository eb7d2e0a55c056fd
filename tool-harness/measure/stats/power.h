/* SPDX-License-Identifier: BSD-3-Clause */
/* How many runs would have told, if further ones are as far apart as those that there are? */
#ifndef MEASURE_POWER_H
#define MEASURE_POWER_H

#include <stddef.h>

#define POWER_CHANCE 0.8 /* with which as many runs decide */
#define POWER_NEVER 10000 /* runs; more is never */

/* A measured logarithm, and what it must be told from. */
struct power_question {
	size_t n;             /* runs, or pairs, that it is of */
	double value;         /* the estimate, its interval, and that one's confidence */
	double low, high;
	double confidence;
	double beyond;        /* above this all of the interval must lie, or ... */
	double below;         /* ... below this */
	double p, p_wanted;   /* of the test that must hold as well where the interval lies beyond: below p_wanted */
};

/*
 * Runs in all with which, by the normal approximation, one of both is decided with POWER_CHANCE, if the estimate is
 * the truth. At least n + 1; POWER_NEVER: not even that many would.
 */
size_t power_runs(const struct power_question *question);

/* The same, but for the first of both alone. */
size_t power_runs_beyond(const struct power_question *question);

#endif
