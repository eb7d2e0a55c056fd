/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process table of a parallel job's launcher, as the MPIR interface has it (MPI Forum:
 * The MPIR Process Acquisition Interface, version 1.0): an array of MPIR_PROCDESC, whose
 * position is the rank. On LP64: char *host_name, char *executable_name, int pid, padding.
 *
 * It is another process's memory: numbers of rows, pointers and strings may be anything, so
 * all of them are bounded and checked. Read in batches of rows, strings by whole pages that
 * are kept, since launchers allocate them one after the other.
 */
#ifndef JOB_ACQUIRE_PROCTABLE_H
#define JOB_ACQUIRE_PROCTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "trace/memory/memory.h"

#define PROCTABLE_MAX_ROWS (4u << 20)
#define PROCTABLE_MAX_LOCAL 100000 /* as many tasks as a scenario may have */
#define PROCTABLE_MAX_HOST 256     /* bytes with NUL; host names have at most 253, RFC 1035 */
#define PROCTABLE_MAX_EXE 4096     /* PATH_MAX */
#define PROCTABLE_MAX_PID (1 << 22) /* PID_MAX_LIMIT of 64-bit kernels, proc(5) */
#define PROCTABLE_ROW_BYTES 24

/* A row on this machine. */
struct proctable_row {
	int rank;
	pid_t pid;
	char *host;
	char *exe;
};

#define PROCTABLE_NAMED 4 /* rows elsewhere that are kept, for messages */

struct proctable {
	struct proctable_row *rows; /* those on this machine, by rank */
	size_t n_rows, cap_rows;
	uint64_t n_total;           /* rows of the table, here and elsewhere */
	struct proctable_row elsewhere[PROCTABLE_NAMED]; /* the first of those on other machines; no exe */
	size_t n_named;
};

/*
 * Reads n rows at `table`. is_here tells from a row's host whether its task can be seen
 * from this machine; only such rows are kept. A count below 1 or above PROCTABLE_MAX_ROWS,
 * a pointer that leads nowhere, a string without end, a pid that none can have (also one
 * that two rows here share) are errors that name the row.
 */
MUST_CHECK struct err *proctable_read(struct memory *memory, taddr table, int64_t n,
				      bool (*is_here)(const char *host, const void *arg), const void *arg,
				      struct proctable *ret);
void proctable_deinit(struct proctable *table);

#endif
