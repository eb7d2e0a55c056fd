/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds what is written from templates against what the compiler makes of the same source. */
#ifndef GEN_ASM_CHECK_H
#define GEN_ASM_CHECK_H

#include "gen/asm/stamp/stamp.h"

/*
 * Compiles a sample of the plan's functions as a library, writes the same library from
 * templates and compares code, references, line rows, unwind rules, debug information and
 * symbols. A difference is an error that names the function.
 */
MUST_CHECK struct err *asm_check(const struct asm_compiler *compiler, const struct asm_stamper *stamper);

/* The comparison alone: every function of `want` is in `have` and the same. */
MUST_CHECK struct err *asm_compare(const struct asm_object *want, const struct asm_object *have, const char *library,
				   const struct asm_text *text);

#endif
