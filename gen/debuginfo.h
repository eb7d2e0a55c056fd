/* SPDX-License-Identifier: BSD-3-Clause */
/* Debug information, hash table and build-id of what is built: from spec to flags. */
#ifndef GEN_DEBUGINFO_H
#define GEN_DEBUGINFO_H

#include <stdbool.h>

#include "gen/spec.h"
#include "lib/err.h"

struct debuginfo {
	const char *cflags;  /* of compilations */
	const char *ldflags; /* of links */
	const char *index;   /* command that adds an index to a linked file, or "" */
	const char *section; /* that the index is in */
};

/*
 * What this compiler and this machine need for the spec's `debug`. What they cannot do is
 * an error with status EXIT_SKIPPED that says why. Strings are static.
 */
MUST_CHECK struct err *debuginfo_find(const struct target_spec *spec, struct debuginfo *ret);

/* "-Wl,--hash-style=gnu ...": the spec's keys of the linker. */
const char *debuginfo_hash_flag(const struct target_spec *spec);
const char *debuginfo_build_id_flag(const struct target_spec *spec);

/* Debug information of a compilation unit is in a .dwo file of its own. */
bool debuginfo_is_split(const struct target_spec *spec);

#endif
