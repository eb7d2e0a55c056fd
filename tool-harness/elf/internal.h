/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal: an index is made of an ELF file (symidx.c) or of an index file (symidx_stored.c), and
 * searched by address alike (symaddress.c). Nobody else includes this. */
#ifndef ELF_INTERNAL_H
#define ELF_INTERNAL_H

#include <libelf.h>
#include <pthread.h>

#include "elf/symidx.h"
#include "elf/symstore.h"

struct symbol {
	const char *name;    /* without its version */
	const char *version; /* NULL: none */
	uint64_t value;
	uint32_t hash;
	uint8_t kind;        /* enum symbol_kind */
	bool is_default;
	uint8_t preference;
};

/* A function for the search by address; made for the few files whose functions are searched that way. */
struct by_address {
	uint64_t low, high; /* high excluded */
	const char *name;
	uint32_t place;     /* in the file */
	uint8_t preference; /* of several at one address: less is better */
};

/* Symbols by name, read from a file's .symtab: all of them, or those that are local. */
struct symnames {
	struct symbol *symbols;
	size_t n;
	uint32_t *buckets;  /* symbol number + 1, 0 empty; open addressing */
	size_t n_buckets;
	bool has_table;     /* made at the first search: a tool without breakpoints never looks for a name */
};

struct symidx {
	char *path;                /* for messages */
	uint8_t *bytes;            /* of the file, mapped: there may be more libraries than files that may be open */
	size_t len;
	struct symstore *store;    /* may be NULL */
	struct symwork work;
	Elf *elf;                  /* once .symtab was read; else NULL */
	Elf *debugdata;            /* the one that is packed in it, with */
	uint8_t *unpacked;         /* its bytes; NULL: none */
	struct stored stored;      /* in place of it */
	struct symnames all;       /* of a stored one not made */
	size_t n_symbols, n_functions;
	struct symnames locals;    /* with the exported ones these are all that there are */
	struct dynsyms exported;
	char **names;              /* those that the file has no end of: "foo" of "foo@@V2" */
	size_t n_names, cap_names;
	char *lack;                /* what could not be read of the file's symbols; NULL: nothing */
	struct by_address *sorted; /* by low, functions at one address by preference */
	size_t n_sorted;
	pthread_mutex_t lock;      /* of making the parts, each at its first use */
	bool is_read, was_looked_at, is_sorted;
	bool is_hashed;            /* what a name means is told by `exported` and `locals` */
	uint64_t low, high;
};

/* Reads .symtab or its stored index (symidx_stored.c). With the lock held. */
void symidx_read_whole(struct symidx *index);

/* Reads the file's own symbol table into index->all. */
void symidx_read_table(struct symidx *index);

/* Takes what finds a name without the symbol table, if it finds all its places (symhashed.c). With the lock held. */
void symidx_read_exported(struct symidx *index);

/* Adds a symbol to some: there must be room. */
void symnames_add(struct symidx *index, struct symnames *names, const struct symtab_symbol *symbol);

/* Name of a symbol without its version, the file's or the index's own. */
const char *symidx_name(struct symidx *index, const struct symtab_symbol *symbol);

/* Several threads may be the first to need a part. */
void symidx_make_once(struct symidx *index, bool *made, void (*make)(struct symidx *index));

#endif
