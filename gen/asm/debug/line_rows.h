/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes .debug_line and .eh_frame of an object, function by function in order of place. */
#ifndef GEN_ASM_DEBUG_LINE_ROWS_H
#define GEN_ASM_DEBUG_LINE_ROWS_H

#include "gen/asm/elf.h"
#include "gen/asm/object.h"

struct asm_rows {
	struct asm_section *section;
	uint32_t text_symbol;
	bool begun;        /* the address is set */
	uint64_t address;
	uint32_t line;
	uint16_t column;
	bool is_stmt;
	size_t length_place, program_place;
};

/*
 * Begins a line table with the files of the template's; its own source is `source`.
 * own_file: the number of that (asm_own_file).
 */
void asm_rows_begin(struct asm_rows *rows, struct asm_section *section, uint32_t text_symbol,
		    const struct asm_object *template, const char *source);
/* Flags and discriminator are those of `like`. */
void asm_rows_add(struct asm_rows *rows, uint64_t address, uint32_t line, uint32_t column,
		  const struct asm_row *like);
/* Ends the table at the end of .text. */
void asm_rows_end(struct asm_rows *rows, uint64_t address);

/* Number of the object's own source among the files of the line table. */
unsigned asm_own_file(const struct asm_object *object);

struct asm_frames {
	struct asm_section *section;
	uint32_t text_symbol;
	uint64_t code_align;
	size_t entry_place;  /* of the function that is being written */
	uint32_t at;         /* place in the function up to which rules are written */
};

void asm_frames_begin(struct asm_frames *frames, struct asm_section *section, uint32_t text_symbol,
		      const struct asm_object *template);
void asm_frames_begin_function(struct asm_frames *frames, uint64_t begin);
/* offset: in the function. */
void asm_frames_add(struct asm_frames *frames, uint32_t offset, const struct asm_rule *rule);
void asm_frames_end_function(struct asm_frames *frames, uint32_t size);

#endif
