/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools that are filled once, before any library is written, and only read then. The form
 * of each attribute is decided here; debug/info.c writes it.
 */
#include "gen/asm/pool.h"

#include <dwarf.h>
#include <string.h>

#include "gen/asm/elf.h"
#include "lib/fnv.h"
#include "lib/mem.h"

void asm_strings_init(struct asm_strings *ret, uint32_t begin)
{
	*ret = (struct asm_strings){ .bytes = STRBUF_INIT, .begin = begin };
}

void asm_strings_deinit(struct asm_strings *strings)
{
	strbuf_deinit(&strings->bytes);
	free(strings->slots);
	*strings = (struct asm_strings){ .bytes = STRBUF_INIT };
}

static uint32_t *find_slot(const struct asm_strings *strings, const char *text)
{
	size_t at = fnv_text(text) % strings->n_slots;

	while (strings->slots[at] && strcmp(strings->bytes.text + strings->slots[at] - 1, text))
		at = (at + 1) % strings->n_slots;
	return &strings->slots[at];
}

static void grow_slots(struct asm_strings *strings)
{
	free(strings->slots);
	strings->n_slots = strings->n_slots ? 2 * strings->n_slots : 256;
	strings->slots = mem_calloc(strings->n_slots, sizeof(*strings->slots));
	for (size_t at = 0; at < strings->bytes.len; at += strlen(strings->bytes.text + at) + 1)
		*find_slot(strings, strings->bytes.text + at) = at + 1;
}

static uint32_t add_string(struct asm_strings *strings, const char *text)
{
	uint32_t *slot;

	if (2 * strings->n >= strings->n_slots)
		grow_slots(strings);
	slot = find_slot(strings, text);
	if (!*slot) {
		*slot = strings->bytes.len + 1;
		strbuf_add(&strings->bytes, text, strlen(text) + 1);
		strings->n++;
	}
	return strings->begin + *slot - 1;
}

void asm_strings_take(struct asm_strings *strings, struct asm_dies *dies)
{
	for (size_t i = 0; i < dies->n; i++)
		for (size_t j = 0; j < dies->v[i].n_attrs; j++) {
			struct asm_attr *attr = &dies->v[i].attrs[j];

			if (attr->meaning == MEAN_STRING || attr->meaning == MEAN_VARIABLE)
				attr->value = add_string(strings, attr->text);
		}
}

/* --- abbreviations --------------------------------------------------------------- */

static unsigned attr_form(const struct asm_attr *attr)
{
	static const uint8_t forms[MEAN_N] = {
		[MEAN_UNSIGNED] = DW_FORM_udata, [MEAN_SIGNED] = DW_FORM_sdata, [MEAN_STRING] = DW_FORM_strp,
		[MEAN_NAME] = DW_FORM_strp, [MEAN_SOURCE] = DW_FORM_strp,
		[MEAN_FLAG] = DW_FORM_flag_present, [MEAN_VARIABLE] = DW_FORM_exprloc,
		[MEAN_PLACE] = DW_FORM_addr, [MEAN_LENGTH] = DW_FORM_data4, [MEAN_FILE] = DW_FORM_udata,
		[MEAN_LINE] = DW_FORM_udata, [MEAN_COLUMN] = DW_FORM_udata, [MEAN_ENTRY] = DW_FORM_ref4,
		[MEAN_SIBLING] = DW_FORM_ref4, [MEAN_LINE_TABLE] = DW_FORM_sec_offset,
	};

	if (attr->meaning == MEAN_BLOCK)
		return attr->name == DW_AT_const_value ? DW_FORM_block : DW_FORM_exprloc;
	return forms[attr->meaning];
}

static uint32_t add_abbrev(struct asm_abbrevs *abbrevs, const struct asm_die *die)
{
	_cleanup_strbuf_ struct strbuf form = STRBUF_INIT;

	put_uleb(&form, die->tag);
	strbuf_putc(&form, die->has_children ? DW_CHILDREN_yes : DW_CHILDREN_no);
	for (size_t i = 0; i < die->n_attrs; i++) {
		put_uleb(&form, die->attrs[i].name);
		put_uleb(&form, attr_form(&die->attrs[i]));
	}
	put_number(&form, 0, 2);
	for (size_t i = 0; i < abbrevs->n; i++)
		if (abbrevs->forms[i].len == form.len && !memcmp(abbrevs->forms[i].text, form.text, form.len))
			return i + 1;
	mem_grow(abbrevs->forms, abbrevs->n, abbrevs->cap);
	abbrevs->forms[abbrevs->n] = form;
	form = (struct strbuf)STRBUF_INIT;
	return ++abbrevs->n;
}

void asm_abbrevs_take(struct asm_abbrevs *abbrevs, struct asm_dies *dies)
{
	for (size_t i = 0; i < dies->n; i++)
		dies->v[i].abbrev = add_abbrev(abbrevs, &dies->v[i]);
}

void asm_abbrevs_end(struct asm_abbrevs *abbrevs)
{
	for (size_t i = 0; i < abbrevs->n; i++) {
		put_uleb(&abbrevs->table, i + 1);
		strbuf_add(&abbrevs->table, abbrevs->forms[i].text, abbrevs->forms[i].len);
	}
	strbuf_putc(&abbrevs->table, 0);
}

void asm_abbrevs_deinit(struct asm_abbrevs *abbrevs)
{
	for (size_t i = 0; i < abbrevs->n; i++)
		strbuf_deinit(&abbrevs->forms[i]);
	free(abbrevs->forms);
	strbuf_deinit(&abbrevs->table);
	*abbrevs = (struct asm_abbrevs)ASM_ABBREVS_INIT;
}
