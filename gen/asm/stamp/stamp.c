/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes one object: sections and symbols, then the code of all functions in a first walk,
 * their debug information in a second, when all places are known. Decides only the order.
 */
#include "gen/asm/stamp/stamp.h"

#include <string.h>

#include "gen/asm/stamp/internal.h"
#include "lib/fs.h"

static bool has_section(const struct asm_object *object, const char *name)
{
	const char *have;

	for (size_t i = 1; asm_section(object, i, &have, NULL); i++)
		if (!strcmp(have, name))
			return true;
	return false;
}

static void add_sections(struct stamp *s)
{
	const struct asm_object *object = &s->base->unit->object;

	s->text = asm_elf_add_section(&s->elf, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
				      object->function_align, 0);
	asm_data_add_sections(&s->data);
	if (object->cie)
		s->frame = asm_elf_add_section(&s->elf, ".eh_frame", SHT_PROGBITS, SHF_ALLOC, 8, 0);
	if (!s->debug)
		return;
	s->info = asm_elf_add_section(&s->elf, ".debug_info", SHT_PROGBITS, 0, 1, 0);
	s->abbrev = asm_elf_add_section(&s->elf, ".debug_abbrev", SHT_PROGBITS, 0, 1, 0);
	if (has_section(object, ".debug_aranges"))
		s->aranges = asm_elf_add_section(&s->elf, ".debug_aranges", SHT_PROGBITS, 0, 1, 0);
	s->lines = asm_elf_add_section(&s->elf, ".debug_line", SHT_PROGBITS, 0, 1, 0);
	s->strings = asm_elf_add_section(&s->elf, ".debug_str", SHT_PROGBITS, SHF_MERGE | SHF_STRINGS, 1, 1);
}

static struct err *write_object(struct stamp *s, const char *source, const char *path)
{
	const struct asm_object *object = &s->base->unit->object;

	s->debug = object->dwarf != NULL;
	add_sections(s);
	asm_data_add_locals(&s->data, fs_basename(source), s->text);
	stamp_list_callees(s);
	stamp_add_symbols(s);
	if (s->frame)
		asm_frames_begin(&s->frames, stamp_section(s, s->frame), stamp_section(s, s->text)->symbol, object);
	if (s->debug)
		asm_rows_begin(&s->rows, stamp_section(s, s->lines), stamp_section(s, s->text)->symbol, object, source);
	stamp_put_code(s);
	if (s->debug) {
		asm_rows_end(&s->rows, stamp_section(s, s->text)->bytes.len);
		stamp_put_debug(s, source);
	}
	return asm_elf_write(&s->elf, path);
}

struct err *asm_stamp(const struct asm_stamper *stamper, size_t i, const struct emit_places *places,
		      const char *source, const char *path)
{
	struct stamp s = { .stamper = stamper, .library = &stamper->plan->libraries[i], .index = i,
			   .base = &stamper->bases.v[stamper->bases.of[i]], .places = places };
	struct err *err;

	asm_elf_init(&s.elf);
	asm_data_init(&s.data, &s.elf, s.base, s.library->name);
	err = write_object(&s, source, path);
	asm_data_deinit(&s.data);
	asm_elf_deinit(&s.elf);
	free(s.callees);
	free(s.symbols);
	free(s.begins);
	free(s.sizes);
	free(s.moved);
	return err;
}
