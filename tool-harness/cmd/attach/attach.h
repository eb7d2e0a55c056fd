/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to cmd/attach*.c: what is done with a running job once its options are read. */
#ifndef CMD_ATTACH_ATTACH_H
#define CMD_ATTACH_ATTACH_H

#include "cmd/print.h"
#include "job/job.h"
#include "job/scenario/scenario.h"
#include "lib/err.h"

/* Traces the tasks that the plan finds until they end, the plan's time is over or Ctrl-C, lets them
 * go, writes the record and prints it. The scenario is a checked one. */
MUST_CHECK struct err *attach_trace(const struct scenario *scenario, const struct job_plan *plan, enum print_form form,
				    int *status_ret);

/* Takes traps out that a killed tracer left in the tasks, and says how many. */
MUST_CHECK struct err *attach_repair(const struct job_plan *plan);

#endif
