/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The debug information of an object whose code stands: strings, declarations of what it
 * calls, functions. Line rows are written with the code.
 */
#include "gen/asm/stamp/internal.h"

#include <string.h>

static uint32_t put_string(struct stamp *s, const char *text)
{
	struct strbuf *strings = &stamp_section(s, s->strings)->bytes;
	uint32_t at = strings->len;

	strbuf_add(strings, text, strlen(text) + 1);
	return at;
}

static uint32_t find_object(void *context, uint64_t string)
{
	struct stamp *s = context;

	return asm_data_object_named(&s->data, stamp_section(s, s->strings)->bytes.text + string);
}

static void put_declarations(struct stamp *s, struct asm_info *info)
{
	const struct asm_templates *templates = &s->stamper->templates;

	for (size_t i = 0; i < s->n_callees; i++) {
		const struct plan_library *library = stamp_callee_library(s, s->callees[i]);
		const struct plan_function *callee = &library->functions[(uint32_t)s->callees[i]];
		struct asm_instance instance = { .line = s->places->declarations + i };
		const struct asm_dies *dies = asm_declaration_find(templates, asm_signature(callee));

		if (stamp_is_own(s, s->callees[i]) || !dies->n)
			continue;
		instance.name = put_string(s, stamp_global_name(s, s->symbols[i]));
		asm_info_add(info, dies, &instance);
	}
}

static void put_functions(struct stamp *s, struct asm_info *info)
{
	for (size_t i = 0; i < s->library->n_all; i++) {
		const struct plan_function *function = &s->library->functions[i];
		uint32_t frame;
		struct asm_instance instance = {
			.name = put_string(s, stamp_own_name(s, i)),
			.line = s->places->functions[i],
			.shape = stamp_function_shape(s, i, &frame),
			.begin = s->begins[i],
			.n_calls = function->n_calls,
		};

		instance.name_growth = (int)strlen(stamp_own_name(s, i)) - (int)instance.shape->name_length;
		instance.calls_size = s->sizes[i] - instance.shape->head.size - instance.shape->tail.size;
		asm_info_add(info, &instance.shape->dies, &instance);
	}
}

static void put_aranges(struct stamp *s)
{
	struct asm_section *out = stamp_section(s, s->aranges);

	put_number(&out->bytes, 44, 4);
	put_number(&out->bytes, 2, 2);
	asm_elf_add_rela(out, out->bytes.len, stamp_section(s, s->info)->symbol, R_X86_64_32, 0);
	put_number(&out->bytes, 0, 4);
	put_number(&out->bytes, 8, 2); /* size of an address, of a segment selector */
	put_number(&out->bytes, 0, 4); /* to the alignment of the pairs */
	asm_elf_add_rela(out, out->bytes.len, stamp_section(s, s->text)->symbol, R_X86_64_64, 0);
	put_number(&out->bytes, 0, 8);
	put_number(&out->bytes, stamp_section(s, s->text)->bytes.len, 8);
	put_number(&out->bytes, 0, 8);
	put_number(&out->bytes, 0, 8);
}

void stamp_put_debug(struct stamp *s, const char *source)
{
	const struct asm_stamper *stamper = s->stamper;
	struct strbuf *strings = &stamp_section(s, s->strings)->bytes;
	struct asm_info info = {
		.section = stamp_section(s, s->info),
		.text_symbol = stamp_section(s, s->text)->symbol,
		.abbrev_symbol = stamp_section(s, s->abbrev)->symbol,
		.line_symbol = stamp_section(s, s->lines)->symbol,
		.string_symbol = stamp_section(s, s->strings)->symbol,
		.base = s->base,
		.types = &stamper->templates.types,
		.own_file = asm_own_file(&s->base->unit->object),
		.end_line = s->places->end,
		.text_size = stamp_section(s, s->text)->bytes.len,
		.moved = s->moved,
		.n_moved = s->n_moved,
		.find_object = find_object,
		.context = s,
	};

	strbuf_add(&stamp_section(s, s->abbrev)->bytes, stamper->abbrevs.table.text, stamper->abbrevs.table.len);
	strbuf_add(strings, stamper->strings.bytes.text, stamper->strings.bytes.len);
	asm_data_add_renamed(&s->data, &stamper->base_strings[s->base - stamper->bases.v].bytes, strings);
	info.source = put_string(s, source);
	asm_info_begin(&info);
	put_declarations(s, &info);
	put_functions(s, &info);
	asm_info_end(&info);
	if (s->aranges)
		put_aranges(s);
}
