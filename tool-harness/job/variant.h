/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Variants: what a scenario compares within one run. Each program of the target with each
 * kind of binding is one, with trials of its own.
 */
#ifndef JOB_VARIANT_H
#define JOB_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "job/scenario.h"
#include "lib/err.h"
#include "lib/manifest.h"

struct variant {
	const char *program; /* of program_names; NULL: the scenario's command, or made-up events */
	bool bind_now;       /* LD_BIND_NOW=1 in the tasks' environment */
};

/*
 * All combinations of a checked scenario's `program` and `bind_now`, programs first. One
 * that was linked to bind at start stands there once, without LD_BIND_NOW where the scenario
 * has that too: the variable would change nothing. Heap array, caller frees.
 */
void variants_make(const struct scenario *scenario, struct variant **ret, size_t *n_ret);

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
