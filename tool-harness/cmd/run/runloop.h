/* SPDX-License-Identifier: BSD-3-Clause */
/* A scenario from its settings to its record: what `attachstorm run` does after its options. */
#ifndef CMD_RUNLOOP_H
#define CMD_RUNLOOP_H

#include <stdbool.h>

#include "job/scenario/scenario.h"
#include "job/scenario/variant.h"
#include "lib/err.h"
#include "report/record/record.h"

/* Asked behind each repetition; returns how many there are to be in all: `wanted`, more, or `done` to end here. */
struct runloop_more {
	int64_t (*wanted)(struct run *run, int64_t done, int64_t wanted, void *data);
	void *data;
};

/*
 * Runs all repetitions of a scenario, in each its variants in turns (job/scenario/variant.h), and
 * publishes the record after each trial.
 * On an error, a time limit or an interrupt (`stop`) what was measured is in the record
 * already. The exit status that the outcome asks for goes to status_ret; the record's path
 * to path_ret (heap, caller frees; NULL if nothing was measured). `run` is initialised by
 * the caller, who also releases it; it holds the trials and summaries in any case. more: NULL, the
 * scenario says how many repetitions there are.
 */
MUST_CHECK struct err *runloop(const struct scenario *scenario, const struct variant *variants, size_t n_variants,
			       const volatile bool *stop, const struct runloop_more *more, struct run *run,
			       char **path_ret, int *status_ret);

/* The time, the version and a name of its own for a record; `name` is what it begins with. */
void run_name(struct run *run, const char *name);

#endif
