/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a library has none of some names: what is to be known of most libraries, and takes a few short reads of the
 * file. A page of a mapped file costs more to look at, once, than a read of it (docs/loader.md).
 */
#ifndef ELF_SYMABSENT_H
#define ELF_SYMABSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/symidx.h"

/* A name without its version, and its hash. */
struct wanted {
	char *name;
	uint32_t hash;
};

struct wanted *wanted_create(char *const *names, size_t n); /* heap */
void wanted_destroy(struct wanted *wanted, size_t n);

/*
 * True if an open file is sure to have no function of any of the names, by its DT_GNU_HASH table and the
 * names of its local symbols: then the extent of its segments is in the next two, and `work` grows. False if it has
 * one, or if it takes more to tell: symidx_places knows.
 */
bool symabsent(int fd, const struct wanted *wanted, size_t n, uint64_t *low_ret, uint64_t *high_ret,
	       struct symwork *work);

#endif
