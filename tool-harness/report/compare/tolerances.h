/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How much a comparison tolerates before it says "worse": read from YAML by one option table,
 * with defaults that an A/A comparison on a shared machine passes (docs/compare.md).
 */
#ifndef REPORT_COMPARE_TOLERANCES_H
#define REPORT_COMPARE_TOLERANCES_H

#include <stdint.h>

#include "lib/conf/conf.h"
#include "report/compare/metric.h"

/* What something that one side alone has makes of the verdict. */
enum missing_policy { MISSING_INCOMPARABLE, MISSING_CANNOT_TELL };

/* What "cannot tell" is in JUnit. */
enum cannot_tell_policy { CANNOT_TELL_SKIPPED, CANNOT_TELL_FAILURE, CANNOT_TELL_ERROR, CANNOT_TELL_PASSED };

struct tolerances {
	double alpha;        /* largest p, after Holm, that tells a difference */
	double pairs_alpha;  /* the same where runs were made in pairs, and no spread of theirs widens the tolerance */
	double confidence;   /* of the interval of a ratio */
	double noise;        /* a difference below this many spreads of the runs is noise */
	double resolution;   /* a slowdown that must be excluded, or nothing can be told */
	double varying;      /* relative change that is tolerated in a count that is not the same in all runs */
	struct conf_list metrics; /* gate_metric_id: those that are compared; empty: all */
	int missing;         /* enum missing_policy */
	int cannot_tell;     /* enum cannot_tell_policy */
	int64_t runs;        /* valid runs a side, at least */
	int64_t resamples;
	uint64_t seed;       /* of the bootstrap */
	double counts[GATE_FIRST_TIME];               /* relative change that is tolerated */
	double relative[GATE_N - GATE_FIRST_TIME];    /* of times and memory */
	int64_t absolute[GATE_N - GATE_FIRST_TIME];   /* ns, bytes */
};

extern const struct conf_table tolerances_table;

/* The metric is one of those that are compared. */
bool tolerances_choose(const struct tolerances *tolerances, const struct gate_metric *metric);

/* Defaults, then the file if path is not NULL. */
MUST_CHECK struct err *tolerances_read(const char *path, struct tolerances *ret);

/* Of zeroed ones nothing. */
void tolerances_deinit(struct tolerances *tolerances);

#endif
