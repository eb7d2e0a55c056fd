/* SPDX-License-Identifier: BSD-3-Clause */
/* Gathers templates, bases and their pools: all that is done once for a target. */
#include "gen/asm/stamp/stamp.h"

#include "lib/mem.h"

static void take_dies(struct asm_stamper *stamper, struct asm_strings *strings, struct asm_dies *dies)
{
	asm_abbrevs_take(&stamper->abbrevs, dies);
	asm_strings_take(strings, dies);
}

static void fill_pools(struct asm_stamper *stamper)
{
	struct asm_templates *templates = &stamper->templates;
	struct asm_bases *bases = &stamper->bases;

	for (size_t i = 0; i < templates->n_shapes; i++)
		take_dies(stamper, &stamper->strings, &templates->shapes[i].dies);
	for (size_t i = 0; i < templates->n_calls; i++)
		take_dies(stamper, &stamper->strings, &templates->calls[i].declaration);
	for (size_t i = 0; i < templates->types.n; i++)
		take_dies(stamper, &stamper->strings, &templates->types.v[i].dies);
	for (size_t i = 0; i < ARRAY_SIZE(bases->entries); i++)
		take_dies(stamper, &stamper->strings, &bases->entries[i].dies);
	stamper->base_strings = mem_calloc(bases->n + 1, sizeof(*stamper->base_strings));
	for (size_t i = 0; i < bases->n; i++) {
		asm_strings_init(&stamper->base_strings[i], stamper->strings.bytes.len);
		take_dies(stamper, &stamper->base_strings[i], &bases->v[i].dies);
	}
	asm_abbrevs_end(&stamper->abbrevs);
}

struct err *asm_stamper_make(const struct asm_compiler *compiler, const struct plan *plan, struct asm_stamper *ret)
{
	struct asm_stamper stamper = { .plan = plan, .abbrevs = ASM_ABBREVS_INIT };
	struct err *err = asm_templates_make(compiler, plan, &stamper.templates);

	asm_strings_init(&stamper.strings, 0);
	if (!err)
		err = asm_bases_make(compiler, plan, &stamper.templates, &stamper.bases);
	if (err) {
		asm_stamper_deinit(&stamper);
		return err;
	}
	fill_pools(&stamper);
	*ret = stamper;
	return NULL;
}

void asm_stamper_deinit(struct asm_stamper *stamper)
{
	for (size_t i = 0; stamper->base_strings && i < stamper->bases.n; i++)
		asm_strings_deinit(&stamper->base_strings[i]);
	free(stamper->base_strings);
	asm_strings_deinit(&stamper->strings);
	asm_abbrevs_deinit(&stamper->abbrevs);
	asm_bases_deinit(&stamper->bases);
	asm_templates_deinit(&stamper->templates);
}
