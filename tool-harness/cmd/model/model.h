/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: the forms of `attachstorm model`. */
#ifndef CMD_MODEL_MODEL_H
#define CMD_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* Numbers are negative until given. */
struct model_args {
	double libraries, tasks, breakpoints;
	int64_t t1_ns, t2_ns;
	const char *record;
	bool json;
	struct err *err; /* of parsing */
};

/* A number from min to 1e9; `what` names it in errors. */
MUST_CHECK struct err *model_parse_number(const char *text, const char *what, double min, double *ret);

/* The product for numbers given, and for the means of one record. Both print. */
void model_given(const struct model_args *args);
MUST_CHECK struct err *model_measured(const struct model_args *args);

/* `model fit` and `model predict`: argv[0] is "attachstorm model fit" or the other. */
MUST_CHECK struct err *model_fit(int argc, char **argv, bool predict, int *status_ret);

#endif
