/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the object of a library from templates, as the compiler would make it of its source. */
#ifndef GEN_ASM_STAMP_STAMP_H
#define GEN_ASM_STAMP_STAMP_H

#include "gen/asm/base.h"
#include "gen/asm/pool.h"

/* All that the objects are written from; not changed by writing. */
struct asm_stamper {
	const struct plan *plan;
	struct asm_templates templates;
	struct asm_bases bases;
	struct asm_abbrevs abbrevs;
	struct asm_strings strings;       /* of templates */
	struct asm_strings *base_strings; /* [bases] behind them */
};

MUST_CHECK struct err *asm_stamper_make(const struct asm_compiler *compiler, const struct plan *plan,
					struct asm_stamper *ret);
void asm_stamper_deinit(struct asm_stamper *stamper);

/*
 * Writes library i's object to path. places: of its source, which is `source` to the
 * compiler ("src/libmodule0.c").
 */
MUST_CHECK struct err *asm_stamp(const struct asm_stamper *stamper, size_t i, const struct emit_places *places,
				 const char *source, const char *path);

#endif
