/* SPDX-License-Identifier: BSD-3-Clause */
/* An object in the making, for the files that write its parts (asm_stamp*.c). */
#ifndef GEN_ASM_STAMP_INTERNAL_H
#define GEN_ASM_STAMP_INTERNAL_H

#include "gen/asm/data.h"
#include "gen/asm/debug/info.h"
#include "gen/asm/debug/line_rows.h"
#include "gen/asm/stamp/stamp.h"

struct stamp {
	const struct asm_stamper *stamper;
	const struct plan_library *library;
	size_t index;
	const struct asm_base *base;
	const struct emit_places *places;
	struct asm_elf elf;
	struct asm_data data;
	size_t text, frame, lines, info, abbrev, strings, aranges; /* sections; 0: none */
	struct asm_rows rows;
	struct asm_frames frames;
	bool debug;
	uint32_t first_own;    /* symbol: of the first function of the library */
	uint64_t *callees;     /* library << 32 | function, ascending: as they are declared */
	uint32_t *symbols;     /* [callees] */
	size_t n_callees;
	uint32_t *begins, *sizes; /* [functions] */
	struct asm_moved *moved;
	size_t n_moved;
};

static inline struct asm_section *stamp_section(struct stamp *s, size_t index)
{
	return &s->elf.sections[index];
}

/* Collects what the library calls, each function once. */
void stamp_list_callees(struct stamp *s);
/* Adds all global symbols; the own functions' places are filled in when they are written. */
void stamp_add_symbols(struct stamp *s);

const struct plan_library *stamp_callee_library(const struct stamp *s, uint64_t callee);
bool stamp_is_own(const struct stamp *s, uint64_t callee);
size_t stamp_callee_index(const struct stamp *s, const struct plan_call *call);
const char *stamp_global_name(const struct stamp *s, uint32_t symbol);
const char *stamp_own_name(const struct stamp *s, uint32_t function);

/* The template of a function, and the number of its frame. */
const struct asm_shape *stamp_function_shape(const struct stamp *s, uint32_t function, uint32_t *ret_frame);

/* Writes .text, with what belongs to it. Sections and symbols are there. */
void stamp_put_code(struct stamp *s);
/* Writes .debug_info and its tables, after the code. */
void stamp_put_debug(struct stamp *s, const char *source);

#endif
