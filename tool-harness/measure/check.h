/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is a trial a measurement? Its counts are compared with each other and with what
 * the target's manifest predicts; each disagreement becomes a contradiction of the
 * trial, which makes it invalid (exit status EXIT_INVALID). Durations are never
 * judged.
 */
#ifndef MEASURE_CHECK_H
#define MEASURE_CHECK_H

#include "lib/manifest/manifest.h"
#include "measure/trial.h"

/* What every task of a run must show; -1: not predicted. */
struct expectation {
	int64_t libraries;     /* distinct libraries of the target seen */
	int64_t modules;       /* imported */
	int64_t calls;         /* of the visit */
	int64_t import_events; /* load events of the import that bring in a library of the target */
	const struct manifest *manifest; /* names the target's libraries; NULL: any program, no marks expected */
	int exit_status;       /* with which the job ends, as measure/failure.h has it; 0 by expectation_init */
};

/*
 * Of a program of a generated target (lib/manifest/manifest.h), NULL for one that finds its modules by
 * import; without a manifest of any program, of which nothing is predicted.
 */
void expectation_init(struct expectation *expectation, const struct manifest *manifest,
		      const struct manifest_program *program);

/* Calls of a function (of a library, its cross-module one or its entry) in one rank; -1: not in the manifest. */
int64_t expectation_calls(const struct manifest *manifest, const char *function);

/* The part of check_trial about a job that failed, for trials that have contradicted themselves before. True if it
 * did so against what was expected. */
bool check_failure(struct trial *trial, const struct expectation *expectation);

/* Call once, after the marks are in (trial_classify). Cold trials must prove their residency. */
void check_trial(struct trial *trial, const struct expectation *expectation);

#endif
