/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tool says of itself, and whether it is here at all. */
#ifndef TOOL_PROCESS_VERSION_H
#define TOOL_PROCESS_VERSION_H

#include "lib/err.h"
#include "tool/process/description.h"

/* The first line that the command prints, or NULL: it cannot be run, or prints nothing, or takes
 * longer than 20 s. Heap. */
char *version_ask(const char *const *argv);

/* EXIT_SKIPPED, and what to install (may be NULL), if there is no such program. */
MUST_CHECK struct err *version_check_program(const char *tool, const char *program, const char *package);

/* Likewise for all programs that a described tool's run starts or asks: one that fails half-way tells less. */
MUST_CHECK struct err *version_check_template(const struct template *t);

#endif
