/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes the bases: one for each combination of kind, length of name, data, types and
 * debug information that occurs in the plan. A base has one ordinary function, so that
 * the library's data is used, and for a module an entry with a call or without.
 */
#include "gen/asm/base.h"

#include <dwarf.h>
#include <string.h>

#include "lib/mem.h"

struct base_key {
	enum library_kind kind;
	size_t name_length;
	uint32_t data_words, debug_types;
	bool strings, debug, entry_calls;
};

static struct base_key base_key(const struct plan *plan, const struct plan_library *library)
{
	return (struct base_key){
		.kind = library->kind,
		.name_length = strlen(library->name),
		.data_words = library->data_words,
		.debug_types = library->debug_types,
		.strings = plan_passes_string(plan, library->calls, library->n_calls),
		.debug = library->symbols == PLAN_DEBUG,
		.entry_calls = library->entry != PLAN_NONE && library->functions[library->entry].n_calls,
	};
}

static bool same_key(const struct base_key *a, const struct base_key *b)
{
	return a->kind == b->kind && a->name_length == b->name_length && a->data_words == b->data_words &&
	       a->debug_types == b->debug_types && a->strings == b->strings && a->debug == b->debug &&
	       a->entry_calls == b->entry_calls;
}

/* Callees of a base: one without arguments, one with a string. */
enum { CALLEE_PLAIN, CALLEE_STRING, N_CALLEES };

static struct asm_unit *make_unit(const struct base_key *key, const struct plan_library *like)
{
	struct asm_unit *unit = asm_unit_create(key->kind, 1, N_CALLEES);
	struct plan_library *library = &unit->plan.libraries[0], *callees = &unit->plan.libraries[1];

	free(library->name);
	library->name = mem_strdup(like->name);
	library->index = like->index;
	library->data_words = key->data_words;
	library->debug_types = key->debug_types;
	library->symbols = like->symbols;
	free(callees->name);
	callees->name = mem_strdup("callee");
	callees->functions[CALLEE_STRING].n_args = 1;
	callees->functions[CALLEE_STRING].args[0] = PLAN_STRING;
	if (key->strings)
		asm_unit_add_call(unit, 0, CALLEE_STRING);
	if (key->entry_calls)
		asm_unit_add_call(unit, library->entry, CALLEE_PLAIN);
	return unit;
}

/* --- debug information ----------------------------------------------------------- */

static bool is_name(const struct asm_unit *unit, const struct plan_library *library, uint32_t function,
		    const char *name)
{
	_cleanup_free_ char *text = plan_function_name(&unit->plan, library, function);

	return !strcmp(text, name);
}

bool asm_base_replaces(const struct asm_base *base, const char *function)
{
	const struct asm_unit *unit = base->unit;

	return is_name(unit, unit->library, 0, function) ||
	       (unit->library->entry != PLAN_NONE && is_name(unit, unit->library, unit->library->entry, function));
}

/* The functions that are written anew, and what only these call. */
static bool skip_die(const void *context, Dwarf_Die *die)
{
	const struct asm_base *base = context;
	const struct plan_library *callees = &base->unit->plan.libraries[1];
	const char *name = dwarf_diename(die);

	if (dwarf_tag(die) != DW_TAG_subprogram || !name)
		return false;
	for (uint32_t i = 0; i < N_CALLEES; i++)
		if (is_name(base->unit, callees, i, name))
			return true;
	return asm_base_replaces(base, name);
}

/* References become indices into the list. */
static struct err *number_references(struct asm_dies *dies)
{
	for (size_t i = 0; i < dies->n; i++)
		for (size_t j = 0; j < dies->v[i].n_attrs; j++) {
			struct asm_attr *attr = &dies->v[i].attrs[j];
			size_t low = 0, high = dies->n;

			if (attr->meaning != MEAN_ENTRY)
				continue;
			while (low < high) { /* entries stand by place */
				size_t middle = (low + high) / 2;

				if (dies->v[middle].place < attr->value)
					low = middle + 1;
				else
					high = middle;
			}
			if (low == dies->n || dies->v[low].place != attr->value)
				return err_new("the debug information refers to a function that is written anew");
			attr->value = low;
		}
	return NULL;
}

static bool is_type(const struct asm_die *die)
{
	return die->tag == DW_TAG_base_type || die->tag == DW_TAG_pointer_type || die->tag == DW_TAG_array_type ||
	       die->tag == DW_TAG_const_type || die->tag == DW_TAG_volatile_type;
}

/* Which types of the templates the base has. */
static void match_types(struct asm_base *base, const struct asm_types *types)
{
	base->type_index = mem_calloc(types->n + 1, sizeof(*base->type_index));
	for (size_t i = 0; i < types->n; i++)
		base->type_index[i] = PLAN_NONE;
	for (size_t i = 1; i < base->dies.n; i = base->dies.v[i].end) {
		_cleanup_free_ char *text = NULL;

		if (!is_type(&base->dies.v[i]))
			continue;
		text = asm_type_text(&base->unit->object, base->dies.v[i].place);
		for (size_t j = 0; text && j < types->n; j++)
			if (!strcmp(text, types->v[j].text))
				base->type_index[j] = i;
	}
}

/* --- entries --------------------------------------------------------------------- */

/*
 * The entry of a module, a function like others but for its numbers. Its calls are those
 * of the simplest shape, number 0.
 */
static struct err *make_entries(const struct asm_compiler *compiler, struct asm_templates *templates,
				struct asm_bases *ret)
{
	struct err *err;

	for (unsigned i = 0; i < ARRAY_SIZE(ret->entries); i++) {
		ret->entry_units[i] = asm_unit_create(LIBRARY_MODULE, 1, 1);
		if (i)
			asm_unit_add_call(ret->entry_units[i], ret->entry_units[i]->library->entry, 0);
	}
	err = asm_compile(compiler, ret->entry_units, ARRAY_SIZE(ret->entries), true);
	for (unsigned i = 0; !err && i < ARRAY_SIZE(ret->entries); i++)
		err = asm_shape_cut(ret->entry_units[i], ret->entry_units[i]->library->entry, &templates->types,
				    &ret->entries[i]);
	if (!err && asm_frame_find(templates, ret->entries[1].frame) != templates->frame_of[0])
		err = err_new("the entry of a module keeps its result in a place of its own");
	return err;
}

/* --- whole ----------------------------------------------------------------------- */

/* The function of a base that is taken over and in which this place of .text is, or NULL. */
static const struct asm_function *taken_function(const struct asm_base *base, uint64_t place)
{
	const struct asm_object *object = &base->unit->object;

	for (size_t i = 0; i < object->n_functions; i++)
		if (object->functions[i].begin <= place &&
		    place < object->functions[i].begin + (uint64_t)object->functions[i].size)
			return asm_base_replaces(base, object->functions[i].name) ? NULL : &object->functions[i];
	return NULL;
}

/* What is taken over may refer to what is taken over, and to the entry by its name. */
static struct err *check_relas(const struct asm_base *base, size_t section)
{
	const struct asm_object *object = &base->unit->object;
	const char *name;
	size_t n;
	const Elf64_Rela *relas = asm_section_relas(object, section, &n);

	asm_section(object, section, &name, NULL);
	for (size_t i = 0; i < n; i++) {
		const Elf64_Sym *symbol = &object->symbols[ELF64_R_SYM(relas[i].r_info)];
		uint64_t place = relas[i].r_addend + (ELF64_R_TYPE(relas[i].r_info) == R_X86_64_PC32 ? 4 : 0);

		if (!strcmp(name, ".eh_frame"))
			return NULL; /* written anew */
		if (section == object->text_index && !taken_function(base, relas[i].r_offset))
			continue;
		if (symbol->st_shndx == object->text_index && ELF64_ST_TYPE(symbol->st_info) == STT_SECTION &&
		    !taken_function(base, place))
			return err_new("the Python wrapper refers to code in a way that is not supported");
	}
	return NULL;
}

static struct err *check_places(const struct asm_base *base)
{
	for (size_t i = 1; i < base->dies.n; i++) {
		const struct asm_attr *low = asm_die_attr(&base->dies.v[i], DW_AT_low_pc);
		const struct asm_function *function = low ? taken_function(base, low->value) : NULL;

		if (low && (!function || function->begin != low->value))
			return err_new("the debug information of the Python wrapper is not supported");
	}
	return NULL;
}

static struct err *check_base(const struct asm_base *base)
{
	const struct asm_object *object = &base->unit->object;
	const Elf64_Shdr *header;
	struct err *err = check_places(base);

	for (size_t i = 1; !err && (header = asm_section(object, i, NULL, NULL)); i++)
		if (header->sh_flags & SHF_ALLOC)
			err = check_relas(base, i);
	return err;
}

static struct err *read_base(struct asm_base *base)
{
	struct asm_unit *unit = base->unit;
	const struct asm_object *object = &unit->object;
	struct err *err;

	base->primary_lines = unit->places.declarations;
	base->end_line = unit->places.end;
	if (!object->dwarf)
		return check_base(base);
	err = asm_dies_read(object, (Dwarf_Die *)&object->unit, skip_die, base, &base->dies);
	if (!err)
		err = number_references(&base->dies);
	return err ? err : check_base(base);
}

static bool needs_entries(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_libraries; i++)
		if (asm_writes(&plan->libraries[i]) && plan->libraries[i].entry != PLAN_NONE)
			return true;
	return false;
}

struct err *asm_bases_make(const struct asm_compiler *compiler, const struct plan *plan,
			   struct asm_templates *templates, struct asm_bases *ret)
{
	struct asm_bases bases = { .of = mem_calloc(plan->n_libraries, sizeof(*bases.of)) };
	_cleanup_free_ struct base_key *keys = mem_calloc(plan->n_libraries, sizeof(*keys));
	_cleanup_free_ struct asm_unit **units = mem_calloc(plan->n_libraries, sizeof(*units));
	struct err *err;

	for (size_t i = 0; i < plan->n_libraries; i++) {
		const struct plan_library *library = &plan->libraries[i];
		struct base_key key = base_key(plan, library);
		size_t at = 0;

		bases.of[i] = PLAN_NONE;
		if (!asm_writes(library))
			continue;
		while (at < bases.n && !same_key(&keys[at], &key))
			at++;
		bases.of[i] = at;
		if (at < bases.n)
			continue;
		mem_grow(bases.v, bases.n, bases.cap);
		keys[at] = key;
		units[at] = make_unit(&key, library);
		bases.v[bases.n++] = (struct asm_base){ .unit = units[at], .name = mem_strdup(library->name) };
	}
	err = asm_compile(compiler, units, bases.n, false);
	for (size_t i = 0; !err && i < bases.n; i++)
		err = read_base(&bases.v[i]);
	if (!err && needs_entries(plan))
		err = make_entries(compiler, templates, &bases);
	for (size_t i = 0; !err && i < bases.n; i++)
		match_types(&bases.v[i], &templates->types); /* now that all types are known */
	if (err) {
		asm_bases_deinit(&bases);
		return err;
	}
	*ret = bases;
	return NULL;
}

void asm_bases_deinit(struct asm_bases *bases)
{
	for (size_t i = 0; i < bases->n; i++) {
		asm_dies_deinit(&bases->v[i].dies);
		free(bases->v[i].type_index);
		free(bases->v[i].name);
		asm_unit_destroy(bases->v[i].unit);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bases->entries); i++) {
		asm_shape_deinit(&bases->entries[i]);
		asm_unit_destroy(bases->entry_units[i]);
	}
	free(bases->v);
	free(bases->of);
	*bases = (struct asm_bases){ 0 };
}
