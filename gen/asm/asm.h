/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second code generator (spec key codegen: asm). Instead of compiling each library,
 * it compiles templates of what libraries consist of and writes the objects from these:
 * same code, symbols and debug information as the compiler makes of the sources, at a
 * small part of its time. docs/codegen.md.
 */
#ifndef GEN_ASM_ASM_H
#define GEN_ASM_ASM_H

#include "gen/emit/c.h"
#include "gen/spec.h"
#include "gen/toolchain.h"

/*
 * Writes obj/NAME.o in a target's folder for each library whose object is older than its
 * source or than flags.mk. places: [libraries] of the sources, which stand already. A
 * compiler whose code cannot be taken apart, or does not come out the same, is an error
 * that says why.
 */
MUST_CHECK struct err *asm_make_objects(const char *dir, const struct target_spec *spec, const struct plan *plan,
					const struct toolchain *toolchain, unsigned threads,
					const struct emit_places *places);

#endif
