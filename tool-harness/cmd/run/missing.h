/* SPDX-License-Identifier: BSD-3-Clause */
/* A target that is not there, or not yet, and how to make it. */
#ifndef CMD_RUN_MISSING_H
#define CMD_RUN_MISSING_H

#include <stdbool.h>

/* There is no such folder; one in which a target was not finished is another matter. */
bool target_is_missing(const char *dir);

/* "pynamic-gen targets/llnl.yaml -o build/targets/llnl": by the spec of that name in targets/, here or beside the
 * folder that the target is to be in; "SPEC.yaml" if there is none. Heap. */
char *target_how_to_make(const char *dir);

#endif
