/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads debug information entries with libdw and says what each attribute means.
 * Attributes that are offsets into tables of the unit (bases of indexed forms) fall
 * away; lists of ranges and locations, which unoptimised code does not have, are
 * refused. Invariant: nothing of a list depends on where its unit stood.
 */
#include "gen/asm/debug/die.h"

#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

static bool is_string_form(unsigned form)
{
	return form == DW_FORM_string || form == DW_FORM_strp || form == DW_FORM_line_strp || form == DW_FORM_strx ||
	       (form >= DW_FORM_strx1 && form <= DW_FORM_strx4);
}

static bool is_reference_form(unsigned form)
{
	return form >= DW_FORM_ref1 && form <= DW_FORM_ref_udata;
}

static bool is_address_form(unsigned form)
{
	return form == DW_FORM_addr || form == DW_FORM_addrx || (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4);
}

static bool is_constant_form(unsigned form)
{
	return form == DW_FORM_data1 || form == DW_FORM_data2 || form == DW_FORM_data4 || form == DW_FORM_data8 ||
	       form == DW_FORM_udata;
}

static bool is_block_form(unsigned form)
{
	return form == DW_FORM_exprloc || form == DW_FORM_block || form == DW_FORM_block1;
}

/* Where the forms of attributes below lead to; without a meaning once forms are gone. */
static bool is_base(unsigned name)
{
	return name == DW_AT_str_offsets_base || name == DW_AT_addr_base || name == DW_AT_rnglists_base ||
	       name == DW_AT_loclists_base;
}

static enum asm_meaning constant_meaning(unsigned name, bool own_file)
{
	switch (name) {
	case DW_AT_high_pc:
		return MEAN_LENGTH;
	case DW_AT_decl_file:
		return own_file ? MEAN_FILE : MEAN_UNSIGNED;
	case DW_AT_decl_line:
		return own_file ? MEAN_LINE : MEAN_UNSIGNED;
	case DW_AT_decl_column:
		return own_file ? MEAN_COLUMN : MEAN_UNSIGNED;
	default:
		return MEAN_UNSIGNED;
	}
}

static bool has_address(Dwarf_Op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ops[i].atom == DW_OP_addr || ops[i].atom == DW_OP_addrx || ops[i].atom == DW_OP_constx)
			return true;
	return false;
}

static bool read_block(Dwarf_Die *die, Dwarf_Attribute *attr, struct asm_attr *ret)
{
	Dwarf_Block block;
	Dwarf_Op *ops;
	size_t n;

	if (dwarf_formblock(attr, &block))
		return false;
	ret->meaning = MEAN_BLOCK;
	ret->block.bytes = block.data;
	ret->block.size = block.length;
	if (dwarf_getlocation(attr, &ops, &n) || !has_address(ops, n))
		return true;
	ret->meaning = MEAN_VARIABLE;
	ret->text = dwarf_diename(die);
	return n == 1 && ret->name == DW_AT_location && ret->text;
}

struct reading {
	const struct asm_object *object;
	struct asm_dies *dies;
	size_t die;        /* index */
	Dwarf_Die *source;
	bool own_file;
	struct err *err;
};

/* False if the attribute has no place in the list, or cannot have one (then with an error). */
static bool read_attr(struct reading *r, Dwarf_Attribute *attr, struct asm_attr *ret)
{
	unsigned form = dwarf_whatform(attr);
	Dwarf_Die target;
	bool flag = false, ok = true;

	ret->name = dwarf_whatattr(attr);
	if (is_base(ret->name))
		return false;
	if (ret->name == DW_AT_sibling) {
		ret->meaning = MEAN_SIBLING;
		return true;
	}
	if (ret->name == DW_AT_stmt_list) {
		ret->meaning = MEAN_LINE_TABLE;
		return true;
	}
	if (form == DW_FORM_flag || form == DW_FORM_flag_present) {
		ret->meaning = MEAN_FLAG;
		return !dwarf_formflag(attr, &flag) && flag;
	}
	if (is_string_form(form)) {
		ret->meaning = MEAN_STRING;
		ret->text = dwarf_formstring(attr);
		ok = ret->text != NULL;
		if (ok && ret->name == DW_AT_name && dwarf_tag(r->source) == DW_TAG_compile_unit)
			ret->meaning = MEAN_SOURCE;
	} else if (is_reference_form(form)) {
		ret->meaning = MEAN_ENTRY;
		ok = dwarf_formref_die(attr, &target) != NULL;
		if (ok)
			ret->value = dwarf_cuoffset(&target);
	} else if (is_address_form(form)) {
		Dwarf_Addr address = 0;

		ret->meaning = MEAN_PLACE;
		ok = ret->name == DW_AT_low_pc && !dwarf_formaddr(attr, &address);
		ret->value = address;
	} else if (is_constant_form(form) || (form == DW_FORM_implicit_const && ret->name != DW_AT_const_value)) {
		Dwarf_Word value = 0;

		ok = !dwarf_formudata(attr, &value);
		ret->value = value;
		ret->meaning = constant_meaning(ret->name, r->own_file);
	} else if (form == DW_FORM_sdata || form == DW_FORM_implicit_const) {
		Dwarf_Sword value = 0;

		ok = !dwarf_formsdata(attr, &value);
		ret->value = value;
		ret->meaning = MEAN_SIGNED;
	} else if (is_block_form(form)) {
		ok = read_block(r->source, attr, ret);
	} else {
		ok = false;
	}
	if (!ok)
		r->err = err_new("the compiler's debug information has an attribute 0x%x of form 0x%x, which is not "
				 "supported", ret->name, form);
	return ok;
}

static int take_attr(Dwarf_Attribute *attr, void *context)
{
	struct reading *r = context;
	struct asm_die *die = &r->dies->v[r->die];
	struct asm_attr read = { 0 };

	if (!read_attr(r, attr, &read))
		return r->err ? DWARF_CB_ABORT : DWARF_CB_OK;
	die->attrs = mem_realloc(die->attrs, die->n_attrs + 1, sizeof(*die->attrs));
	die->attrs[die->n_attrs++] = read;
	return DWARF_CB_OK;
}

struct err *asm_dies_read(const struct asm_object *object, Dwarf_Die *die, asm_die_skip skip, const void *context,
			  struct asm_dies *ret)
{
	struct reading r = { .object = object, .dies = ret, .die = ret->n, .source = die };
	Dwarf_Attribute attr;
	Dwarf_Word file;
	Dwarf_Die child;
	struct err *err;

	mem_grow(ret->v, ret->n, ret->cap);
	ret->v[ret->n++] = (struct asm_die){ .tag = dwarf_tag(die), .place = dwarf_cuoffset(die) };
	r.own_file = dwarf_formudata(dwarf_attr(die, DW_AT_decl_file, &attr), &file) || asm_is_own_file(object, file);
	dwarf_getattrs(die, take_attr, &r, 0);
	if (r.err)
		return r.err;
	if (!dwarf_child(die, &child)) {
		ret->v[r.die].has_children = true;
		do {
			if (skip && skip(context, &child))
				continue;
			err = asm_dies_read(object, &child, skip, context, ret);
			if (err)
				return err;
		} while (!dwarf_siblingof(&child, &child));
	}
	ret->v[r.die].end = ret->n;
	return NULL;
}

void asm_dies_deinit(struct asm_dies *dies)
{
	for (size_t i = 0; i < dies->n; i++)
		free(dies->v[i].attrs);
	free(dies->v);
	*dies = (struct asm_dies){ 0 };
}

struct asm_attr *asm_die_attr(const struct asm_die *die, unsigned name)
{
	for (size_t i = 0; i < die->n_attrs; i++)
		if (die->attrs[i].name == name)
			return &die->attrs[i];
	return NULL;
}

const char *asm_die_name(const struct asm_die *die)
{
	const struct asm_attr *attr = asm_die_attr(die, DW_AT_name);

	return attr && attr->meaning == MEAN_STRING ? attr->text : "";
}

const struct asm_die *asm_dies_find(const struct asm_dies *dies, unsigned tag, const char *name)
{
	for (size_t i = 0; i < dies->n; i++)
		if (dies->v[i].tag == tag && !strcmp(asm_die_name(&dies->v[i]), name))
			return &dies->v[i];
	return NULL;
}

/* --- types ----------------------------------------------------------------------- */

static const char *type_word(unsigned tag)
{
	switch (tag) {
	case DW_TAG_base_type:
		return "base";
	case DW_TAG_pointer_type:
		return "ptr";
	case DW_TAG_array_type:
		return "array";
	case DW_TAG_const_type:
		return "const";
	case DW_TAG_volatile_type:
		return "volatile";
	case DW_TAG_typedef:
		return "typedef";
	default:
		return NULL;
	}
}

static char *die_type_text(Dwarf_Die *die)
{
	const char *word = type_word(dwarf_tag(die)), *name = dwarf_diename(die);
	_cleanup_free_ char *target_text = NULL;
	Dwarf_Attribute attr;
	Dwarf_Die target, child;
	Dwarf_Word bound = 0;

	if (!word)
		return NULL;
	if (dwarf_formref_die(dwarf_attr(die, DW_AT_type, &attr), &target)) {
		target_text = die_type_text(&target);
		if (!target_text)
			return NULL;
	}
	/* GCC says the upper bound of an array, Clang the count. */
	if (dwarf_tag(die) == DW_TAG_array_type && !dwarf_child(die, &child) &&
	    dwarf_formudata(dwarf_attr(&child, DW_AT_upper_bound, &attr), &bound))
		dwarf_formudata(dwarf_attr(&child, DW_AT_count, &attr), &bound);
	return mem_printf("%s %s %llu(%s)", word, name ? name : "", (unsigned long long)bound,
			  target_text ? target_text : "");
}

char *asm_type_text(const struct asm_object *object, uint64_t place)
{
	Dwarf_Off unit = dwarf_dieoffset((Dwarf_Die *)&object->unit) - dwarf_cuoffset((Dwarf_Die *)&object->unit);
	Dwarf_Die die;

	return dwarf_offdie(object->dwarf, unit + place, &die) ? die_type_text(&die) : NULL;
}
