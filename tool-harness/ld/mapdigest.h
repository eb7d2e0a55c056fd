/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests of a process's link maps, to tell whether two tasks have the same libraries, and
 * whether they have them at the same addresses: what a tool may share between tasks depends
 * on it, and address space layout randomisation (ASLR) takes the second away.
 */
#ifndef LD_MAPDIGEST_H
#define LD_MAPDIGEST_H

#include <stdint.h>

#include "ld/namespaces.h"

struct map_digest {
	uint64_t placed;   /* names and load addresses of all libraries, in the loader's order */
	uint64_t names;    /* names alone */
};

/* FNV-1a (64 bits) over the maps of all namespaces as last read. */
struct map_digest namespaces_digest(const struct namespaces *spaces);

#endif
