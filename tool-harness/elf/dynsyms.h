/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dynamic symbols of an ELF file as the loader finds them: by the program headers and the dynamic section,
 * without section headers, which a file need not have; elf(5), the System V gABI ("Dynamic Section", "Symbol
 * Versioning" of the Linux Standard Base).
 */
#ifndef ELF_DYNSYMS_H
#define ELF_DYNSYMS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts of the file's bytes, which must outlive it. Each lies inside of them. */
struct dynsyms {
	const uint8_t *symbols;  /* n of Elf64_Sym, not aligned */
	size_t n;                /* 0: it has none */
	const char *strings;     /* end in a NUL */
	size_t n_strings;
	const uint8_t *versions; /* n of Elf64_Half; NULL: symbols have no versions */
	const char **names;      /* of versions, by number, NULL where there is none; heap */
	size_t n_names;
	const uint8_t *gnu_hash, *hash; /* the tables that find one by its name; NULL: there is none of this kind */
	uint64_t n_gnu_hash, n_hash;    /* 32-bit words of the file from there on */
};

/* False if the bytes have a dynamic section whose symbols cannot be found by it: a sentence in why_ret. A
 * file without one has no symbols. */
bool dynsyms_find(const void *bytes, size_t len, struct dynsyms *ret, const char **why_ret);
void dynsyms_deinit(struct dynsyms *dynsyms);

/* A search by name: begins as { .name = name }. */
struct dynsyms_search {
	const char *name;
	bool begun;
	uint32_t hash;
	uint64_t at, left; /* the next symbol to look at; how many there can be */
};

/*
 * The next symbol of a name, defined or not, in the file's own hash table: DT_GNU_HASH, else DT_HASH. All versions of
 * a name are in one chain. False at the end. Only where dynsyms_has_hash.
 */
bool dynsyms_next(const struct dynsyms *dynsyms, struct dynsyms_search *search, size_t *ret);
uint32_t dynsyms_gnu_hash(const char *name);
bool dynsyms_has_hash(const struct dynsyms *dynsyms);

/* Version of a symbol, NULL if it has none; in default_ret whether a name without version means this one. */
const char *dynsyms_version(const struct dynsyms *dynsyms, size_t i, bool *default_ret);

#endif
