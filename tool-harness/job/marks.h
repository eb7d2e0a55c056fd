/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of reading phase marks that needs no files; marks_read is in job.h. */
#ifndef JOB_MARKS_H
#define JOB_MARKS_H

#include "job/job.h"

/* Reads the text of one task's file into it; wrong lines are contradictions of the trial. */
void marks_parse(const char *text, size_t len, struct trial *trial, struct trial_task *task);

#endif
