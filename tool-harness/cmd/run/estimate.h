/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a run may take, from the records of the results folder. */
#ifndef CMD_ESTIMATE_H
#define CMD_ESTIMATE_H

#include "cmd/run/prepare.h"
#include "job/scenario/scenario.h"
#include "lib/strbuf.h"

/*
 * Says it in one or more lines, with what it is based on: executions of the same program of the same
 * target, or of the same command, with the same tool, tasks and temperature; where there are none
 * like that, any of that program; where there are none at all, the time limit is the answer.
 */
void estimate_put(const struct scenario *scenario, const struct prepared_list *list, struct strbuf *out);

/* The same while it runs, with what the run itself has taken so far: that counts first. */
struct estimate;

/* Both must outlive it. */
struct estimate *estimate_create(const struct scenario *scenario, const struct prepared_list *list);
void estimate_destroy(struct estimate *estimate);

/* So many repetitions will be made; at first as many as the scenario has. */
void estimate_plan(struct estimate *estimate, size_t repetitions);

/* Executions in all, and those that were made. */
size_t estimate_total(const struct estimate *estimate);
size_t estimate_made(const struct estimate *estimate);

/* One was made, and took so long with all that stands around it. */
void estimate_learn(struct estimate *estimate, const struct prepared *variant, enum temperature temperature,
		    bool traced, int64_t ns);

/* Nanoseconds that the others will take; false: of some nothing is known to go by. */
bool estimate_left(const struct estimate *estimate, double *ret_ns);

#endif
