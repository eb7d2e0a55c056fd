/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A target's folder, from a checked spec to a published manifest. States of a folder:
 * empty -> claimed (has the lock file) -> finished (has a manifest). A manifest is
 * removed before anything that it describes is changed.
 */
#ifndef GEN_TARGET_H
#define GEN_TARGET_H

#include "gen/spec.h"
#include "lib/err.h"

struct target_opts {
	const char *dir;
	unsigned jobs;     /* 0: as many as cores */
	bool sources_only; /* stop before make; no manifest then */
};

/*
 * Brings the folder to what the spec says: makes, continues or changes it; a finished
 * one of the same spec, generator, compiler and Python is left alone, and *ret_was_done
 * is true. A folder that holds other people's files, or in which another generator
 * works, is refused.
 */
MUST_CHECK struct err *target_make(const struct target_spec *spec, const struct target_opts *opts,
				   bool *ret_was_done);

#endif
