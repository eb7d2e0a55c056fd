/* SPDX-License-Identifier: BSD-3-Clause */
/* How far a job had come that did not come to its end. */
#ifndef MEASURE_UNFINISHED_H
#define MEASURE_UNFINISHED_H

#include "measure/trial.h"

/*
 * Which ranks had not ended, and after which of their marks ("rank 2 of 4 had not ended, last mark 'mpi_init'"),
 * or that only the launcher had not. Of ends and marks that were seen: a program that writes no marks has none told.
 * Call once ends and marks are in. Heap, caller frees; NULL: the trial has no tasks.
 */
char *unfinished_text(const struct trial *trial);

#endif
