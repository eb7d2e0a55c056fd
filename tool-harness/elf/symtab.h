/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The symbol table of an ELF file, symbol by symbol: .symtab, or where that was stripped or cannot be
 * read the dynamic symbols, and then those of .gnu_debugdata (elf/debugdata.h); elf(5). What an index is made
 * of, in memory (elf/symidx.h) and on disk (elf/symstore.h).
 */
#ifndef ELF_SYMTAB_H
#define ELF_SYMTAB_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/dynsyms.h"

enum symbol_kind {
	SYMBOL_FUNCTION,
	SYMBOL_DATA,
	SYMBOL_RESOLVER, /* STT_GNU_IFUNC: a function that chooses the one to be called */
};

/* A defined function or data object. A name is told from its version: "foo@@V2" in .symtab is foo. */
struct symtab_symbol {
	const char *name;    /* inside of the file's string table, or of the index; name_len bytes of it */
	size_t name_len;
	const char *version; /* NULL: none */
	uint64_t value;      /* relative to the load bias */
	uint64_t size;
	uint32_t place;      /* in the table */
	enum symbol_kind kind;
	bool is_default;     /* the version that the name without one means */
	uint8_t preference;  /* of several at one address: global 0, weak 1, local 2 */
};

struct symtab {
	const uint8_t *symbols; /* of Elf64_Sym, not aligned; NULL: the file has none */
	const char *strings;
	size_t n, n_strings, at;
	struct dynsyms dynsyms; /* where these are read */
	const uint8_t *more;    /* the .symtab of .gnu_debugdata, which comes behind the dynamic symbols; NULL: none */
	const char *more_strings;
	size_t n_more, n_more_strings;
	bool is_dynamic;
	char *lack;             /* heap; what could not be read, a sentence: the table has less than the file
				   says; NULL: all was read */
};

/* A file without symbols has an empty table. `debugdata` (NULL: none) is what the file has unpacked in it, which must
 * outlive what is read of it. Invariant: each name ends inside of the string table. */
void symtab_open(Elf *elf, Elf *debugdata, struct symtab *ret);
void symtab_close(struct symtab *symtab);

/* Entries that a table has at most, for whoever gets room for them. */
size_t symtab_count(const struct symtab *symtab);

/* The next function or object; false at the end. */
bool symtab_next(struct symtab *symtab, struct symtab_symbol *ret);

/*
 * One entry of a table by its bytes: name, value, size, kind and preference, with the name as `strings` have it. False
 * for what is no defined function or object, or has no name within the strings.
 */
bool symtab_decode(const uint8_t *entry, const char *strings, size_t n_strings, struct symtab_symbol *ret);

/*
 * Whether by the section headers .symtab (with the section of its names) has what a library's has: as many symbols that
 * are not local as there are dynamic ones, and none of it compressed. symhashed.c says what follows from that.
 */
bool symtab_is_of_library(const Elf64_Shdr *symtab, const Elf64_Shdr *strings, const Elf64_Shdr *dynsym);

/* Tells a name's version apart: "foo@@V2". */
void symtab_split(struct symtab_symbol *symbol);

/* Bytes of the file that reading the table takes. */
uint64_t symtab_bytes(const struct symtab *symtab);

#endif
