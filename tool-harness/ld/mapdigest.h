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
	uint64_t placed;   /* files and load addresses of all libraries, in the loader's order */
	uint64_t files;    /* files alone */
};

/*
 * What stands behind a link: two tasks may have two files by one name (mount namespaces, relative names, a library
 * that was replaced between), and one file by two.
 */
struct link_file {
	const char *path; /* borrowed */
	uint64_t dev, inode; /* inode 0: not known, or no file */
};

/* FNV-1a (64 bits) over the maps of all namespaces as last read. `file_of` tells of a link which file it is; NULL:
 * each is known by its name alone. */
struct map_digest namespaces_digest(const struct namespaces *spaces,
				    struct link_file (*file_of)(const struct link *link));

#endif
