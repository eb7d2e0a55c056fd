/* SPDX-License-Identifier: BSD-3-Clause */
/* Which way to acquire tasks a scenario comes to with the launcher at hand, before anything is run. */
#ifndef JOB_ACQUIRE_CHOOSE_H
#define JOB_ACQUIRE_CHOOSE_H

#include "job/scenario/scenario.h"
#include "lib/err.h"

/*
 * The strategy of a scenario that launches its tasks: for auto mpir-launch where the launcher has a process
 * table, else the shim, both of which hold the tasks before they run on their own; for mpir-attach pmix under Open
 * MPI 5. What the launcher has not, or this build lacks, is an error with EXIT_SKIPPED that names a way that works
 * there.
 */
MUST_CHECK struct err *acquire_choose(const struct scenario *scenario, enum acquire *ret);

/* The strategy for a launcher that runs: pmix if it is PRRTE's, else mpir-attach. */
enum acquire acquire_choose_running(pid_t launcher);

#endif
