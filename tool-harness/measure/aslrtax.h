/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What address-space randomisation costs a tool: one variant's summary with it against that of a
 * variant which is the same without it. Libraries that stand elsewhere in every task (or on every
 * run) have to be looked up in each one's link map; docs/model.md, "Link maps".
 */
#ifndef MEASURE_ASLRTAX_H
#define MEASURE_ASLRTAX_H

#include <stdbool.h>

#include "measure/summary.h"

enum aslr_measure {
	ASLR_PHASE1, /* ns, traced: median over repetitions, also the next */
	ASLR_PHASE2,
	ASLR_T1,	 /* ns: median over load events */
	ASLR_BYTES_READ, /* by the tool: median over repetitions */
	ASLR_MEMORY,	 /* bytes, the tool's peak: likewise */
	ASLR_N,
};

struct aslr_row {
	bool known; /* both sides have it, and the side without is above 0 */
	double on, off;
	double ratio; /* on / off */
};

struct aslr_tax {
	struct aslr_row rows[ASLR_N];
	uint64_t n_on, n_off; /* traced runs */
	bool maps_known;      /* link maps were read on both sides */
};

/* The measure of one traced run; -1: not known. */
double aslr_value_of_trial(const struct trial_summary *summary, const struct trial *trial, enum aslr_measure measure);

/* False, and nothing filled, unless both sides have valid traced runs. */
bool aslr_tax_compute(const struct summary *on, const struct summary *off, struct aslr_tax *ret);

#endif
