/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Variants: what a scenario compares within one run. Each is a scenario of its own: one case,
 * one combination of the matrix, one program of the target with one kind of binding.
 */
#ifndef JOB_SCENARIO_VARIANT_H
#define JOB_SCENARIO_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"

#define VARIANTS_MAX 1000

struct variant {
	char *name;               /* unique in its run: "host", "linked+bind_now", "rewrite aslr=off tasks=4" */
	struct scenario scenario; /* as resolved and checked: one program, one binding, nothing to sweep */
	const char *program;      /* of program_names; NULL: the scenario's command, or made-up events */
	bool bind_now;            /* LD_BIND_NOW=1 in the tasks' environment */
	struct conf_setting *settings; /* those by which it differs, without program and binding */
	size_t n_settings, cap_settings;
};

/*
 * All variants of a scenario, each checked (scenario_check): the first that could not run is the
 * error, with its name. Cases are outermost, then the matrix with its last key varying fastest,
 * then programs, then bindings. A program that was linked to bind at start stands there once,
 * without LD_BIND_NOW where the scenario has that too: the variable would change nothing. Heap
 * array that variants_free frees.
 */
MUST_CHECK struct err *variants_make(const struct scenario *scenario, struct variant **ret, size_t *n_ret);

/*
 * Two scenarios as the variants "A" and "B", checked. The keys that a run has one of (as its
 * repetitions) are a's. Scenarios that have several variants themselves are errors.
 */
MUST_CHECK struct err *variants_pair(const struct scenario *a, const struct scenario *b, struct variant **ret,
				     size_t *n_ret);
void variants_free(struct variant *variants, size_t n);

/*
 * Which of n variants stands at a place of a repetition (from 0): each repetition begins with
 * another one, every second one goes backwards, so that neither place nor neighbour is always
 * the same.
 */
size_t variant_in_turn(uint32_t repetition, size_t place, size_t n);

/*
 * The command line of a task, without launcher and shim: the scenario's command, or the
 * variant's program of the target, whose manifest must then be given. Without MPI the
 * driver makes no MPI test. NULL-terminated; free with variant_argv_free. A program that
 * was not built is an error that says how to build it.
 */
MUST_CHECK struct err *variant_argv(const struct scenario *scenario, const struct variant *variant,
				    const struct manifest *manifest, bool mpi, char ***ret);
void variant_argv_free(char **argv);

#endif
