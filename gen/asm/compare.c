/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compares two objects of the same source: function by function, as they would be after
 * linking. Where constants and data stand may differ, and in which forms the debug
 * information is written; what they say may not.
 */
#include "gen/asm/check.h"

#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

struct side {
	const struct asm_object *object;
	const struct asm_function *function;
	struct asm_piece piece;
};

static struct err *differs(const struct side *want, const char *what, uint32_t offset)
{
	return err_new("the %s of '%s' would differ from the compiler's at 0x%x", what, want->function->name, offset);
}

static bool same_fix(const struct asm_fix *a, const struct asm_fix *b)
{
	size_t size = a->size < b->size ? a->size : b->size;

	if (a->offset != b->offset || a->type != b->type || a->kind != b->kind || a->addend != b->addend)
		return false;
	if (a->kind == FIX_CONSTANT)
		return size && !memcmp(a->bytes, b->bytes, size);
	return a->kind == FIX_NAME || !strcmp(a->name, b->name);
}

static struct err *compare_code(const struct side *want, const struct side *have)
{
	const struct asm_piece *a = &want->piece, *b = &have->piece;

	if (a->size != b->size)
		return differs(want, "size", b->size);
	for (uint32_t i = 0; i < a->size; i++)
		if (a->bytes[i] != b->bytes[i])
			return differs(want, "code", i);
	for (size_t i = 0; i < a->n_fixes || i < b->n_fixes; i++)
		if (a->n_fixes != b->n_fixes || !same_fix(&a->fixes[i], &b->fixes[i]))
			return differs(want, "references", i < a->n_fixes ? a->fixes[i].offset : a->size);
	return NULL;
}

static struct err *compare_rows(const struct side *want, const struct side *have)
{
	const struct asm_function *a = want->function, *b = have->function;

	for (size_t i = 0; i < a->n_rows || i < b->n_rows; i++)
		if (a->n_rows != b->n_rows || memcmp(&a->rows[i], &b->rows[i], sizeof(a->rows[i])))
			return differs(want, "line table", i < a->n_rows ? a->rows[i].offset : a->size);
	return NULL;
}

static struct err *compare_rules(const struct side *want, const struct side *have)
{
	const struct asm_function *a = want->function, *b = have->function;

	for (size_t i = 0; i < a->n_rules || i < b->n_rules; i++)
		if (a->n_rules != b->n_rules || a->rules[i].offset != b->rules[i].offset ||
		    a->rules[i].len != b->rules[i].len ||
		    memcmp(a->rules[i].bytes, b->rules[i].bytes, a->rules[i].len))
			return differs(want, "unwind rules", i < a->n_rules ? a->rules[i].offset : a->size);
	return NULL;
}

static bool same_types(const struct side *want, const struct side *have, uint64_t a, uint64_t b)
{
	_cleanup_free_ char *x = asm_type_text(want->object, a), *y = asm_type_text(have->object, b);

	return x && y ? !strcmp(x, y) : !x == !y;
}

static bool same_attr(const struct side *want, const struct side *have, const struct asm_attr *a,
		      const struct asm_attr *b)
{
	if (a->name != b->name || a->meaning != b->meaning)
		return false;
	switch ((enum asm_meaning)a->meaning) {
	case MEAN_STRING:
	case MEAN_VARIABLE:
		return !strcmp(a->text, b->text);
	case MEAN_BLOCK:
		return a->block.size == b->block.size && !memcmp(a->block.bytes, b->block.bytes, a->block.size);
	case MEAN_PLACE:
		return a->value - want->function->begin == b->value - have->function->begin;
	case MEAN_ENTRY:
		return same_types(want, have, a->value, b->value);
	case MEAN_FLAG:
	case MEAN_LINE_TABLE:
	case MEAN_FILE:
	case MEAN_SOURCE:
		return true;
	default:
		return a->value == b->value;
	}
}

/* The last entry of a list has no sibling, and which is the last is the writer's choice. */
static void drop_siblings(struct asm_dies *dies)
{
	for (size_t i = 0; i < dies->n; i++) {
		struct asm_die *die = &dies->v[i];
		size_t n = 0;

		for (size_t j = 0; j < die->n_attrs; j++)
			if (die->attrs[j].meaning != MEAN_SIBLING)
				die->attrs[n++] = die->attrs[j];
		die->n_attrs = n;
	}
}

static struct err *compare_lists(const struct side *want, const struct side *have, const struct asm_dies *a,
				 const struct asm_dies *b)
{
	if (a->n != b->n)
		return differs(want, "number of debug information entries", 0);
	for (size_t i = 0; i < a->n; i++) {
		if (a->v[i].tag != b->v[i].tag || a->v[i].end != b->v[i].end || a->v[i].n_attrs != b->v[i].n_attrs)
			return differs(want, "debug information entries", 0);
		for (size_t j = 0; j < a->v[i].n_attrs; j++)
			if (!same_attr(want, have, &a->v[i].attrs[j], &b->v[i].attrs[j]))
				return err_new("attribute 0x%x in the debug information of '%s' would differ from the "
					       "compiler's", a->v[i].attrs[j].name, want->function->name);
	}
	return NULL;
}

static struct err *compare_dies(const struct side *want, const struct side *have)
{
	struct asm_dies a = { 0 }, b = { 0 };
	Dwarf_Die die;
	struct err *err = NULL;

	if (asm_subprogram_find(want->object, want->function->name, &die))
		err = asm_dies_read(want->object, &die, NULL, NULL, &a);
	if (!err && asm_subprogram_find(have->object, have->function->name, &die))
		err = asm_dies_read(have->object, &die, NULL, NULL, &b);
	drop_siblings(&a);
	drop_siblings(&b);
	if (!err)
		err = compare_lists(want, have, &a, &b);
	asm_dies_deinit(&a);
	asm_dies_deinit(&b);
	return err;
}

/* Functions of the Python wrapper are taken over as they are, with references of more kinds. */
static bool is_wrapper(const struct asm_function *function)
{
	return !strcmp(function->name, "visit") || !strncmp(function->name, "PyInit_", 7);
}

static struct err *cut(const char *library, const struct asm_text *text, struct side *side)
{
	struct asm_context context = { .object = side->object, .function = side->function, .library = library,
				       .text = text };

	side->piece.bytes = side->function->bytes;
	side->piece.size = side->function->size;
	if (is_wrapper(side->function))
		return NULL;
	return asm_piece_cut(&context, 0, side->function->size, 0, &side->piece);
}

static struct err *compare_function(struct side *want, struct side *have, const char *library,
				    const struct asm_text *text)
{
	struct err *err = cut(library, text, want);

	if (!err)
		err = cut(library, text, have);
	if (!err)
		err = compare_code(want, have);
	if (!err)
		err = compare_rows(want, have);
	if (!err)
		err = compare_rules(want, have);
	if (!err)
		err = compare_dies(want, have);
	asm_piece_deinit(&want->piece);
	asm_piece_deinit(&have->piece);
	return err;
}

static bool has_symbol(const struct asm_object *object, const struct asm_object *of, const Elf64_Sym *symbol)
{
	const char *name = asm_symbol_name(of, symbol);

	for (size_t i = 1; i < object->n_symbols; i++)
		if (object->symbols[i].st_info == symbol->st_info &&
		    !object->symbols[i].st_shndx == !symbol->st_shndx &&
		    !strcmp(asm_symbol_name(object, &object->symbols[i]), name))
			return true;
	return false;
}

static struct err *compare_symbols(const struct asm_object *want, const struct asm_object *have)
{
	size_t n = 0;

	for (size_t i = 1; i < want->n_symbols; i++) {
		const Elf64_Sym *symbol = &want->symbols[i];

		if (ELF64_ST_BIND(symbol->st_info) == STB_LOCAL)
			continue;
		n++;
		if (!has_symbol(have, want, symbol))
			return err_new("the symbol '%s' would be missing", asm_symbol_name(want, symbol));
	}
	for (size_t i = 1; i < have->n_symbols; i++)
		n -= ELF64_ST_BIND(have->symbols[i].st_info) != STB_LOCAL;
	return n ? err_new("there would be more symbols than the compiler makes") : NULL;
}

struct err *asm_compare(const struct asm_object *want, const struct asm_object *have, const char *library,
			const struct asm_text *text)
{
	struct err *err = compare_symbols(want, have);

	for (size_t i = 0; !err && i < want->n_functions; i++) {
		struct side a = { .object = want, .function = &want->functions[i] };
		struct side b = { .object = have, .function = asm_function_find(have, a.function->name) };

		if (!b.function)
			err = err_new("the function '%s' would be missing", a.function->name);
		else
			err = compare_function(&a, &b, library, text);
	}
	return err;
}
