/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of MPIR share: where the interface's variables are in a launcher, and one that is held. */
#ifndef JOB_ACQUIRE_INTERNAL_H
#define JOB_ACQUIRE_INTERNAL_H

#include "job/acquire/acquire.h"
#include "trace/memory/memory.h"
#include "trace/waits/wait.h"

struct mpir {
	taddr being_debugged, debug_state, proctable, proctable_size, breakpoint;
};

/* A launcher that a tracer of the job's own holds, from its exec on. */
struct mpir_hold {
	struct tracer tracer;
	struct task *launcher;
	struct mpir mpir;
	bool script;                /* what was started is a script, which may execute the launcher */
	const volatile bool *stop;
	int64_t deadline_ns;
};

/* In the files that a process maps; without all of them an error that says which launchers have them. */
MUST_CHECK struct err *mpir_symbols_find(pid_t pid, struct mpir *ret);

/* Rows for this machine of the table in a launcher's memory, added to found. */
MUST_CHECK struct err *mpir_table_read(struct memory *memory, const struct mpir *mpir, const struct job_plan *plan,
				       struct found *found);

/* The error of a table without a row for this machine, NULL if there is one. */
MUST_CHECK struct err *mpir_none_here(const struct found *found);

#endif
