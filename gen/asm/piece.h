/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A piece of a compiled function that is written again elsewhere: what comes before its
 * calls, one call, what comes after them. Holds the bytes and says what has to change.
 */
#ifndef GEN_ASM_PIECE_H
#define GEN_ASM_PIECE_H

#include "gen/asm/object.h"
#include "gen/plan/plan.h"

enum asm_fix_kind {
	FIX_CALLEE,   /* the function called */
	FIX_ARGUMENT, /* a floating-point argument, in memory */
	FIX_LOCAL,    /* a data object of the library */
	FIX_CONSTANT, /* other bytes in read-only memory */
	FIX_NAME,     /* the function's name as a string */
	FIX_SYMBOL,   /* something outside, by name */
};

struct asm_fix {
	uint32_t offset; /* in the piece */
	uint32_t type;   /* R_X86_64_... */
	uint8_t kind;    /* enum asm_fix_kind */
	uint8_t argument;
	int64_t addend;  /* to the address of what kind says */
	const char *name; /* FIX_LOCAL: what follows the library's name ("_sink"); FIX_SYMBOL: whole */
	const unsigned char *bytes; /* FIX_CONSTANT */
	size_t size;
};

/* A number in the instructions, 4 bytes. */
struct asm_field {
	uint32_t offset;
	uint8_t argument; /* of a call */
};

/* A text and where its lines begin. */
struct asm_text {
	const char *text;
	uint32_t *lines; /* [n + 1] */
	size_t n;
};

#define ROW_NO_LINE UINT32_MAX /* code that belongs to no line */

struct asm_piece {
	const unsigned char *bytes;
	uint32_t size;
	struct asm_fix *fixes;
	size_t n_fixes, cap_fixes;
	struct asm_field fields[PLAN_MAX_ARGS];
	size_t n_fields;
	struct asm_row *rows;   /* lines: of the piece, from 0, or ROW_NO_LINE */
	size_t n_rows;
	struct asm_rule *rules;
	size_t n_rules;
};

/* What the names and numbers in a piece are. */
struct asm_context {
	const struct asm_object *object;
	const struct asm_function *function;
	const char *library;   /* name of the template library */
	const struct asm_text *text; /* its source */
	const char *callee;    /* of a call, else NULL */
	const struct plan_function *signature; /* of the callee */
	uint32_t call;         /* its place among the calls of the function */
};

/*
 * Cuts [begin, end) out of a function; first_line is line 0 of the piece. Bytes and names
 * are borrowed from the object. Fields are left to asm_piece_find.
 */
MUST_CHECK struct err *asm_piece_cut(const struct asm_context *context, uint32_t begin, uint32_t end,
				     uint32_t first_line, struct asm_piece *ret);
void asm_piece_deinit(struct asm_piece *piece);

/* Offsets at which the bytes of a number stand; NULL if nowhere. Heap, caller frees. */
uint32_t *asm_piece_find(const struct asm_piece *piece, uint32_t number, size_t *ret_n);


void asm_text_index(const char *text, struct asm_text *ret);
void asm_text_deinit(struct asm_text *text);

/* How often a name begins left of a column in a line (both from 1). */
unsigned asm_count_names(const struct asm_text *text, uint32_t line, uint32_t column, const char *name);

#endif
