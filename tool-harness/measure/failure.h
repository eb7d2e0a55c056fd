/* SPDX-License-Identifier: BSD-3-Clause */
/* Who failed in a trial, by the statuses and the order of its tasks' ends. Pure arithmetic. */
#ifndef MEASURE_FAILURE_H
#define MEASURE_FAILURE_H

#include "measure/trial.h"

/*
 * Fills who, task and status of trial->failure. A launcher that ends the others once a task has failed makes more
 * failures: the first is the one that counts. Where a task of unknown status ended before the first one that is
 * known to have failed, or the launcher alone says that something has, it is not known which it was.
 */
void failure_find(struct trial *trial);

/* As a shell has it: an exit status, or 128 and a signal; -1 of a status that is not known. */
int failure_code(int wait_status);

/*
 * Notes as a contradiction that a job failed, or that it did not end with the exit status that was expected (0, or
 * another one). True if it did.
 */
bool failure_check(struct trial *trial, int expect_status);

#endif
