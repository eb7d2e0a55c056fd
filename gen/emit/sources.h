/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the C of all libraries into a target's folder. */
#ifndef GEN_EMIT_SOURCES_H
#define GEN_EMIT_SOURCES_H

#include "gen/emit/c.h"

/* Folder of the libraries' sources. */
#define SOURCE_DIR "src"

/*
 * A source that stands already is left as it is, with its time. Returns where things are
 * in each source, [libraries]; free with sources_places_free.
 */
MUST_CHECK struct err *sources_write(const char *dir, const struct target_spec *spec, const struct plan *plan,
				     unsigned threads, struct emit_places **ret_places);
void sources_places_free(struct emit_places *places, size_t n);

#endif
