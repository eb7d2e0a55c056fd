/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The symbol table of an ELF file, symbol by symbol: .symtab, or .dynsym where that was stripped;
 * elf(5). What an index is made of, in memory (elf/symidx.h) and on disk (elf/symstore.h).
 */
#ifndef ELF_SYMTAB_H
#define ELF_SYMTAB_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* A defined function or data object. */
struct symtab_symbol {
	const char *name;   /* inside of the file's string table, or of the index */
	uint64_t value;     /* relative to the load bias */
	uint64_t size;
	uint32_t place;     /* in the table */
	bool object;        /* data, not a function */
	uint8_t preference; /* of several at one address: global 0, weak 1, local 2 */
};

struct symtab {
	Elf_Data *data, *strings; /* NULL: the file has no symbols */
	size_t n, at;
};

/* Of a file without symbols an empty table. Invariant: each name ends inside of the string table. */
MUST_CHECK struct err *symtab_open(Elf *elf, const char *path, struct symtab *ret);

/* The next function or object; false at the end. */
bool symtab_next(struct symtab *symtab, struct symtab_symbol *ret);

/* Bytes of the file that reading the table takes. */
uint64_t symtab_bytes(const struct symtab *symtab);

#endif
