/* SPDX-License-Identifier: BSD-3-Clause */
/* Which functions a scenario's breakpoints are at. */
#ifndef TOOL_BREAKPOINTS_H
#define TOOL_BREAKPOINTS_H

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"

/*
 * Names of the functions, in a heap array of heap strings that breakpoints_free frees:
 * the scenario's own, or spread evenly over all functions of the target's libraries in
 * load order. More than there are functions, or a spread without a target: errors.
 */
MUST_CHECK struct err *breakpoints_choose(const struct scenario *scenario, const struct manifest *manifest,
					  char ***names_ret, size_t *n_ret);
void breakpoints_free(char **names, size_t n);

#endif
