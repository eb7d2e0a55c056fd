/* SPDX-License-Identifier: BSD-3-Clause */
/* Processes that were left behind, found by what is in their environment. */
#ifndef JOB_LEFTOVERS_H
#define JOB_LEFTOVERS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Kills every process but this one that has the entry "NAME=value" in its environment, as it was
 * at its exec, again until none is found. before, if not NULL, sees each one while it still is.
 * No signal goes to a pid that could be another's by now: each is held by a pidfd.
 */
void leftovers_kill(const char *entry, void (*before)(pid_t pid, void *arg), void *arg);

/* True while any such process, but this one, has not ended. */
bool leftovers_any(const char *entry);

#endif
