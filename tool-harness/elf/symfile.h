/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The form of an index file: header, entries sorted by name, names; docs/formats.md. Bytes in and
 * out, no files: those are elf/symstore.h's.
 */
#ifndef ELF_SYMFILE_H
#define ELF_SYMFILE_H

#include "elf/buildid.h"
#include "elf/symtab.h"

#define SYMFILE_VERSION 3

/* A file's symbols as one read-only piece of memory. All integers little-endian, as x86-64 has them. */
struct symfile_header {
	char magic[8];       /* "ASYMIDX\n" */
	uint32_t version;
	uint32_t header_bytes;
	uint64_t checksum;   /* of all that follows it */
	uint64_t bytes;      /* of the whole file */
	uint64_t n_symbols, n_functions;
	uint64_t names_bytes;
	uint64_t low, high;  /* extent of the library, relative to its load bias */
	uint64_t source_bytes; /* size of the library that it was made of */
	uint64_t id_len;
	uint8_t id[BUILDID_MAX];
};

struct symfile_entry {
	uint64_t value, size;
	uint32_t name;       /* offset in the names */
	uint32_t place;      /* in the library's own table */
	uint32_t version;    /* offset in the names; SYMFILE_NO_VERSION: none */
	uint16_t kind;       /* enum symbol_kind of elf/symtab.h, */
	uint8_t preference;  /* as there, */
	uint8_t is_default;  /* and 1 or 0 */
};
#define SYMFILE_NO_VERSION UINT32_MAX

/* A view into the bytes of a file that was found sound. */
struct symfile {
	const struct symfile_header *header;
	const struct symfile_entry *entries;
	const char *names;
};

/* Bytes of an index file, heap, caller frees. */
uint8_t *symfile_make(const struct buildid *id, struct symtab *symtab, uint64_t low, uint64_t high, size_t *len_ret);

/*
 * Takes the bytes (8-byte aligned, which must outlive the view) for the index of `id`. Damaged, cut off, of
 * another version, of another library: an error that says which.
 */
MUST_CHECK struct err *symfile_parse(const void *bytes, size_t len, const struct buildid *id, struct symfile *ret);

/* Sets the checksum of bytes that begin with a header. */
void symfile_seal(void *bytes, size_t len);

/* Number of the first entry whose name is not before this one: its own, if it has any. */
size_t symfile_first(const struct symfile *file, const char *name);

struct symtab_symbol symfile_symbol(const struct symfile *file, size_t i);

#endif
