/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Debug information entries with what they say brought up to date: names, places, lines,
 * references. Invariant: a reference leads to an entry of the same unit, and siblings and
 * ends of lists are set, so that a reader may skip or walk.
 */
#include "gen/asm/debug/info.h"

#include <assert.h>
#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

struct fixup {
	size_t place;
	uint64_t entry; /* of the base */
};

struct writer {
	struct asm_info *info;
	struct strbuf *out;
	const struct asm_instance *instance; /* NULL for the base's own entries and types */
	bool types;                          /* references are numbers of types */
	struct fixup *fixups;
	size_t n_fixups, cap_fixups;
};

static void set_number(struct strbuf *sb, size_t place, uint32_t value)
{
	memcpy(sb->text + place, &value, sizeof(value));
}

static void put_pointer(struct writer *w, size_t size, uint32_t symbol, int64_t addend)
{
	asm_elf_add_rela(w->info->section, w->out->len, symbol, size == 8 ? R_X86_64_64 : R_X86_64_32, addend);
	put_number(w->out, 0, size);
}

/* Where a place of the template function is in the function. */
static uint32_t moved_offset(const struct asm_instance *instance, uint64_t offset)
{
	const struct asm_shape *shape = instance->shape;

	return offset <= shape->head.size ? offset : offset - shape->call_size + instance->calls_size;
}

static uint64_t place_value(const struct writer *w, const struct asm_die *die, uint64_t value)
{
	if (w->instance)
		return w->instance->begin + moved_offset(w->instance, value);
	if (die->tag == DW_TAG_compile_unit)
		return 0;
	for (size_t i = 0; i < w->info->n_moved; i++)
		if (w->info->moved[i].from == value)
			return w->info->moved[i].to;
	assert(!"a function of the base is neither taken over nor left out");
	return 0;
}

static uint64_t length_value(const struct writer *w, const struct asm_die *die, uint64_t value)
{
	const struct asm_attr *low = asm_die_attr(die, DW_AT_low_pc);

	if (w->instance)
		return moved_offset(w->instance, low->value + value) - moved_offset(w->instance, low->value);
	return die->tag == DW_TAG_compile_unit ? w->info->text_size : value;
}

static uint64_t line_value(const struct writer *w, uint64_t value)
{
	const struct asm_base *base = w->info->base;

	if (!w->instance)
		return value < base->primary_lines ? value : w->info->end_line - (base->end_line - value);
	if (!w->instance->shape)
		return w->instance->line;
	if (value > w->instance->shape->head_lines)
		value += w->instance->n_calls - w->instance->shape->n_calls;
	return w->instance->line + value;
}

static uint64_t column_value(const struct writer *w, uint64_t value)
{
	if (!w->instance)
		return value;
	return (value & MEAN_COLUMN_VALUE) + (value >> MEAN_COLUMN_NAMES) * (int64_t)w->instance->name_growth;
}

static void put_reference(struct writer *w, uint64_t entry)
{
	if (w->types) {
		put_number(w->out, w->info->type_places[entry], 4);
		return;
	}
	mem_grow(w->fixups, w->n_fixups, w->cap_fixups);
	w->fixups[w->n_fixups++] = (struct fixup){ .place = w->out->len, .entry = entry };
	put_number(w->out, 0, 4);
}

static void put_attr(struct writer *w, const struct asm_die *die, const struct asm_attr *attr, size_t *ret_sibling)
{
	struct asm_info *info = w->info;

	switch ((enum asm_meaning)attr->meaning) {
	case MEAN_UNSIGNED:
		put_uleb(w->out, attr->value);
		return;
	case MEAN_SIGNED:
		put_sleb(w->out, attr->value);
		return;
	case MEAN_STRING:
		put_pointer(w, 4, info->string_symbol, attr->value);
		return;
	case MEAN_NAME:
		put_pointer(w, 4, info->string_symbol, w->instance->name);
		return;
	case MEAN_SOURCE:
		put_pointer(w, 4, info->string_symbol, info->source);
		return;
	case MEAN_FLAG:
		return;
	case MEAN_BLOCK:
		put_uleb(w->out, attr->block.size);
		strbuf_add(w->out, (const char *)attr->block.bytes, attr->block.size);
		return;
	case MEAN_VARIABLE:
		put_uleb(w->out, 9);
		strbuf_putc(w->out, DW_OP_addr);
		put_pointer(w, 8, info->find_object(info->context, attr->value), 0);
		return;
	case MEAN_PLACE:
		put_pointer(w, 8, info->text_symbol, place_value(w, die, attr->value));
		return;
	case MEAN_LENGTH:
		put_number(w->out, length_value(w, die, attr->value), 4);
		return;
	case MEAN_FILE:
		put_uleb(w->out, info->own_file);
		return;
	case MEAN_LINE:
		put_uleb(w->out, line_value(w, attr->value));
		return;
	case MEAN_COLUMN:
		put_uleb(w->out, column_value(w, attr->value));
		return;
	case MEAN_ENTRY:
		put_reference(w, attr->value);
		return;
	case MEAN_SIBLING:
		*ret_sibling = w->out->len;
		put_number(w->out, 0, 4);
		return;
	case MEAN_LINE_TABLE:
		put_pointer(w, 4, info->line_symbol, 0);
		return;
	case MEAN_N:
		break;
	}
	assert(!"no such meaning");
}

static void close_entries(struct writer *w, size_t index)
{
	struct asm_info *info = w->info;

	while (info->n_open && info->open[info->n_open - 1].end == index) {
		struct asm_open *entry = &info->open[--info->n_open];

		if (entry->children)
			strbuf_putc(w->out, 0);
		if (entry->sibling)
			set_number(w->out, entry->sibling, w->out->len);
	}
}

static void put_entry(struct writer *w, const struct asm_die *die, size_t *ret_sibling)
{
	*ret_sibling = 0;
	put_uleb(w->out, die->abbrev);
	for (size_t i = 0; i < die->n_attrs; i++)
		put_attr(w, die, &die->attrs[i], ret_sibling);
}

/* Entries [first, n) of a list, whole trees; places of the base's own are kept. */
static void put_entries(struct writer *w, const struct asm_dies *dies, size_t first, uint32_t *places)
{
	struct asm_info *info = w->info;

	for (size_t i = first; i < dies->n; i++) {
		const struct asm_die *die = &dies->v[i];
		size_t sibling;

		close_entries(w, i);
		if (places)
			places[i] = w->out->len;
		put_entry(w, die, &sibling);
		mem_grow(info->open, info->n_open, info->cap_open);
		info->open[info->n_open++] = (struct asm_open){ .end = die->end, .sibling = sibling,
								.children = die->has_children };
	}
	close_entries(w, dies->n);
}

static void put_types(struct writer *w)
{
	struct asm_info *info = w->info;

	w->types = true;
	for (size_t i = 0; i < info->types->n; i++) {
		uint32_t index = info->base->type_index[i];

		if (index != PLAN_NONE) {
			info->type_places[i] = info->places[index];
			continue;
		}
		info->type_places[i] = w->out->len;
		put_entries(w, &info->types->v[i].dies, 0, NULL);
	}
}

static void put_unit_header(struct writer *w)
{
	unsigned version = w->info->base->unit->object.dwarf_version;

	put_number(w->out, 0, 4);
	put_number(w->out, version, 2);
	if (version == 5) {
		put_number(w->out, DW_UT_compile, 1);
		put_number(w->out, 8, 1);
	}
	put_pointer(w, 4, w->info->abbrev_symbol, 0);
	if (version == 4)
		put_number(w->out, 8, 1);
}

void asm_info_begin(struct asm_info *info)
{
	const struct asm_dies *dies = &info->base->dies;
	struct writer w = { .info = info, .out = &info->section->bytes };
	size_t sibling;

	info->places = mem_calloc(dies->n + 1, sizeof(*info->places));
	info->type_places = mem_calloc(info->types->n + 1, sizeof(*info->type_places));
	put_unit_header(&w);
	put_entry(&w, &dies->v[0], &sibling);
	put_entries(&w, dies, 1, info->places);
	for (size_t i = 0; i < w.n_fixups; i++)
		set_number(w.out, w.fixups[i].place, info->places[w.fixups[i].entry]);
	put_types(&w);
	free(w.fixups);
}

void asm_info_add(struct asm_info *info, const struct asm_dies *dies, const struct asm_instance *instance)
{
	struct writer w = { .info = info, .out = &info->section->bytes, .instance = instance, .types = true };

	put_entries(&w, dies, 0, NULL);
}

void asm_info_end(struct asm_info *info)
{
	struct strbuf *out = &info->section->bytes;

	strbuf_putc(out, 0);
	set_number(out, 0, out->len - 4);
	free(info->open);
	free(info->places);
	free(info->type_places);
}
