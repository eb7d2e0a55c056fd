/* SPDX-License-Identifier: BSD-3-Clause */
/* What is built for each program that a target can have: one table, by enum program. */
#ifndef GEN_PROGRAM_H
#define GEN_PROGRAM_H

#include <stdbool.h>

#include "gen/plan/plan.h"
#include "gen/spec.h"
#include "lib/manifest/manifest.h"
#include "lib/strbuf.h"

/* Folders of libraries: with lazy binding, and linked again with -z now. */
#define LIBRARY_DIR "lib"
#define LIBRARY_NOW_DIR "lib-now"
/* Objects of the programs, and of the extra code of a big executable. */
#define PROGRAM_OBJ_DIR "obj-host"
#define EXTRA_OBJ_DIR "obj-extra"

#define MODULE_LIST "modules.txt"
#define MODULE_LIST_NOW "modules-now.txt"
/* Names of all libraries: programs that have them all are linked again when it changes. */
#define LIBRARY_LIST "libraries.txt"
/* Generated for static programs: the table of what is in them, and what they export. */
#define STATIC_TABLE "static_table.c"
#define EXPORT_LIST "exports.list"

struct program_kind {
	enum manifest_build build;
	bool embeds; /* MPI and Python, made of host's sources; else plain's */
	bool now;    /* bound at start: it and its libraries are linked with -z now */
	bool extra;  /* has the extra code of a big executable */
	bool found;  /* it is the interpreter: not built */
};
extern const struct program_kind program_kinds[PROGRAM_N];

/* What the programs of a spec need, all together. */
struct program_needs {
	bool embedding;    /* Python's library and MPI */
	bool now;          /* libraries linked with -z now */
	bool static_table;
	bool extra;
	bool mpi4py;
	size_t n_built;    /* programs that are built */
};
struct program_needs program_needs(const struct target_spec *spec);

/* "lib" or "lib-now"; the module list that says so to the driver. */
const char *program_library_dir(const struct program_kind *kind);
/* Programs of the target as its manifest has them; the interpreter is always one. Heap, the manifest's. */
struct manifest_program *program_describe(const struct target_spec *spec, const struct plan *plan, size_t *ret_n);

/* The rules that make the programs' objects and link them (emit/program.c). */
void emit_programs(const struct target_spec *spec, struct strbuf *ret);

/* STATIC_TABLE: C of the table of modules inside a static program (targets/static_modules.h). */
void emit_static_table(const struct plan *plan, struct strbuf *ret);

#endif
