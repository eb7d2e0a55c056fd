/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tool remembers from trial to trial: of a tool with a process of its own what lies in its
 * home, of the kit's tracer its index of symbols. Whether a trial finds it empty is the key
 * tool_temperature's, apart from the page cache's temperature.
 */
#ifndef TOOL_TOOLHOME_H
#define TOOL_TOOLHOME_H

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "measure/trial.h"

/* The folder of the tracer's index, heap, caller frees; NULL: the scenario has none. `home` may be NULL. */
char *toolhome_index(const struct scenario *scenario, const char *home);

/* True if a trial of that temperature is to find the tool without any memory. */
bool toolhome_is_cold(const struct scenario *scenario, enum temperature temperature);

/* Forgets all: the home, and of an index elsewhere its own files. */
MUST_CHECK struct err *toolhome_empty(const struct scenario *scenario, const char *home);

/* Files that the tool remembers by, and their bytes. */
void toolhome_count(const struct scenario *scenario, const char *home, uint64_t *entries_ret, uint64_t *bytes_ret);

#endif
