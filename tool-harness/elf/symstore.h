/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A folder of symbol indices by build-id: empty, a tool is cold and reads the symbol table of every
 * library; filled, it is warm and reads none. One file per build-id, published by rename(2), so
 * that any number of processes and threads may read and write. A file that is not sound is
 * never used.
 */
#ifndef ELF_SYMSTORE_H
#define ELF_SYMSTORE_H

#include "elf/symfile.h"

struct symstore;

/* Makes the folder if it is not there. */
MUST_CHECK struct err *symstore_create(const char *folder, struct symstore **ret);
void symstore_destroy(struct symstore *store);

/* An index as it lies in its file, mapped. */
struct stored {
	struct symfile file;
	void *bytes;
	size_t len;
};

/* The index of a build-id; false in found_ret if there is none. One that is not sound: an error, which names
 * the file. */
MUST_CHECK struct err *symstore_get(const struct symstore *store, const struct buildid *id, bool *found_ret,
				    struct stored *ret);
void stored_deinit(struct stored *stored);

/* Publishes the bytes of an index (symfile_make), in place of one that may be there. */
MUST_CHECK struct err *symstore_put(struct symstore *store, const struct buildid *id, const void *bytes, size_t len);

/* Index files in a folder and their bytes; a folder that is not there has none. */
void symstore_count(const char *folder, uint64_t *n_ret, uint64_t *bytes_ret);

/* Removes the index files of a folder, and nothing else of it. */
MUST_CHECK struct err *symstore_empty(const char *folder);

#endif
