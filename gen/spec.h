/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A target spec: the knobs of a target, as read from a YAML file or from options
 * in Pynamic's words. spec + seed is all that a plan depends on.
 */
#ifndef GEN_SPEC_H
#define GEN_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/conf/conf.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"

/* What the statements of a function's body do. */
enum body_kind { BODY_INTEGER, BODY_FLOATING, BODY_MEMORY, BODY_BRANCHY, BODY_N_KINDS };

/* Debug information of libraries and programs. */
enum spec_debug { DEBUG_NONE, DEBUG_FULL, DEBUG_SPLIT, DEBUG_COMPRESSED, DEBUG_GDB_INDEX, DEBUG_NAMES,
		  DEBUG_STRIPPED };
/* Who makes the libraries' objects: the compiler, or gen/asm/asm.h. */
enum spec_codegen { CODEGEN_C, CODEGEN_ASM };
enum spec_hash { HASH_GNU, HASH_SYSV, HASH_BOTH };
enum spec_build_id { BUILD_ID_SHA1, BUILD_ID_NONE };
/* Where libraries ask to be mapped: nowhere, or each at a place of its own, as if prelinked. */
enum spec_place { PLACE_ANY, PLACE_FIXED };

/* Which libraries a library depends on: docs/formats.md. */
enum dependency_shape { SHAPE_USED, SHAPE_ALL, SHAPE_CHAIN, SHAPE_TREE, SHAPE_LAYERS };

struct target_spec {
	char *name;                   /* NULL until spec_check: then from the file or "pynamic" */
	uint64_t seed;
	int64_t modules;
	int64_t utilities;
	int64_t functions;            /* average of a module */
	int64_t utility_functions;    /* average of a utility; 0 until spec_check: as functions */
	int64_t functions_spread;     /* percent by which a library may differ from the average */
	struct conf_list series_modules, series_utilities, series_functions; /* gen/series.h */
	int64_t name_length;          /* characters added to function names */
	bool short_names;             /* m0_12 instead of libmodule0_fn12 */
	int64_t max_depth;            /* functions in one call chain of a module */
	int64_t coverage;             /* percent of each module's functions that a visit calls */
	bool break_modules;           /* libmodulebegin and libmodulefinal */
	bool begin_links_all;         /* libmodulebegin depends on every module */
	bool cross_module;
	int shape;                    /* enum dependency_shape */
	int64_t layers;               /* of SHAPE_LAYERS */
	int64_t utility_fan_out;      /* utilities that a module depends on */
	int64_t module_fan_out;       /* at most so many modules, with cross_module */
	int64_t utility_calls;        /* calls of utilities per module function */
	struct conf_list body_sizes;  /* statements; each function draws one of these */
	int64_t body_weights[BODY_N_KINDS];
	int64_t body_stack;           /* bytes of a local array in each function */
	int64_t data_size;            /* bytes of initialised data in each library */
	int64_t debug_size;           /* about so many bytes of types in each library's debug information */
	int64_t stripped_libraries;   /* without .symtab and debug information */
	int64_t undebugged_libraries; /* of the others, so many without debug information */
	bool print;                   /* each function prints its name */
	int64_t jobs;                 /* compilers at once; 0: one per core */
	char *cc;                     /* command, may have arguments */
	struct conf_list cflags;
	struct conf_list include_dirs;
	char *python;                 /* interpreter */
	char *mpicc;                  /* command */
	struct conf_list programs;    /* enum program (lib/manifest/manifest.h) */
	int64_t bigexe_size;          /* bytes of extra code in the program bigexe */
	int debug;                    /* enum spec_debug */
	int codegen;                  /* enum spec_codegen */
	int hash_style;               /* enum spec_hash */
	int build_id;                 /* enum spec_build_id */
	int place;                    /* enum spec_place */
	bool pie;                     /* programs are position-independent */
};

extern const struct conf_table spec_table;

/* Defaults, then the file if path is not NULL. `ret` is fully set, or untouched on error. */
MUST_CHECK struct err *spec_read(const char *path, struct target_spec *ret);

/*
 * What no single key can tell, and what follows from others (name, utility_functions).
 * Call after all overrides. stem: file name or other source of a default name, or NULL.
 */
MUST_CHECK struct err *spec_check(struct target_spec *spec, const char *stem);

bool spec_has_program(const struct target_spec *spec, enum program program);

void spec_deinit(struct target_spec *spec);

#endif
