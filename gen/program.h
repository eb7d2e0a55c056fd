/* SPDX-License-Identifier: BSD-3-Clause */
/* What is built for each program that a target can have: one table, by enum program. */
#ifndef GEN_PROGRAM_H
#define GEN_PROGRAM_H

#include <stdbool.h>

#include "gen/plan.h"
#include "gen/spec.h"
#include "lib/manifest.h"

/* Folders of libraries: with lazy binding, and linked again with -z now. */
#define LIBRARY_DIR "lib"
#define LIBRARY_NOW_DIR "lib-now"

struct program_kind {
	enum manifest_build build;
	bool embeds; /* MPI and Python, made of host's sources; else plain's */
	bool now;    /* bound at start: it and its libraries are linked with -z now */
	bool extra;  /* has the extra code of a big executable */
	bool found;  /* it is the interpreter: not built */
};
extern const struct program_kind program_kinds[PROGRAM_N];

/* Whether a program of the spec is of a kind for which `is` holds. */
bool program_any(const struct target_spec *spec, bool (*is)(const struct program_kind *kind));

/* "lib" or "lib-now"; the module list that says so to the driver. */
const char *program_library_dir(const struct program_kind *kind);
const char *program_module_list(const struct program_kind *kind);

/* Programs of the target as its manifest has them; the interpreter is always one. Heap, the manifest's. */
struct manifest_program *program_describe(const struct target_spec *spec, const struct plan *plan, size_t *ret_n);

#endif
