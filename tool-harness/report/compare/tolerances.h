/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much a comparison bears before it says "worse": read from YAML by one option table,
 * with defaults that an A/A comparison on a shared machine passes (docs/compare.md).
 */
#ifndef REPORT_COMPARE_TOLERANCES_H
#define REPORT_COMPARE_TOLERANCES_H

#include <stdint.h>

#include "lib/conf/conf.h"
#include "report/compare/metric.h"

struct tolerances {
	double alpha;        /* largest p, after Holm, that tells a difference */
	double confidence;   /* of the interval of a ratio */
	double noise;        /* a difference below this many spreads of the runs is noise */
	double resolution;   /* a slowdown that must be excluded, or nothing can be told */
	double varying;      /* relative change that is borne in a count that is not the same in all runs */
	int64_t runs;        /* valid runs a side, at least */
	int64_t resamples;
	uint64_t seed;       /* of the bootstrap */
	double counts[GATE_FIRST_TIME];               /* relative change that is borne */
	double relative[GATE_N - GATE_FIRST_TIME];    /* of times and memory */
	int64_t absolute[GATE_N - GATE_FIRST_TIME];   /* ns, bytes */
};

extern const struct conf_table tolerances_table;

/* Defaults, then the file if path is not NULL. Release with conf_deinit. */
MUST_CHECK struct err *tolerances_read(const char *path, struct tolerances *ret);

#endif
