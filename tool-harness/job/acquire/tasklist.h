/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks by hand: a list of lines "RANK HOST PID", or pids alone. '#' begins a comment,
 * blank lines are skipped, "-" as host is this machine.
 */
#ifndef JOB_ACQUIRE_TASKLIST_H
#define JOB_ACQUIRE_TASKLIST_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

struct listed_task {
	int rank;
	pid_t pid;
	char *host; /* as given */
};

struct tasklist {
	struct listed_task *tasks; /* by rank */
	size_t n, cap;
};

/*
 * From text; `name` stands for it in messages ("tasks.txt:3: ..."). An empty list, a rank or
 * pid twice, a line that does not fit: errors.
 */
MUST_CHECK struct err *tasklist_parse(const char *name, const char *text, size_t len, struct tasklist *ret);

/* From a file; "-" is standard input. */
MUST_CHECK struct err *tasklist_read(const char *path, struct tasklist *ret);

/* From "4711,4712": ranks in this order, all on this machine. */
MUST_CHECK struct err *tasklist_pids(const char *pids, struct tasklist *ret);

void tasklist_deinit(struct tasklist *list);

#endif
