/* SPDX-License-Identifier: BSD-3-Clause */
/* What the manifest's reader and writer share. */
#ifndef LIB_MANIFEST_INTERNAL_H
#define LIB_MANIFEST_INTERNAL_H

#include "lib/json/field.h"
#include "lib/manifest/manifest.h"

/* What the file calls itself, so that another JSON file is not taken for one. */
#define MANIFEST_FORMAT "pynamic-manifest"

extern const char *const manifest_kind_names[];  /* by enum library_kind, NULL-terminated */
extern const char *const manifest_build_names[]; /* by enum manifest_build, NULL-terminated */

#define FIELD(name_) (&(struct json_field){ .object = object, .where = where, .key = (name_) })
#define TRY(call)                          \
	do {                               \
		struct err *err_ = (call); \
		if (err_)                  \
			return err_;       \
	} while (0)

/* A path inside the target folder; null, if not required, gives NULL. */
MUST_CHECK struct err *manifest_read_path(const struct json_field *f, bool required, char **ret);

/*
 * Program `self` of the list, into its place among m->programs, which also holds the ones
 * before it. Call after the counts of libraries and modules and the interpreter are read.
 */
MUST_CHECK struct err *manifest_read_program(const json_t *object, size_t self, const struct manifest *m,
					     struct manifest_program *program);
void manifest_program_deinit(struct manifest_program *program);

/* Of a library as this program loads it, relative; the program must have a library_dir. Heap, caller frees. */
char *manifest_library_path(const struct manifest_program *program, const struct manifest_library *library);

#endif
