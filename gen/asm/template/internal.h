/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that make templates share. */
#ifndef GEN_ASM_TEMPLATE_INTERNAL_H
#define GEN_ASM_TEMPLATE_INTERNAL_H

#include "gen/asm/template/shapeset.h"
#include "gen/asm/template/template.h"

/* What is still unclear after so many rounds stays so. */
#define TEMPLATE_MAX_ROUNDS 4

/* The unit becomes the templates', which borrow from it. */
void asm_template_add_unit(struct asm_templates *templates, struct asm_unit *unit);

/* Adds the templates of all calls of the plan, and how callees are declared. */
MUST_CHECK struct err *asm_template_calls(const struct asm_compiler *compiler, const struct plan *plan,
					  const struct asm_shape_set *set, struct asm_templates *ret);

#endif
