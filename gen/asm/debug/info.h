/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes .debug_info of an object: the entries of its base, then those of its functions. */
#ifndef GEN_ASM_DEBUG_INFO_H
#define GEN_ASM_DEBUG_INFO_H

#include "gen/asm/base.h"
#include "gen/asm/elf.h"

/* A function of the base that is taken over as it is. */
struct asm_moved {
	uint32_t from, to, size; /* in .text */
};

/* An entry whose list of children is not ended yet. */
struct asm_open {
	size_t end;     /* index behind its last descendant */
	size_t sibling; /* place of its reference to the next one, or 0 */
	bool children;
};

struct asm_info {
	struct asm_section *section;
	uint32_t text_symbol, abbrev_symbol, line_symbol, string_symbol;
	const struct asm_base *base;
	const struct asm_types *types;
	uint32_t source;       /* name of the library's source, in .debug_str */
	uint32_t own_file;     /* its number in the line table */
	uint32_t end_line;     /* one past the last line of the library's source */
	uint64_t text_size;
	const struct asm_moved *moved;
	size_t n_moved;
	/* Symbol of a data object by the pool's offset of its name. */
	uint32_t (*find_object)(void *context, uint64_t string);
	void *context;
	uint32_t *places;      /* [entries of the base] offset in the unit */
	uint32_t *type_places; /* [types] */
	struct asm_open *open;
	size_t n_open, cap_open;
};

/* What the entries of a function, or of its declaration, are about. */
struct asm_instance {
	uint32_t name;         /* in .debug_str */
	int name_growth;       /* its length less that of the template's name */
	uint32_t line;
	/* The rest not for declarations: */
	const struct asm_shape *shape;
	uint64_t begin;        /* in .text */
	uint32_t calls_size, n_calls; /* in place of the template's */
};

/* Begins the unit and writes the base's entries and the types that it lacks. The fields up
 * to context are the caller's to set. */
void asm_info_begin(struct asm_info *info);
void asm_info_add(struct asm_info *info, const struct asm_dies *dies, const struct asm_instance *instance);
void asm_info_end(struct asm_info *info);

#endif
