/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * manifest.json, THE contract from pynamic-gen to attachstorm: what a target
 * holds and what a run of it must show. One writer, one reader, both here.
 * The format is in docs/formats.md; a change there bumps MANIFEST_VERSION.
 *
 * It is published last, when everything was built: a folder with a manifest is
 * a finished target.
 */
#ifndef LIB_MANIFEST_MANIFEST_H
#define LIB_MANIFEST_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/rows.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_VERSION 2

/*
 * The programs that a target can have, by the names that the spec key 'programs', the
 * scenario key 'program' and the manifest have in common.
 */
#define PROGRAMS(ROW) \
	ROW(PROGRAM_HOST, "host", "MPI and embedded Python: modules are found by import") \
	ROW(PROGRAM_LINKED, "linked", "the same, linked with all libraries; lazy binding") \
	ROW(PROGRAM_LINKED_NOW, "linked_now", "the same, it and its libraries linked with -z now") \
	ROW(PROGRAM_STATIC, "static", "the same with all libraries inside, modules built in") \
	ROW(PROGRAM_BIGEXE, "bigexe", "host with extra code in it") \
	ROW(PROGRAM_PLAIN, "plain", "no Python, no MPI: dlopen and call") \
	ROW(PROGRAM_PLAIN_LINKED, "plain_linked", "plain, linked with all libraries") \
	ROW(PROGRAM_PLAIN_LINKED_NOW, "plain_linked_now", "the same, linked with -z now") \
	ROW(PROGRAM_PLAIN_STATIC, "plain_static", "plain with all libraries inside") \
	ROW(PROGRAM_PYTHON, "python", "the interpreter itself, MPI by mpi4py: nothing to build")
enum program { PROGRAMS(ROW_CONSTANT) PROGRAM_N };
extern const char *const program_names[PROGRAM_N + 1]; /* NULL-terminated */

/* Where a program has the target's libraries from. */
enum manifest_build {
	BUILD_VANILLA, /* found and loaded by each import */
	BUILD_LINKED,  /* needed by the program: there before main */
	BUILD_STATIC,  /* part of the program */
};

struct manifest_program {
	char *name;             /* of program_names, or of a later generator's */
	char *path;             /* relative; NULL: the interpreter (manifest.python) */
	enum manifest_build build;
	bool driver;            /* its first argument is the driver script */
	char *module_list;      /* text file that driver or program read: docs/formats.md; relative */
	char *library_dir;      /* folder of the libraries that it loads, relative; NULL if static */
	uint64_t libraries;     /* what one rank must show: of ours, in the link map after all imports */
	uint64_t import_events; /* and imports that bring in at least one library */
};

enum library_kind {
	LIBRARY_MODULE,  /* a Python extension module: imported by name, visited by its entry */
	LIBRARY_UTILITY, /* plain C, comes in as a dependency of modules */
};

struct manifest_library {
	char *name;             /* "libmodule0"; also its soname without ".so" */
	char *path;             /* of the .so, relative to the target folder: "lib/libmodule0.so" */
	enum library_kind kind;
	char *entry;            /* C symbol of the function that visits the module; NULL for utilities */
	char *function_pattern; /* names of the functions: one "{}" stands for 0 ... n_functions - 1 */
	size_t n_functions;
	uint32_t *calls;        /* [n_functions] calls of each in one rank when all modules are visited once */
	char *cross;            /* function that other modules call, or NULL */
	uint32_t cross_calls;   /* its calls in one rank */
	size_t *dependencies;   /* indices into libraries: its DT_NEEDED entries among ours, in link order */
	size_t n_dependencies;
	uint64_t visit_result;  /* what its entry returns: number of functions called below it */
};

struct manifest {
	char *target_dir;     /* folder it was read from, absolute; not in the file */
	char *name;           /* of the spec: "tiny" */
	char *generator;      /* "pynamic-gen 0.1.0" */
	uint64_t seed;
	json_t *spec;         /* as resolved */
	char *compiler;       /* command */
	char *compiler_version;
	char *python;         /* interpreter it was built for, or NULL */
	char *python_version;
	char *driver;         /* driver script, relative */
	struct manifest_program *programs;
	size_t n_programs;
	struct manifest_library *libraries; /* in load order: importing modules in this order, each
					       import adds its module and what it needs that is not there yet */
	size_t n_libraries;
	size_t n_modules;
	/* What one rank of a run must show; libraries and events where modules are found by import. */
	uint64_t expect_libraries; /* of ours, in the link map after all imports */
	uint64_t expect_functions; /* distinct functions visited */
	uint64_t expect_calls;     /* all function calls of one visit of all modules */
	uint64_t expect_import_events; /* imports that bring in at least one library */
};

/* Writes dir/manifest.json atomically. */
MUST_CHECK struct err *manifest_write(const struct manifest *manifest, const char *dir);

/*
 * Reads dir/manifest.json and checks it (version, types, indices, sizes): a
 * truncated or foreign file is an error that names it and says how to make it
 * again. A folder without one: "not built". Does not check that the libraries
 * exist; manifest_check_files does.
 */
MUST_CHECK struct err *manifest_read(const char *dir, struct manifest *ret);
MUST_CHECK struct err *manifest_parse(const char *name, const char *text, size_t len, struct manifest *ret);

/* Every file that the manifest names exists and is not empty. */
MUST_CHECK struct err *manifest_check_files(const struct manifest *manifest);

/* The program of this name, or NULL. */
const struct manifest_program *manifest_program(const struct manifest *manifest, const char *name);

/* Lets the paths of the libraries be those that the program loads: they differ by folder. */
void manifest_select_program(struct manifest *manifest, const struct manifest_program *program);

/* Name of function i of a library; heap string, caller frees. */
char *manifest_function_name(const struct manifest_library *library, size_t i);

void manifest_deinit(struct manifest *manifest);

#endif
