/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Templates of functions and of calls, taken from a compiled template library, and the
 * types that their debug information speaks of. A function is written as the head of
 * its shape, a piece for each call, and the tail of its shape.
 */
#ifndef GEN_ASM_TEMPLATE_SHAPE_H
#define GEN_ASM_TEMPLATE_SHAPE_H

#include "gen/asm/debug/die.h"
#include "gen/asm/piece.h"
#include "gen/emit/c.h"

/* Number of signatures with up to PLAN_MAX_ARGS arguments: 1 + 5 + 25 + ... */
#define ASM_N_SIGNATURES 3906

unsigned asm_signature(const struct plan_function *function);
/* The function with this signature and nothing else. */
void asm_signature_function(unsigned signature, struct plan_function *ret);

/* Types by their text, each with entries whose references are numbers of types. */
struct asm_types {
	struct asm_type {
		char *text;
		struct asm_dies dies;
	} *v;
	size_t n, cap;
};

MUST_CHECK struct err *asm_types_add(struct asm_types *types, const struct asm_object *object, uint64_t place,
				     uint32_t *ret);
void asm_types_deinit(struct asm_types *types);

/* A compiled template library, which pieces borrow from. */
struct asm_unit {
	struct plan plan;                   /* of the template libraries */
	const struct plan_library *library; /* the one compiled */
	struct strbuf source;
	char *source_name;                  /* as the compiler was told it */
	struct asm_text text;
	struct emit_places places;
	struct asm_object object;
};

/* Fields, from the least known: where a number stands is found by comparing places. */
struct asm_candidates {
	uint32_t *v;
	size_t n;
	bool known; /* v has been looked for at least once */
};

struct asm_shape {
	struct plan_function function; /* what the template was made from */
	struct asm_piece head, tail;
	uint32_t call_size;   /* bytes of the template's own calls, between the two */
	uint32_t n_calls;     /* how many those are */
	uint32_t head_lines;  /* from the first line of the function to its first call */
	struct asm_candidates number; /* where its number stands in the head; at most one in the end */
	struct asm_dies dies; /* its debug information; empty without */
	size_t name_length;   /* of the template function */
	char *frame;          /* where its result is kept: calls are alike where this is */
};

struct asm_call {
	struct asm_piece piece;
	struct asm_candidates numbers[PLAN_MAX_ARGS];
	size_t callee_length;        /* of its name */
	struct asm_dies declaration; /* of the callee, if the compiler writes one */
};

/* Takes function `index` of a unit apart. Known candidates of ret are narrowed. */
MUST_CHECK struct err *asm_shape_cut(const struct asm_unit *unit, uint32_t index, struct asm_types *types,
				     struct asm_shape *ret);
void asm_shape_deinit(struct asm_shape *shape);

/* Takes call `place` of function `index` apart. */
MUST_CHECK struct err *asm_call_cut(const struct asm_unit *unit, uint32_t index, uint32_t place,
				    struct asm_types *types, struct asm_call *ret);
void asm_call_deinit(struct asm_call *call);

/* True if every number of the template has one place. */
bool asm_shape_complete(const struct asm_shape *shape);
bool asm_call_complete(struct asm_call *call, const struct plan_function *signature);

#endif
