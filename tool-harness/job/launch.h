/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting a job's processes, with a gate before what must wait for a tracer. Used by job/ alone. */
#ifndef JOB_LAUNCH_H
#define JOB_LAUNCH_H

#include "job/job.h"

enum gate {
	GATE_TASKS,    /* the shim stands before each task */
	GATE_LAUNCHER, /* it stands before the launcher, which comes as the one task of the job */
	GATE_NONE,     /* all run at once */
};

/* Checks and starts; with a gate the shims are on their way to the rendezvous. */
MUST_CHECK struct err *launch_start(const struct job_plan *plan, enum gate gate, struct job **ret);

/* Ends and frees a job that could not be brought up; the error with the end of its output. */
MUST_CHECK struct err *launch_failed(struct job *job, struct err *err);

/* One file for each task's socket, pidfd and a tracer's two. */
MUST_CHECK struct err *raise_file_limit(size_t n_tasks);

#endif
