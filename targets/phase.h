/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phase marks: how a target tells when it got how far, and what it saw, without
 * any tool's help. One file per process, $ATTACHSTORM_PHASE_DIR/phase.<host>.<pid>;
 * the format is in the kit's docs/formats.md. Without the variable nothing is written.
 */
#ifndef PHASE_H
#define PHASE_H

#include <stdint.h>

/* What "Pynamic: Version" says; the version of the kit. */
#define PYNAMIC_VERSION "0.1.0"

#define PHASE_DIR_ENV "ATTACHSTORM_PHASE_DIR"

/* From now on marks carry this rank. Before, it is the launcher's word (phase_rank_from_env). */
void phase_set_rank(int rank);

/* The rank that the launcher put into the environment, or -1. */
int phase_rank_from_env(void);

/*
 * Calls pynamic_phase(name), then writes the mark with one write(2). Returns its time,
 * CLOCK_MONOTONIC ns, also when nothing is written. The name has no spaces. The first
 * failure to write is told on stderr; a run does not fail for it.
 */
int64_t phase_mark(const char *name);

/* Writes "report key value". */
void phase_report(const char *key, int64_t value);

/* Does nothing: a place for a debugger to stop at a phase, by this name. */
void pynamic_phase(const char *name);

#endif
