/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings and abbreviations of debug information, each kept once. */
#ifndef GEN_ASM_POOL_H
#define GEN_ASM_POOL_H

#include "gen/asm/debug/die.h"

struct asm_strings {
	struct strbuf bytes;  /* as in .debug_str */
	uint32_t begin;       /* of bytes in the section */
	uint32_t *slots;      /* open addressing; offset + 1 */
	size_t n, n_slots;
};

/* begin: offset of the first string in the section, behind other pools. */
void asm_strings_init(struct asm_strings *ret, uint32_t begin);
void asm_strings_deinit(struct asm_strings *strings);

/* Puts the texts of entries into the pool: their value is then the offset in the section. */
void asm_strings_take(struct asm_strings *strings, struct asm_dies *dies);

struct asm_abbrevs {
	struct strbuf *forms; /* [n] what follows the number of each in the table */
	size_t n, cap;
	struct strbuf table;  /* .debug_abbrev, after asm_abbrevs_end */
};
#define ASM_ABBREVS_INIT { .table = STRBUF_INIT }

/* Gives the entries their abbreviations. */
void asm_abbrevs_take(struct asm_abbrevs *abbrevs, struct asm_dies *dies);
void asm_abbrevs_end(struct asm_abbrevs *abbrevs);
void asm_abbrevs_deinit(struct asm_abbrevs *abbrevs);

#endif
