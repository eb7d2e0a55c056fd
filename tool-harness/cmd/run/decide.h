/* SPDX-License-Identifier: BSD-3-Clause */
/* The comparison of a run's variants A and B: how long it goes on, and its verdict. */
#ifndef CMD_DECIDE_H
#define CMD_DECIDE_H

#include "cmd/run/runloop.h"
#include "cmd/scenarioargs.h"
#include "report/compare/tolerances.h"

struct decide {
	struct tolerances tolerances;
	bool until_decided;
	int64_t begin_ns, end_ns; /* of CLOCK_MONOTONIC: when the run began, when it must not go on */
};

/* From the options and files, which are checked before anything runs; release with decide_deinit in any case. */
MUST_CHECK struct err *decide_init(const struct scenario_comparing *comparing, struct decide *ret);
void decide_deinit(struct decide *decide);

/* A runloop_more: of a comparison that cannot be told as many more repetitions as would tell it, while there is
 * time. Says so on standard error. Its data is a struct decide. */
int64_t decide_wanted(struct run *run, int64_t done, int64_t wanted, void *data);

/* B against A of a whole run, what of it contradicts itself left out. *status_ret is the run's exit status, and becomes
 * the verdict's: but that of a run that is not valid stays where nothing can be told. With `print` all of it goes to
 * standard output. */
void decide_judge(const struct decide *decide, const struct run *run, bool print, int *status_ret);

#endif
