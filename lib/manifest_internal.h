/* SPDX-License-Identifier: BSD-3-Clause */
/* What the manifest's reader and writer share. */
#ifndef LIB_MANIFEST_INTERNAL_H
#define LIB_MANIFEST_INTERNAL_H

#include "lib/manifest.h"

/* What the file calls itself, so that another JSON file is not taken for one. */
#define MANIFEST_FORMAT "pynamic-manifest"

extern const char *const manifest_kind_names[]; /* by enum library_kind, NULL-terminated */

#endif
