/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a library has besides its functions: data, the Python wrapper, types and other
 * debug information. Taken from a compiled template library that is like it in all that
 * it depends on but the name, which has the same length.
 */
#ifndef GEN_ASM_BASE_H
#define GEN_ASM_BASE_H

#include "gen/asm/template/template.h"

struct asm_base {
	struct asm_unit *unit;
	char *name;               /* of the template library: replaced by that of the library */
	struct asm_dies dies;     /* of the unit, without the functions that are written anew */
	uint32_t *type_index;     /* [types of the templates] index in dies, or PLAN_NONE: not there */
	uint32_t primary_lines;   /* lines below it are the same in each library */
	uint32_t end_line;        /* lines above primary_lines keep their distance to the end */
};

struct asm_bases {
	struct asm_base *v;
	size_t n, cap;
	uint32_t *of;                 /* [library] */
	struct asm_shape entries[2];  /* of modules: without calls, with */
	struct asm_unit *entry_units[2];
};

/* Compiles the bases that the libraries of a plan need; types that they lack are known after. */
MUST_CHECK struct err *asm_bases_make(const struct asm_compiler *compiler, const struct plan *plan,
				      struct asm_templates *templates, struct asm_bases *ret);
void asm_bases_deinit(struct asm_bases *bases);

/* Is this one of the functions of a base that are not taken over? */
bool asm_base_replaces(const struct asm_base *base, const char *function);

#endif
