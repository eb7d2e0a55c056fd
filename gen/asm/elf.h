/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A relocatable ELF object in the making (x86-64): sections with bytes and relocations,
 * symbols. Add sections, then all local symbols, then global ones, then relocations.
 */
#ifndef GEN_ASM_ELF_H
#define GEN_ASM_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/strbuf.h"

struct asm_section {
	char *name;
	uint32_t type, symbol;   /* of the section itself */
	uint64_t flags, align, entry_size;
	uint64_t empty_bytes;    /* size of one without bytes in the file (SHT_NOBITS) */
	struct strbuf bytes;
	struct strbuf relas;     /* Elf64_Rela */
};

struct asm_elf {
	struct asm_section *sections; /* from 1: index 0 is the null section */
	size_t n_sections, cap_sections;
	struct strbuf locals, globals; /* Elf64_Sym */
	struct strbuf names;
};

void asm_elf_init(struct asm_elf *ret);
void asm_elf_deinit(struct asm_elf *elf);

/* Adds a section and its symbol; returns its index. Pointers to sections hold until the next one. */
size_t asm_elf_add_section(struct asm_elf *elf, const char *name, uint32_t type, uint64_t flags, uint64_t align,
			   uint64_t entry_size);

/* Adds a symbol, returns its index. The name is copied; value of a function may be set later. */
uint32_t asm_elf_add_local(struct asm_elf *elf, const char *name, unsigned type, size_t section, uint64_t value,
			   uint64_t size);
uint32_t asm_elf_add_global(struct asm_elf *elf, const char *name, unsigned info, size_t section, uint64_t value,
			    uint64_t size);
Elf64_Sym *asm_elf_local(struct asm_elf *elf, uint32_t index);
uint32_t asm_elf_n_locals(const struct asm_elf *elf);

void asm_elf_add_rela(struct asm_section *section, uint64_t offset, uint32_t symbol, uint32_t type, int64_t addend);

/* Writes the object, whole or not at all: under a temporary name, then renamed. */
MUST_CHECK struct err *asm_elf_write(struct asm_elf *elf, const char *path);

/* --- bytes ----------------------------------------------------------------------- */

static inline void put_number(struct strbuf *sb, uint64_t value, size_t size)
{
	strbuf_add(sb, (const char *)&value, size); /* little-endian, as the object */
}

static inline void put_uleb(struct strbuf *sb, uint64_t value)
{
	do {
		strbuf_putc(sb, (value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
}

static inline void put_sleb(struct strbuf *sb, int64_t value)
{
	bool more = true;

	while (more) {
		unsigned byte = value & 0x7f;

		value >>= 7;
		more = !((value == 0 && !(byte & 0x40)) || (value == -1 && byte & 0x40));
		strbuf_putc(sb, byte | (more ? 0x80 : 0));
	}
}

static inline void put_zeros_to(struct strbuf *sb, size_t align)
{
	while (sb->len % align)
		strbuf_putc(sb, 0);
}

#endif
