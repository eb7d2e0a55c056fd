/* SPDX-License-Identifier: BSD-3-Clause */
/* Template libraries: from a plan made by hand to an object taken apart. */
#ifndef GEN_ASM_COMPILE_H
#define GEN_ASM_COMPILE_H

#include "gen/asm/template/shape.h"
#include "gen/spec.h"
#include "gen/toolchain.h"

/* The library of templates, which are not modules. */
#define ASM_TEMPLATE_NAME "libutility0"

struct asm_compiler {
	const char *dir;              /* of the target: the compiler runs there */
	const char *folder;           /* in it, for sources and objects of templates */
	const struct target_spec *spec;
	const struct toolchain *toolchain;
	unsigned threads;
};

/*
 * A unit of its own plan with one library to be compiled, index 0, and one that it calls,
 * index 1, whose functions are the caller's to set. Free with asm_unit_destroy.
 */
struct asm_unit *asm_unit_create(enum library_kind kind, size_t n_functions, size_t n_callees);
void asm_unit_destroy(struct asm_unit *unit);

/* Appends a call of function `callee` of the other library to function `caller`, in order. */
void asm_unit_add_call(struct asm_unit *unit, uint32_t caller, uint32_t callee);

/*
 * Emits, compiles and reads the units. templates: with debug information, whatever the
 * spec says, since that tells the pieces; else as libraries of these symbols have it.
 */
MUST_CHECK struct err *asm_compile(const struct asm_compiler *compiler, struct asm_unit **units, size_t n,
				   bool templates);

#endif
