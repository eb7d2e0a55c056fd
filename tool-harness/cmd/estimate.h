/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a run may take, from the records of the results folder. */
#ifndef CMD_ESTIMATE_H
#define CMD_ESTIMATE_H

#include "cmd/prepare.h"
#include "job/scenario/scenario.h"
#include "lib/strbuf.h"

/*
 * Says it in one or more lines, with what it is based on: executions of the same program of the same
 * target, or of the same command, with the same tool, tasks and temperature; where there are none
 * like that, any of that program; where there are none at all, the time limit is the answer.
 */
void estimate_put(const struct scenario *scenario, const struct prepared_list *list, struct strbuf *out);

#endif
