/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plan: every decision about a target, made from spec and seed alone, with no file,
 * clock or environment. Emission only writes down what stands here.
 *
 * A library is a flat array of functions, each with a list of calls; the calls of all
 * functions together are an acyclic graph. That is all the emitter and the counts
 * rely on, so that other shapes of graph are a matter of making plans.
 */
#ifndef GEN_PLAN_PLAN_H
#define GEN_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/spec.h"
#include "lib/manifest/manifest.h"

#define PLAN_MAX_ARGS 5
#define PLAN_NONE UINT32_MAX

/*
 * The two modules that Pynamic has for debuggers to stop at: imported first and last,
 * each with one function, which the driver calls before and after all visits.
 */
enum plan_role { PLAN_ORDINARY, PLAN_BEGIN, PLAN_FINAL };

enum plan_type { PLAN_INT, PLAN_LONG, PLAN_FLOAT, PLAN_DOUBLE, PLAN_STRING, PLAN_N_TYPES };

struct plan_call {
	uint32_t library;  /* index into plan.libraries */
	uint32_t function; /* index into its functions */
};

/* Every function returns a long: 1 and what its callees return. */
struct plan_function {
	uint8_t n_args;
	uint8_t args[PLAN_MAX_ARGS]; /* enum plan_type */
	uint8_t body;                /* enum body_kind; BODY_INTEGER if body_size is 0 */
	uint16_t body_size;          /* statements */
	uint32_t stack_bytes;        /* of a local array */
	uint32_t first_call;         /* into the library's calls */
	uint32_t n_calls;
	uint32_t count;              /* times it is called when every module is visited once */
};

/* What of a library the linker keeps. */
enum plan_symbols { PLAN_DEBUG, PLAN_NO_DEBUG, PLAN_STRIPPED };

struct plan_library {
	enum library_kind kind;
	enum plan_role role;
	uint32_t index;              /* within its kind: libmodule<index> */
	char *name;                  /* "libmodule0" */
	uint32_t n_functions;        /* ordinary ones, numbered from 0; then come cross and entry */
	uint32_t cross;              /* index of the function that other modules call, or PLAN_NONE */
	uint32_t entry;              /* index of the function that visits the module, or PLAN_NONE */
	struct plan_function *functions;
	size_t n_all;                /* ordinary functions, cross and entry */
	struct plan_call *calls;     /* of all its functions, one after the other */
	size_t n_calls, cap_calls;
	uint32_t *dependencies;      /* its DT_NEEDED, ascending: what it calls is among them */
	size_t n_dependencies;
	uint32_t data_words;         /* of unsigned long, initialised */
	uint32_t debug_types;        /* struct types that only debug information has */
	enum plan_symbols symbols;
	uint64_t visit_result;       /* function calls below one call of its entry */
};

struct plan {
	struct plan_library *libraries; /* modules in import order, then utilities */
	size_t n_libraries;
	size_t n_modules;               /* with libmodulebegin and libmodulefinal */
	size_t first_module;            /* libmodule0 */
	size_t n_ordinary;              /* libmodule0, libmodule1, ... */
	bool short_names;               /* functions: m0_12 instead of libmodule0_fn12 */
	char *name_suffix;              /* what name_length adds */
	uint64_t n_visited;             /* distinct functions that one visit of all modules calls */
	uint64_t n_calls;               /* function calls of one visit of all modules, entries excluded */
	size_t n_loaded;                /* libraries loaded by importing all modules */
	size_t n_import_events;         /* imports that load at least one library */
};

/* Makes the plan of a checked spec. */
void plan_make(const struct target_spec *spec, struct plan *ret);
void plan_deinit(struct plan *plan);

/*
 * Fills the counts (plan_function.count, visit_result, n_visited, n_calls, n_loaded,
 * n_import_events) from functions, calls and dependencies. plan_make has done it; for
 * plans made by hand. The calls must be acyclic (asserted).
 */
void plan_count(struct plan *plan);

/* Which symbols library i of all keeps, modules first. Needs the numbers of libraries only. */
enum plan_symbols plan_symbols_of(const struct target_spec *spec, size_t i);

/* Letter of a library with short names, which its index follows: 'm' or 'u'. */
char plan_letter(const struct plan_library *library);

/* "begin_break_here" or "break_here", the entry of the modules with that role; else NULL. */
const char *plan_break_symbol(const struct plan_library *library);

/* Name of a function with "{}" for its number: ordinary functions of a library. Heap, caller frees. */
char *plan_function_pattern(const struct plan *plan, const struct plan_library *library);

/* Name of any function, also cross and entry. Heap, caller frees. */
char *plan_function_name(const struct plan *plan, const struct plan_library *library, uint32_t function);

/* Has one of these calls a string among its arguments? A library with such a call has a string to pass. */
bool plan_passes_string(const struct plan *plan, const struct plan_call *calls, size_t n);

/* Marks in loaded[n_libraries] what importing a module loads; returns how many are new. */
size_t plan_load(const struct plan *plan, uint32_t library, bool *loaded);

#endif
