/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts pieces out of compiled functions and finds out what their relocations mean. A
 * reference to data of the own object usually has a section and a distance, from which
 * the data object is found again. Invariant: every relocation of a piece has a meaning,
 * or the piece is refused.
 */
#include "gen/asm/piece.h"

#include <assert.h>
#include <string.h>

#include "gen/emit/c.h"
#include "lib/mem.h"

/* An instruction's address is counted from its end: behind the 4 bytes of the relocation
 * there may be an immediate operand of 4, 1 or 2 bytes. */
static const int distances[] = { 4, 8, 5, 6 };

/* Where a relocation leads to in the object itself. */
struct target {
	size_t section;
	uint64_t offset;
	const Elf64_Sym *object; /* the data object there, or NULL */
	int distance;
};

static const Elf64_Sym *object_at(const struct asm_object *object, size_t section, uint64_t offset)
{
	for (size_t i = 0; i < object->n_symbols; i++) {
		const Elf64_Sym *symbol = &object->symbols[i];

		if (ELF64_ST_BIND(symbol->st_info) != STB_LOCAL)
			break; /* the local ones come first: ELF */
		if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT && symbol->st_shndx == section &&
		    offset >= symbol->st_value && offset < symbol->st_value + symbol->st_size &&
		    strncmp(asm_symbol_name(object, symbol), ".L", 2)) /* Clang's strings */
			return symbol;
	}
	return NULL;
}

/* The beginning of an object is likelier than its middle, no immediate likelier than one. */
static void find_target(const struct asm_object *object, const Elf64_Sym *symbol, int64_t addend, struct target *ret)
{
	uint64_t place = symbol->st_value + addend;

	ret->section = symbol->st_shndx;
	ret->distance = distances[0];
	for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
		const Elf64_Sym *found = object_at(object, symbol->st_shndx, place + distances[i]);

		if (!found || found->st_value != place + distances[i])
			continue;
		ret->object = found;
		ret->distance = distances[i];
		break;
	}
	ret->offset = place + ret->distance;
	if (!ret->object)
		ret->object = object_at(object, ret->section, ret->offset);
}

/* A constant ends where the next one that is referred to begins. */
static size_t constant_size(const struct asm_object *object, const struct target *target, size_t section_size)
{
	size_t end = section_size, n;
	const Elf64_Rela *relas = asm_section_relas(object, object->text_index, &n);

	for (size_t i = 0; i < n; i++) {
		const Elf64_Sym *symbol = &object->symbols[ELF64_R_SYM(relas[i].r_info)];
		uint64_t offset = symbol->st_value + relas[i].r_addend + distances[0];

		if (symbol->st_shndx == target->section && offset > target->offset && offset < end)
			end = offset;
	}
	return end - target->offset;
}

static bool is_argument(const struct asm_context *context, const unsigned char *bytes, size_t size, uint8_t *ret)
{
	for (unsigned i = 0; context->signature && i < context->signature->n_args; i++) {
		unsigned value = emit_argument_value(context->call, i);
		float single = value + 0.5f;
		double twice = value + 0.25;
		bool is_float = context->signature->args[i] == PLAN_FLOAT;

		if (context->signature->args[i] != PLAN_DOUBLE && !is_float)
			continue;
		if (is_float ? size >= sizeof(single) && !memcmp(bytes, &single, sizeof(single)) :
			       size >= sizeof(twice) && !memcmp(bytes, &twice, sizeof(twice))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static struct err *fix_constant(const struct asm_context *context, const struct target *target, struct asm_fix *fix)
{
	const struct asm_object *object = context->object;
	const char *name = "", *own = context->function->name;
	const Elf_Data *data;
	const Elf64_Shdr *header = asm_section(object, target->section, &name, &data);
	const unsigned char *bytes;
	size_t n_relas;

	asm_section_relas(object, target->section, &n_relas);
	if (!header || !(header->sh_flags & SHF_ALLOC) || header->sh_flags & (SHF_WRITE | SHF_EXECINSTR) || !data ||
	    target->offset >= data->d_size || n_relas)
		return err_new("'%s' refers to section '%s' in a way that is not supported", own, name);
	bytes = (const unsigned char *)data->d_buf + target->offset;
	fix->size = data->d_size - target->offset;
	fix->bytes = bytes;
	fix->kind = FIX_CONSTANT;
	if (is_argument(context, bytes, fix->size, &fix->argument))
		fix->kind = FIX_ARGUMENT;
	else if (fix->size > strlen(own) && !memcmp(bytes, own, strlen(own) + 1))
		fix->kind = FIX_NAME;
	else
		fix->size = constant_size(object, target, data->d_size);
	return NULL;
}

static struct err *read_fix(const struct asm_context *context, const Elf64_Rela *rela, struct asm_fix *fix)
{
	const struct asm_object *object = context->object;
	const Elf64_Sym *symbol = &object->symbols[ELF64_R_SYM(rela->r_info)];
	const char *name = asm_symbol_name(object, symbol), *own = context->function->name;
	struct target target = { 0 };

	fix->type = ELF64_R_TYPE(rela->r_info);
	fix->addend = rela->r_addend;
	if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) != STB_LOCAL) {
		fix->kind = context->callee && !strcmp(name, context->callee) ? FIX_CALLEE : FIX_SYMBOL;
		fix->name = name;
		return symbol->st_shndx == SHN_UNDEF ? NULL : err_new("'%s' refers to '%s'", own, name);
	}
	if (fix->type != R_X86_64_PC32)
		return err_new("'%s' has a relocation of type %u, which is not supported", own, fix->type);
	find_target(object, symbol, rela->r_addend, &target);
	fix->addend = -target.distance;
	if (!target.object)
		return fix_constant(context, &target, fix);
	name = asm_symbol_name(object, target.object);
	if (strncmp(name, context->library, strlen(context->library)))
		return err_new("'%s' refers to '%s'", own, name);
	fix->kind = FIX_LOCAL;
	fix->name = name + strlen(context->library);
	fix->addend += target.offset - target.object->st_value;
	return NULL;
}

static void cut_rows(const struct asm_context *context, uint32_t begin, uint32_t end, uint32_t first_line,
		     struct asm_piece *piece)
{
	const struct asm_function *function = context->function;

	piece->rows = mem_calloc(function->n_rows + 1, sizeof(*piece->rows));
	for (size_t i = 0; i < function->n_rows; i++) {
		struct asm_row row = function->rows[i];

		if (row.offset < begin || row.offset >= end)
			continue;
		row.n_library = asm_count_names(context->text, row.line, row.column, context->library);
		if (context->callee)
			row.n_callee = asm_count_names(context->text, row.line, row.column, context->callee);
		row.offset -= begin;
		row.line = row.line ? row.line - first_line : ROW_NO_LINE;
		piece->rows[piece->n_rows++] = row;
	}
}

static void cut_rules(const struct asm_context *context, uint32_t begin, uint32_t end, struct asm_piece *piece)
{
	const struct asm_function *function = context->function;

	piece->rules = mem_calloc(function->n_rules + 1, sizeof(*piece->rules));
	for (size_t i = 0; i < function->n_rules; i++) {
		const struct asm_rule *rule = &function->rules[i];

		/* A rule holds from its place on: one at a seam belongs to what follows. */
		if (rule->offset < begin || rule->offset >= end)
			continue;
		piece->rules[piece->n_rules] = *rule;
		piece->rules[piece->n_rules++].offset -= begin;
	}
}

struct err *asm_piece_cut(const struct asm_context *context, uint32_t begin, uint32_t end, uint32_t first_line,
			  struct asm_piece *ret)
{
	const struct asm_function *function = context->function;
	struct asm_piece piece = { .bytes = function->bytes + begin, .size = end - begin };
	struct err *err = NULL;

	assert(begin <= end && end <= function->size);
	for (size_t i = 0; !err && i < function->n_relas; i++) {
		uint32_t offset = function->relas[i].r_offset - function->begin;

		if (offset < begin || offset >= end)
			continue;
		mem_grow(piece.fixes, piece.n_fixes, piece.cap_fixes);
		piece.fixes[piece.n_fixes] = (struct asm_fix){ .offset = offset - begin };
		err = read_fix(context, &function->relas[i], &piece.fixes[piece.n_fixes++]);
	}
	cut_rows(context, begin, end, first_line, &piece);
	cut_rules(context, begin, end, &piece);
	if (err) {
		asm_piece_deinit(&piece);
		return err;
	}
	*ret = piece;
	return NULL;
}

void asm_piece_deinit(struct asm_piece *piece)
{
	free(piece->fixes);
	free(piece->rows);
	free(piece->rules);
	*piece = (struct asm_piece){ 0 };
}

static bool in_fix(const struct asm_piece *piece, uint32_t offset)
{
	for (size_t i = 0; i < piece->n_fixes; i++)
		if (offset + 4 > piece->fixes[i].offset && offset < piece->fixes[i].offset + 4)
			return true;
	return false;
}

uint32_t *asm_piece_find(const struct asm_piece *piece, uint32_t number, size_t *ret_n)
{
	uint32_t *found = NULL;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i + 4 <= piece->size; i++) {
		if (memcmp(piece->bytes + i, &number, 4) || in_fix(piece, i))
			continue;
		mem_grow(found, n, cap);
		found[n++] = i;
	}
	*ret_n = n;
	return found;
}

void asm_text_index(const char *text, struct asm_text *ret)
{
	size_t cap = 0;

	*ret = (struct asm_text){ .text = text };
	for (const char *at = text; at;) {
		const char *end = strchr(at, '\n');

		mem_grow(ret->lines, ret->n, cap);
		ret->lines[ret->n++] = at - text;
		at = end ? end + 1 : NULL;
	}
	mem_grow(ret->lines, ret->n, cap);
	ret->lines[ret->n] = strlen(text);
}

void asm_text_deinit(struct asm_text *text)
{
	free(text->lines);
	*text = (struct asm_text){ 0 };
}

unsigned asm_count_names(const struct asm_text *text, uint32_t line, uint32_t column, const char *name)
{
	size_t n = strlen(name), begin, end;
	unsigned count = 0;

	if (!line || line > text->n || !column)
		return 0;
	begin = text->lines[line - 1];
	end = text->lines[line];
	for (size_t i = begin; i + n <= end && i < begin + column - 1; i++)
		count += !memcmp(text->text + i, name, n);
	return count;
}
