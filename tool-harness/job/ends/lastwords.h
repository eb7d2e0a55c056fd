/* SPDX-License-Identifier: BSD-3-Clause */
/* What a task said before it ended. Its standard error is a file of its own in the job's folder, so that it can be
 * told from that of others, whatever its launcher does. */
#ifndef JOB_LASTWORDS_H
#define JOB_LASTWORDS_H

#include "job/job.h"

#define ERRORS_NAME "stderr" /* of the file: stderr.RANK.txt; the shim has the same */

/* The last lines of a file, without what is blank at its end; "" if it cannot be read. Heap, caller frees. */
char *file_tail(const char *path, size_t max_lines);

/* Path of a rank's file; heap, caller frees. */
char *errors_path(const struct job *job, int rank);

/*
 * The last lines of a task's standard error, joined by " | ", control characters as '?'; "" if it wrote none.
 * Of a task without such a file, and with task NULL: those of the job's output. NULL: not known, since the
 * job was not started here. Heap, caller frees.
 */
char *lastwords_read(const struct job *job, const struct job_task *task);

/* Removes the files in which nothing stands, of a job that has ended. */
void lastwords_tidy(const struct job *job);

#endif
