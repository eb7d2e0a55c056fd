/* SPDX-License-Identifier: BSD-3-Clause */
/* A spec with lists of sizes stands for a series of targets: one for each combination. */
#ifndef GEN_SERIES_H
#define GEN_SERIES_H

#include <stddef.h>

#include "gen/spec.h"

#define SERIES_MAX 1000

/* Targets of the series; 0 for a spec without lists. */
MUST_CHECK struct err *series_count(const struct target_spec *spec, size_t *ret);

/*
 * Makes the spec that of one target: the last list varies fastest. For a spec that was
 * read and not checked. ret_folder: "m40-u24-f200", heap, caller frees.
 */
void series_select(struct target_spec *spec, size_t member, char **ret_folder);

#endif
