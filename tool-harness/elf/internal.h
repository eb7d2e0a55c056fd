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

struct symidx {
	int fd;
	Elf *elf;                  /* NULL: it is stored */
	struct stored stored;
	struct symbol *symbols;    /* of a stored one not made */
	size_t n_symbols, n_functions;
	char **names;              /* those that the file has no end of: "foo" of "foo@@V2" */
	size_t n_names, cap_names;
	char *lack;                /* what could not be read of the file's symbols; NULL: nothing */
	uint32_t *buckets;         /* symbol number + 1, 0 empty; open addressing */
	size_t n_buckets;
	struct by_address *sorted; /* by low, functions at one address by preference */
	size_t n_sorted;
	pthread_mutex_t lock;      /* of making the two tables, each at its first use */
	bool has_table, is_sorted;
	uint64_t low, high;
};

/* An index without anything; opening its file. */
struct symidx *symidx_new(void);

/* Reads the open file (index->fd) and closes it. */
MUST_CHECK struct err *symidx_read(struct symidx *index, const char *path, struct symwork *work);

/* Name of a symbol without its version, the file's or the index's own. */
const char *symidx_name(struct symidx *index, const struct symtab_symbol *symbol);

/* Several threads may be the first to need a table. */
void symidx_make_once(struct symidx *index, bool *made, void (*make)(struct symidx *index));

#endif
