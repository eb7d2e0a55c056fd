/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The word ":" in a task's command line. mpirun(1) and srun(1) look for it in all of theirs, the tasks' words too:
 * behind it they expect another program. So a word that the command does not have stands in for it, and the shim
 * (--colon) puts it back. Used by job/ alone.
 */
#ifndef JOB_COLON_H
#define JOB_COLON_H

#include "job/job.h"

#define COLON ":"

/* NULL: nothing needs to stand in. Heap, caller frees. */
char *colon_stand_in(const struct job_plan *plan);

/* The shim comes behind the words of a tool that wraps it, and can put nothing back into them: an error if they have
 * the word. */
MUST_CHECK struct err *colon_check(const struct job_plan *plan);

#endif
