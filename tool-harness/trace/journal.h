/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Places where traps are written into a running task, remembered in a small file outside of the tracer, so that they
 * can be taken out when it was killed. A place is in the file before its trap is in the task. The file is
 * PID-START.traps, START being the process's start in clock ticks since boot, so that a pid that has come round is not
 * taken for the same; it lies in $XDG_RUNTIME_DIR/attachstorm, else in /tmp/attachstorm-UID, a folder of this user
 * alone. It is removed when the task has been left clean, or has ended. No file is not an error: the tracer goes on
 * with a warning, and what is left is found by comparing text with files.
 *
 * Format: a line "attachstorm-traps 1", then a line for each place: its address, what was written there, the TRAP_TEXT
 * bytes of before, all in hexadecimal. A last line without an end is none.
 */
#ifndef TRACE_JOURNAL_H
#define TRACE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "trace/bp.h"

struct journal {
	pid_t pid;
	int fd;       /* of the file; -1: none, see failed */
	bool failed;  /* has been tried, and told */
};

void journal_init(struct journal *journal, pid_t pid);

/* Adds places before they are written; opens the file with the first. */
void journal_add(struct journal *journal, const struct trap *traps, size_t n);

/* The process runs a new program: none of the places is there any more. */
void journal_restart(struct journal *journal);

/* Removes the file too, with clean: no trap is left. */
void journal_close(struct journal *journal, bool clean);

/* What a tracer that was killed has left for a process, heap, in traps_ret; none is 0. */
size_t journal_read(pid_t pid, struct trap **traps_ret);

#endif
