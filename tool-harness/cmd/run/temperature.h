/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How cold a trial begins, on two axes: the page cache (key temperature), and what the tool
 * remembers (key tool_temperature). Both are put into their state before each trial, and what they were
 * is in the trial: pages resident, entries in the tool's home.
 */
#ifndef CMD_TEMPERATURE_H
#define CMD_TEMPERATURE_H

#include "cmd/run/prepare.h"

/*
 * Before a traced trial: empties what the tool remembers, or keeps it. One that is to be warm and has
 * nothing gets it by a run of the same job that is thrown away.
 */
MUST_CHECK struct err *temperature_set_tool(const struct prepared *p, const struct tool_request *request,
					    struct trial *trial);

/* Then evicts the files of the job and of what the tool remembers from the page cache, or reads them. */
MUST_CHECK struct err *temperature_set_pages(const struct prepared *p, const char *home, struct trial *trial);

/*
 * After a trial of a command: what it mapped is evicted before the next ones. Of a cold trial, what was not known to be
 * mapped before is noted as not proved.
 */
void temperature_learn(const struct prepared *p, struct trial *trial);

#endif
