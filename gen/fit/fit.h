/* SPDX-License-Identifier: BSD-3-Clause */
/* From the footprint of a real code to the spec of a target that matches it. */
#ifndef GEN_FIT_FIT_H
#define GEN_FIT_FIT_H

#include "gen/fit/solve.h"

/* The paper missed text by 2.3 and string tables by 3.8 times; this is what we hold. */
#define FIT_TOLERANCE 0.10

struct fit_opts {
	const char *dir;       /* folder of the whole target, kept; NULL: a temporary one */
	unsigned jobs;         /* as in struct target_opts */
	bool no_verify;        /* do not build the whole: what the samples predict is the result */
	const struct target_spec *base; /* compiler, Python and other keys that fitting leaves alone */
};

struct fit_result {
	struct target_spec spec; /* of the match; owned by the result */
	struct fit_goal goal;
	double bytes[FOOTPRINT_N_COLUMNS]; /* of the model's libraries: measured, or predicted with no_verify */
	struct fit_limits limits;
	unsigned n_builds;       /* of the whole */
};

/*
 * Builds samples, solves, builds the whole and corrects up to three times. A section that
 * is out of tolerance is no error: see fit_check.
 */
MUST_CHECK struct err *fit_find(const struct footprint *real, const struct fit_opts *opts, struct fit_result *ret);
void fit_result_deinit(struct fit_result *result);

/* All sections within the tolerance; else an error of status EXIT_INVALID that says which and why. */
MUST_CHECK struct err *fit_check(const struct fit_result *result);

/* Real and model side by side. */
void fit_put_table(const struct fit_result *result, const char *what, struct strbuf *ret);

/* By what share model and real differ; infinite if only the model has any. */
double fit_miss(double real, double model);

#endif
