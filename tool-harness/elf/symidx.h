/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Function symbols of one ELF file, by name and by address: what a debugger reads of every
 * library it hears of. Read from .symtab, or the dynamic symbols where that was stripped or cannot be read; elf(5).
 * A name is looked for in the file's own hash table, and the whole .symtab is read only if that does not tell all
 * (symhashed.c), or for what is asked beside names.
 * A cache holds one index per file, so that tasks that map the same file share it. An index
 * may be searched by several threads.
 */
#ifndef ELF_SYMIDX_H
#define ELF_SYMIDX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct symidx;
struct symstore;

/* What making indices has taken. */
struct symwork {
	uint64_t libraries_parsed; /* whose own symbol table was read */
	uint64_t symbols_read;     /* functions and data objects in these, and local ones of the next */
	uint64_t libraries_hashed; /* whose own hash table was asked for names in place of it */
	uint64_t names_hashed;     /* names that were looked up so */
	uint64_t functions_read;   /* subprograms in debug information, */
	uint64_t lines_read;       /* rows of its line tables */
	uint64_t file_bytes_read;  /* of libraries: headers, symbol and string tables, debug sections */
	uint64_t indices_read;     /* from a store, */
	uint64_t index_bytes_read;
	uint64_t indices_written;  /* into it, */
	uint64_t indices_refused;  /* and found there damaged or of another library */
};
void symwork_add(struct symwork *to, const struct symwork *from);

/* Reads a file's function symbols. Not an ELF file, another machine's, truncated: errors. */
MUST_CHECK struct err *symidx_create(const char *path, struct symidx **ret);
void symidx_destroy(struct symidx *index);

/*
 * The same by way of a store (elf/symstore.h): from its index if it has a sound one, and then of the file
 * nothing but its headers and notes is read; else from the file, and the index is stored for whoever
 * comes next. A file without build-id is not stored. The work done is added to `work`.
 */
MUST_CHECK struct err *symidx_create_stored(const char *path, struct symstore *store, struct symwork *work,
					    struct symidx **ret);

/*
 * The same of an open file, which is taken over, also by a failure; the path is for messages. symidx_open reads nothing
 * of the symbols yet: each part is at its first use, by way of the store, which must outlive the index.
 */
MUST_CHECK struct err *symidx_open(int fd, const char *path, struct symstore *store, struct symidx **ret);

/*
 * One place of a function's name: a name may have several, since functions that are not exported need not
 * differ in theirs, and since a library may have several versions of one.
 */
struct symplace {
	uint64_t value;      /* relative to the load bias */
	const char *version; /* the index's; NULL: none */
	bool is_default;     /* of several versions the one that the name alone means to a linker: "foo@@V2" */
	bool is_resolver;    /* STT_GNU_IFUNC: chooses the function that is called */
	uint8_t preference;  /* global 0, weak 1, local 2 */
};

struct symplaces {
	struct symplace *v;  /* one for each address: default version, those without, others; by address */
	size_t n, cap;
};

/* All places of a name in the file. "foo@V1" and "foo@@V1" are those of this version, "foo" those of all. */
void symidx_places(struct symidx *index, const char *name, struct symplaces *ret);
void symplaces_deinit(struct symplaces *places);

/* Reads the whole symbol table, if it was not yet. From then on names are looked up there. */
void symidx_read(struct symidx *index);

/* What reading it has taken so far. */
struct symwork symidx_work(struct symidx *index);

/* What could not be read of the file's symbols, so that a name that is not found may be there; NULL: nothing of
 * what has been asked for so far. */
const char *symidx_lack(const struct symidx *index);

/* Value (address relative to the load bias) of the first place of a function's name; false if it has none. */
bool symidx_find(struct symidx *index, const char *name, uint64_t *value_ret);

/* The same for data objects (STT_OBJECT), needed for _r_debug. */
bool symidx_find_object(struct symidx *index, const char *name, uint64_t *value_ret);

/*
 * The function that an address (relative to the load bias) lies in, its name owned by the
 * index, or NULL. Of functions that share the address the global one, then the weak one,
 * then the first in the file. The first call sorts the file's functions.
 */
const char *symidx_find_address(struct symidx *index, uint64_t value);

/* Value of the i-th symbol, 0 <= i < symidx_symbols, in no order that means anything; false if it is no function. */
size_t symidx_symbols(struct symidx *index);
bool symidx_function_at(struct symidx *index, size_t i, uint64_t *value_ret);

size_t symidx_count(struct symidx *index);

/* Range of addresses, relative to the load bias, that the file's PT_LOAD segments take. */
void symidx_extent(const struct symidx *index, uint64_t *low_ret, uint64_t *high_ret);

struct symcache;

/* With a store, which must outlive it, or without one (NULL). */
struct symcache *symcache_create(void);
struct symcache *symcache_create_stored(struct symstore *store);
void symcache_destroy(struct symcache *cache);

/*
 * The index of an open file, which stays the caller's, read at its first use; owned by the cache. Files are told
 * apart by device, inode, size and time of change, so that two of one path are two. The path is for messages. A
 * file that cannot be read is an error each time. Any number of threads may ask: one reads, the others wait for it.
 */
MUST_CHECK struct err *symcache_get_of(struct symcache *cache, int fd, const char *path, struct symidx **ret);

/* The same of a path, in this program's own namespace. */
MUST_CHECK struct err *symcache_get(struct symcache *cache, const char *path, struct symidx **ret);

/* What all of its indices took, and what was added to it. */
struct symwork symcache_work(struct symcache *cache);
void symcache_add_work(struct symcache *cache, const struct symwork *work);

/* Reads all subprograms and line tables of an open file's debug information, once; see elf/debuglines.h. */
MUST_CHECK struct err *symcache_lines(struct symcache *cache, int fd, const char *path);

#endif
