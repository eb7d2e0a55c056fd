/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Line rows and unwind rules of a compiled object, sorted into its functions. Rows of
 * another file than the object's own source, and unwind rules in forms that compilers do
 * not use for C on x86-64, are refused.
 */
#include "gen/asm/object.h"

#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

/* --- line rows ------------------------------------------------------------------- */

static uint8_t row_flags(Dwarf_Line *line)
{
	bool is_stmt = false, prologue = false, epilogue = false, block = false;

	dwarf_linebeginstatement(line, &is_stmt);
	dwarf_lineprologueend(line, &prologue);
	dwarf_lineepiloguebegin(line, &epilogue);
	dwarf_lineblock(line, &block);
	return (is_stmt ? ROW_IS_STMT : 0) | (prologue ? ROW_PROLOGUE_END : 0) |
	       (epilogue ? ROW_EPILOGUE_BEGIN : 0) | (block ? ROW_BASIC_BLOCK : 0);
}

struct err *asm_read_rows(struct asm_object *object)
{
	Dwarf_Lines *lines;
	size_t n, at = 0;

	if (dwarf_getsrclines(&object->unit, &lines, &n))
		return err_new("cannot read the compiler's line table: %s", dwarf_errmsg(-1));
	object->rows = mem_calloc(n + 1, sizeof(*object->rows));
	for (size_t i = 0; i < object->n_functions; i++) {
		struct asm_function *function = &object->functions[i];

		function->rows = object->rows + object->n_rows;
		for (; at < n; at++) {
			Dwarf_Line *line = dwarf_onesrcline(lines, at);
			Dwarf_Addr address = 0;
			const char *path = dwarf_linesrc(line, NULL, NULL);
			int number = 0, column = 0;
			unsigned int discriminator = 0;
			bool end = false;

			dwarf_lineaddr(line, &address);
			dwarf_lineendsequence(line, &end);
			if (address >= function->begin + (uint64_t)function->size)
				break;
			if (end || address < function->begin)
				continue;
			if (!path || !asm_is_own_path(object, path))
				return err_new("the line table of '%s' speaks of other files", function->name);
			dwarf_lineno(line, &number);
			dwarf_linecol(line, &column);
			dwarf_linediscriminator(line, &discriminator);
			object->rows[object->n_rows++] = (struct asm_row){
				.offset = address - function->begin,
				.line = number,
				.column = column,
				.flags = row_flags(line),
				.discriminator = discriminator,
			};
			function->n_rows++;
		}
	}
	return NULL;
}

/* --- unwind rules ---------------------------------------------------------------- */

struct reader {
	const unsigned char *at, *end;
	bool failed;
};

static uint64_t take(struct reader *r, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < size) {
		r->failed = true;
		return 0;
	}
	memcpy(&value, r->at, size); /* little-endian, as checked */
	r->at += size;
	return value;
}

static uint64_t take_uleb(struct reader *r)
{
	uint64_t value = 0;
	unsigned shift = 0, byte;

	do {
		byte = take(r, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !r->failed);
	return value;
}

static void skip_leb(struct reader *r, unsigned n)
{
	while (n--)
		take_uleb(r);
}

/* True if the instruction moves on by *ret_delta; else it is one to keep, and r is behind it. */
static bool take_advance(struct reader *r, unsigned *ret_delta)
{
	unsigned opcode = take(r, 1);

	switch (opcode & 0xc0) {
	case DW_CFA_advance_loc:
		*ret_delta = opcode & 0x3f;
		return true;
	case DW_CFA_offset:
		skip_leb(r, 1);
		return false;
	case DW_CFA_restore:
		return false;
	}
	switch (opcode) {
	case DW_CFA_advance_loc1:
	case DW_CFA_advance_loc2:
	case DW_CFA_advance_loc4:
		*ret_delta = take(r, 1u << (opcode - DW_CFA_advance_loc1));
		return true;
	case DW_CFA_nop:
		*ret_delta = 0;
		return true;
	case DW_CFA_remember_state:
	case DW_CFA_restore_state:
		return false;
	case DW_CFA_def_cfa_register:
	case DW_CFA_def_cfa_offset:
	case DW_CFA_same_value:
	case DW_CFA_undefined:
	case DW_CFA_restore_extended:
		skip_leb(r, 1);
		return false;
	case DW_CFA_def_cfa:
	case DW_CFA_offset_extended:
	case DW_CFA_register:
		skip_leb(r, 2);
		return false;
	default:
		r->failed = true;
		return false;
	}
}

static bool read_instructions(struct asm_object *object, struct reader *r, struct asm_function *function)
{
	uint32_t offset = 0;

	function->n_rules = 0;
	while (r->at < r->end && !r->failed) {
		const unsigned char *begin = r->at;
		struct asm_rule *rule;
		unsigned delta;

		if (take_advance(r, &delta)) {
			offset += delta * object->code_align;
			continue;
		}
		mem_grow(object->rules, object->n_rules, object->cap_rules);
		rule = &object->rules[object->n_rules++];
		*rule = (struct asm_rule){ .offset = offset, .len = r->at - begin };
		if ((size_t)(r->at - begin) > sizeof(rule->bytes))
			return false;
		memcpy(rule->bytes, begin, r->at - begin);
		function->n_rules++;
	}
	return !r->failed;
}

/* "zR" with pc-relative 4-byte addresses is what all compilers use for C without a personality. */
static bool read_cie(struct asm_object *object, struct reader r, const unsigned char *begin)
{
	object->cie = begin;
	object->cie_size = r.end - begin;
	if (take(&r, 1) != 1 || memcmp(r.at, "zR", 3))
		return false;
	r.at += 3;
	object->code_align = take_uleb(&r);
	skip_leb(&r, 2);
	return take_uleb(&r) == 1 && take(&r, 1) == (DW_EH_PE_pcrel | DW_EH_PE_sdata4) && !r.failed;
}

struct entry {
	struct reader body;  /* behind the CIE pointer */
	uint32_t offset;     /* of the entry in the section */
	uint32_t id;         /* 0 for a CIE */
};

static bool next_entry(struct reader *r, const unsigned char *section, struct entry *ret)
{
	uint32_t length;

	ret->offset = r->at - section;
	length = take(r, 4);
	if (r->failed || length < 4 || length > (size_t)(r->end - r->at))
		return false;
	ret->body = (struct reader){ .at = r->at, .end = r->at + length };
	ret->id = take(&ret->body, 4);
	r->at += length;
	return true;
}

static struct asm_function *function_at(struct asm_object *object, const Elf64_Rela *relas, size_t n, uint32_t offset)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t begin;

		if (relas[i].r_offset != offset || ELF64_R_SYM(relas[i].r_info) >= object->n_symbols)
			continue;
		begin = object->symbols[ELF64_R_SYM(relas[i].r_info)].st_value + relas[i].r_addend;
		for (size_t low = 0, high = object->n_functions; low < high;) {
			size_t middle = (low + high) / 2;

			if (object->functions[middle].begin == begin)
				return &object->functions[middle];
			if (object->functions[middle].begin < begin)
				low = middle + 1;
			else
				high = middle;
		}
	}
	return NULL;
}

static bool read_entries(struct asm_object *object, struct reader r, const Elf64_Rela *relas, size_t n_relas)
{
	const unsigned char *section = r.at;
	struct entry entry;
	size_t rela = 0, *first = mem_calloc(object->n_functions + 1, sizeof(*first));
	bool ok = true;

	while (ok && r.at < r.end && (ok = next_entry(&r, section, &entry))) {
		struct asm_function *function;

		if (!entry.id) {
			ok = !object->cie && read_cie(object, entry.body, section + entry.offset);
			continue;
		}
		/* Relocations stand in the order of the entries. */
		while (rela < n_relas && relas[rela].r_offset < entry.offset + 8u)
			rela++;
		function = rela < n_relas ? function_at(object, &relas[rela], 1, entry.offset + 8) : NULL;
		ok = object->cie && function;
		if (!ok)
			break;
		take(&entry.body, 8);
		ok = take_uleb(&entry.body) == 0;
		first[function - object->functions] = object->n_rules;
		ok = ok && read_instructions(object, &entry.body, function);
	}
	for (size_t i = 0; i < object->n_functions; i++)
		if (object->functions[i].n_rules)
			object->functions[i].rules = object->rules + first[i];
	free(first);
	return ok;
}

struct err *asm_read_rules(struct asm_object *object)
{
	const Elf64_Shdr *header;
	const Elf_Data *data;
	const char *name;

	for (size_t i = 1; (header = asm_section(object, i, &name, &data)); i++) {
		struct reader r;
		const Elf64_Rela *relas;
		size_t n;

		if (strcmp(name, ".eh_frame") || !data || !data->d_size)
			continue;
		r = (struct reader){ .at = data->d_buf, .end = (unsigned char *)data->d_buf + data->d_size };
		relas = asm_section_relas(object, i, &n);
		if (!read_entries(object, r, relas, n))
			return err_new("the compiler's unwind rules (.eh_frame) have a form that is not supported");
	}
	return NULL;
}
