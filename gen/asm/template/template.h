/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All templates that a plan needs: a shape for each kind of function, a piece for each
 * kind of call in each kind of frame. Their number grows with signatures and bodies, not
 * with functions.
 */
#ifndef GEN_ASM_TEMPLATE_TEMPLATE_H
#define GEN_ASM_TEMPLATE_TEMPLATE_H

#include "gen/asm/compile.h"

struct asm_templates {
	struct asm_types types;
	struct asm_shape *shapes;
	size_t n_shapes;
	uint32_t **shape_of;   /* [library][function]; PLAN_NONE for entries */
	uint32_t *frame_of;    /* [shape] */
	char **frames;         /* texts; borrowed from shapes */
	size_t n_frames;
	struct asm_call *calls;
	size_t n_calls;
	uint32_t *call_of;     /* [frame * ASM_N_SIGNATURES + signature], PLAN_NONE if not needed */
	uint32_t *declaration_of; /* [signature] a call whose declaration is that of such a callee, or PLAN_NONE */
	size_t n_libraries;
	struct asm_unit **units; /* what all these borrow from */
	size_t n_units, cap_units;
};

/* Does the code generator write this library? The others are left to the compiler. */
bool asm_writes(const struct plan_library *library);

/* Compiles the templates of a plan. */
MUST_CHECK struct err *asm_templates_make(const struct asm_compiler *compiler, const struct plan *plan,
					  struct asm_templates *ret);
void asm_templates_deinit(struct asm_templates *templates);

/* How a callee with this signature is declared; an empty list if compilers do not say. */
const struct asm_dies *asm_declaration_find(const struct asm_templates *templates, unsigned signature);

/* The number of a frame (struct asm_shape), or PLAN_NONE. */
uint32_t asm_frame_find(const struct asm_templates *templates, const char *frame);

static inline const struct asm_call *asm_call_find(const struct asm_templates *templates, uint32_t frame,
						   unsigned signature)
{
	uint32_t call = templates->call_of[(size_t)frame * ASM_N_SIGNATURES + signature];

	return call == PLAN_NONE ? NULL : &templates->calls[call];
}

#endif
