/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compiled object (x86-64 ELF, relocatable) taken apart: its functions with bytes,
 * relocations, line rows and unwind rules, and its DWARF for asm_die. What the code
 * generator cannot write again is refused with a reason.
 */
#ifndef GEN_ASM_OBJECT_H
#define GEN_ASM_OBJECT_H

#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/strbuf.h"

enum asm_row_flag { ROW_IS_STMT = 1, ROW_PROLOGUE_END = 2, ROW_EPILOGUE_BEGIN = 4, ROW_BASIC_BLOCK = 8 };

/* A row of the line table; of the object's own source file. */
struct asm_row {
	uint32_t offset; /* in the function, later in a piece of it */
	uint32_t line;
	uint32_t discriminator; /* of blocks on one line (GCC 14 has them without optimisation, too); 0: none */
	uint16_t column;
	uint8_t flags;   /* enum asm_row_flag */
	/* How often these names stand left of the column: it moves with their lengths. Of pieces only. */
	uint8_t n_library, n_callee;
};

/* One instruction of call frame information, at a place of the function. */
struct asm_rule {
	uint32_t offset;
	uint8_t len;
	uint8_t bytes[19];
};

struct asm_function {
	const char *name;
	const Elf64_Sym *symbol;
	uint32_t begin, size;  /* in .text */
	const unsigned char *bytes;
	const Elf64_Rela *relas; /* r_offset is in .text */
	size_t n_relas;
	const struct asm_row *rows;
	size_t n_rows;
	const struct asm_rule *rules;
	size_t n_rules;
};

struct asm_object {
	struct strbuf image;
	Elf *elf;
	Dwarf *dwarf;     /* NULL without debug information */
	Dwarf_Die unit;   /* the one compile unit */
	int dwarf_version;
	struct asm_subprogram {
		const char *name;
		Dwarf_Die die;
	} *subprograms;   /* functions in the debug information, declared ones too; by name */
	size_t n_subprograms;
	Elf_Scn *text;
	size_t text_index;
	uint32_t function_align;
	const Elf64_Sym *symbols;
	size_t n_symbols, strings; /* section of their names */
	struct asm_function *functions; /* by place */
	size_t n_functions;
	struct asm_row *rows;
	size_t n_rows, cap_rows;
	struct asm_rule *rules;
	size_t n_rules, cap_rules;
	const unsigned char *cie; /* of .eh_frame, with its length field; NULL without unwind rules */
	size_t cie_size;
	uint64_t code_align;      /* of the CIE */
	char *source;             /* name of the unit's source file, as the compiler was told */
};

/* Reads an object. Whatever points into it lives as long as it does. */
MUST_CHECK struct err *asm_object_read(const char *path, struct asm_object *ret);
/* The same from memory, which is taken over. */
MUST_CHECK struct err *asm_object_parse(struct strbuf *image, struct asm_object *ret);
void asm_object_deinit(struct asm_object *object);

const char *asm_symbol_name(const struct asm_object *object, const Elf64_Sym *symbol);
const struct asm_function *asm_function_find(const struct asm_object *object, const char *name);

/* The entry of a function in the debug information; false without one. */
bool asm_subprogram_find(const struct asm_object *object, const char *name, Dwarf_Die *ret);

/* Section by index; NULL data for one without bytes. */
const Elf64_Shdr *asm_section(const struct asm_object *object, size_t index, const char **ret_name,
			      const Elf_Data **ret_data);

/* The relocations that apply to a section; 0 of them is fine. */
const Elf64_Rela *asm_section_relas(const struct asm_object *object, size_t index, size_t *ret_n);

/* Is this the path of the object's own source? */
bool asm_is_own_path(const struct asm_object *object, const char *path);

/* Is this file of the line table (DW_AT_decl_file) the object's own source? */
bool asm_is_own_file(const struct asm_object *object, uint64_t file);

/* The line table and .eh_frame, called by asm_object_read (debug/lines.c). */
MUST_CHECK struct err *asm_read_rows(struct asm_object *object);
MUST_CHECK struct err *asm_read_rules(struct asm_object *object);

#endif
