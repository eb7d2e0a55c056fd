/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints as uprobes: one perf event per file and address counts all tasks that come past, and
 * stops none. Hits are told apart by pid, from the samples in the kernel's buffers.
 */
#ifndef TOOL_NATIVE_UPROBES_H
#define TOOL_NATIVE_UPROBES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "tool/library.h"

struct uprobes;

/* Hears of a hit of a breakpoint, at one of its places. */
typedef void uprobes_take(void *data, uint32_t breakpoint, uint32_t place, pid_t pid);

struct uprobes *uprobes_create(void);
void uprobes_destroy(struct uprobes *uprobes);

/* Why this machine has none, with EXIT_SKIPPED; NULL if it has. */
MUST_CHECK struct err *uprobes_check(void);

/* Opens one at a library's location, in the file that a task has mapped, unless it is open (fresh_ret). */
MUST_CHECK struct err *uprobes_add(struct uprobes *uprobes, const struct library *library,
				   const struct location *location, bool *fresh_ret);

/* Hands over the hits that are new, of whatever process. */
void uprobes_drain(struct uprobes *uprobes, uprobes_take *take, void *data);

/* The same at the end, which ends the watching; and how many hits went unheard (ld/uprobe.h). */
MUST_CHECK struct err *uprobes_end(struct uprobes *uprobes, uprobes_take *take,
				   void *data, uint64_t *unheard_ret);

#endif
