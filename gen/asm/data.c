/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes over what a base has. Its data keep their places within their sections, so that
 * references to them need no more than the new section; only functions move. Invariant:
 * a name in the data has the length of the one that it replaces.
 */
#include "gen/asm/data.h"

#include <assert.h>
#include <string.h>

#include "gen/emit/c.h"
#include "lib/fnv.h"
#include "lib/mem.h"

#define N_VALUES 16001 /* emit_argument_value: 1 to 16000 */
#define POOL_ALIGN 16

void asm_data_init(struct asm_data *ret, struct asm_elf *elf, const struct asm_base *base, const char *library)
{
	assert(strlen(library) == strlen(base->name));
	*ret = (struct asm_data){ .elf = elf, .base = base, .library = library };
	ret->symbol_of = mem_calloc(base->unit->object.n_symbols + 1, sizeof(*ret->symbol_of));
	ret->singles = mem_calloc(N_VALUES, sizeof(*ret->singles));
	ret->doubles = mem_calloc(N_VALUES, sizeof(*ret->doubles));
}

void asm_data_deinit(struct asm_data *data)
{
	for (size_t i = 0; i < data->n_outside; i++)
		free(data->outside[i].name);
	free(data->outside);
	free(data->section_of);
	free(data->symbol_of);
	free(data->singles);
	free(data->doubles);
	free(data->constants);
}

static const struct asm_object *base_object(const struct asm_data *data)
{
	return &data->base->unit->object;
}

static void rename_in(const struct asm_data *data, char *bytes, size_t len)
{
	size_t n = strlen(data->library);
	char *end = bytes + len;

	if (!strcmp(data->library, data->base->name))
		return;
	while ((bytes = memmem(bytes, end - bytes, data->base->name, n))) {
		memcpy(bytes, data->library, n);
		bytes += n;
	}
}

void asm_data_add_renamed(const struct asm_data *data, const struct strbuf *bytes, struct strbuf *ret)
{
	size_t begin = ret->len;

	strbuf_add(ret, bytes->text, bytes->len);
	rename_in(data, ret->text + begin, bytes->len);
}

static char *renamed(const struct asm_data *data, const char *name)
{
	char *copy = mem_strdup(name);

	rename_in(data, copy, strlen(copy));
	return copy;
}

/* --- sections -------------------------------------------------------------------- */

/* All that is loaded but code and unwind rules, and the notes of compiler and assembler. */
static bool takes_section(const Elf64_Shdr *header, const char *name)
{
	if (header->sh_type != SHT_PROGBITS && header->sh_type != SHT_NOBITS && header->sh_type != SHT_NOTE)
		return false;
	if (header->sh_flags & SHF_EXECINSTR || !strcmp(name, ".eh_frame"))
		return false;
	return header->sh_flags & SHF_ALLOC || !strncmp(name, ".note", 5) || !strcmp(name, ".comment");
}

void asm_data_add_sections(struct asm_data *data)
{
	const struct asm_object *object = base_object(data);
	const Elf_Data *bytes;
	const Elf64_Shdr *header;
	const char *name;
	size_t n = 1;

	while (asm_section(object, n, NULL, NULL))
		n++;
	data->section_of = mem_calloc(n, sizeof(*data->section_of));
	for (size_t i = 1; i < n; i++) {
		struct asm_section *section;

		header = asm_section(object, i, &name, &bytes);
		if (!takes_section(header, name))
			continue;
		data->section_of[i] = asm_elf_add_section(data->elf, name, header->sh_type, header->sh_flags,
							  header->sh_addralign, header->sh_entsize);
		section = &data->elf->sections[data->section_of[i]];
		section->empty_bytes = header->sh_size;
		if (bytes && bytes->d_buf)
			strbuf_add(&section->bytes, bytes->d_buf, bytes->d_size);
		rename_in(data, section->bytes.text, section->bytes.len);
		if (!strcmp(name, ".rodata"))
			data->pool = data->section_of[i];
	}
	if (!data->pool)
		data->pool = asm_elf_add_section(data->elf, ".rodata", SHT_PROGBITS, SHF_ALLOC, 1, 0);
	if (data->elf->sections[data->pool].align < POOL_ALIGN)
		data->elf->sections[data->pool].align = POOL_ALIGN;
}

/* --- symbols --------------------------------------------------------------------- */

void asm_data_add_locals(struct asm_data *data, const char *file, size_t text)
{
	const struct asm_object *object = base_object(data);

	data->text = text;
	asm_elf_add_local(data->elf, file, STT_FILE, SHN_ABS, 0, 0);
	for (size_t i = 1; i < object->n_symbols; i++) {
		const Elf64_Sym *symbol = &object->symbols[i];
		_cleanup_free_ char *name = renamed(data, asm_symbol_name(object, symbol));
		unsigned type = ELF64_ST_TYPE(symbol->st_info);
		size_t section = symbol->st_shndx;

		if (ELF64_ST_BIND(symbol->st_info) != STB_LOCAL)
			break;
		if (section == SHN_UNDEF || section >= SHN_LORESERVE)
			continue;
		section = section == object->text_index ? text : data->section_of[section];
		if (!section)
			continue;
		if (type == STT_SECTION)
			data->symbol_of[i] = data->elf->sections[section].symbol;
		else
			data->symbol_of[i] = asm_elf_add_local(data->elf, name, type, section, symbol->st_value,
							       symbol->st_size);
	}
}

void asm_data_add_globals(struct asm_data *data)
{
	const struct asm_object *object = base_object(data);

	for (size_t i = 1; i < object->n_symbols; i++) {
		const Elf64_Sym *symbol = &object->symbols[i];
		const char *name = asm_symbol_name(object, symbol);
		_cleanup_free_ char *new_name = NULL;

		if (ELF64_ST_BIND(symbol->st_info) == STB_LOCAL || symbol->st_shndx == SHN_UNDEF)
			continue;
		if (asm_base_replaces(data->base, name)) {
			data->symbol_of[i] = data->entry_symbol;
			continue;
		}
		new_name = renamed(data, name);
		data->symbol_of[i] = asm_elf_add_global(data->elf, new_name, symbol->st_info,
							symbol->st_shndx == object->text_index ? data->text :
							data->section_of[symbol->st_shndx], symbol->st_value,
							symbol->st_size);
	}
}

static Elf64_Sym *our_symbol(struct asm_data *data, uint32_t index)
{
	uint32_t n_locals = asm_elf_n_locals(data->elf);

	return index < n_locals ? asm_elf_local(data->elf, index) :
				  (Elf64_Sym *)data->elf->globals.text + (index - n_locals);
}

uint32_t asm_data_object_named(struct asm_data *data, const char *name)
{
	uint32_t n = asm_elf_n_locals(data->elf);

	for (uint32_t i = 1; i < n; i++) {
		const Elf64_Sym *symbol = asm_elf_local(data->elf, i);

		if (ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT &&
		    !strcmp(data->elf->names.text + symbol->st_name, name))
			return i;
	}
	assert(!"the base has not all data objects that its functions use");
	return 0;
}

uint32_t asm_data_object(struct asm_data *data, const char *suffix)
{
	_cleanup_free_ char *name = mem_printf("%s%s", data->library, suffix);

	return asm_data_object_named(data, name);
}

/* Bound as in the base, where that has it: Python's symbols are weak. */
static unsigned outside_info(const struct asm_data *data, const char *name)
{
	const struct asm_object *object = base_object(data);

	for (size_t i = 1; i < object->n_symbols; i++)
		if (object->symbols[i].st_shndx == SHN_UNDEF &&
		    !strcmp(asm_symbol_name(object, &object->symbols[i]), name))
			return object->symbols[i].st_info;
	return ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
}

uint32_t asm_data_symbol(struct asm_data *data, const char *name)
{
	for (size_t i = 0; i < data->n_outside; i++)
		if (!strcmp(data->outside[i].name, name))
			return data->outside[i].symbol;
	mem_grow(data->outside, data->n_outside, data->cap_outside);
	data->outside[data->n_outside++] = (struct asm_symbol_name){
		.name = mem_strdup(name),
		.symbol = asm_elf_add_global(data->elf, name, outside_info(data, name), SHN_UNDEF, 0, 0),
	};
	return data->outside[data->n_outside - 1].symbol;
}

/* --- constants ------------------------------------------------------------------- */

static uint32_t pool_add(struct asm_data *data, const void *bytes, size_t size, size_t align)
{
	struct strbuf *pool = &data->elf->sections[data->pool].bytes;
	uint32_t place;

	put_zeros_to(pool, align);
	place = pool->len;
	strbuf_add(pool, bytes, size);
	return place;
}

static struct asm_target pool_target(const struct asm_data *data, uint32_t place)
{
	return (struct asm_target){ .symbol = data->elf->sections[data->pool].symbol, .offset = place };
}

struct asm_target asm_data_argument(struct asm_data *data, enum plan_type type, unsigned value)
{
	uint32_t *place = &(type == PLAN_FLOAT ? data->singles : data->doubles)[value];
	float single = value + 0.5f;
	double twice = value + 0.25;

	if (!*place && type == PLAN_FLOAT)
		*place = pool_add(data, &single, sizeof(single), sizeof(single)) + 1;
	else if (!*place)
		*place = pool_add(data, &twice, sizeof(twice), sizeof(twice)) + 1;
	return pool_target(data, *place - 1);
}

static struct asm_constant *find_constant(const struct asm_data *data, uint64_t hash, const void *bytes, size_t size)
{
	const char *pool = data->elf->sections[data->pool].bytes.text;
	size_t at = hash % data->n_slots;

	while (data->constants[at].size && (data->constants[at].hash != hash || data->constants[at].size != size ||
					    memcmp(pool + data->constants[at].place, bytes, size)))
		at = (at + 1) % data->n_slots;
	return &data->constants[at];
}

static void grow_constants(struct asm_data *data)
{
	struct asm_constant *old = data->constants;
	const char *pool = data->elf->sections[data->pool].bytes.text;
	size_t n = data->n_slots;

	data->n_slots = n ? 2 * n : 64;
	data->constants = mem_calloc(data->n_slots, sizeof(*data->constants));
	for (size_t i = 0; i < n; i++)
		if (old[i].size)
			*find_constant(data, old[i].hash, pool + old[i].place, old[i].size) = old[i];
	free(old);
}

struct asm_target asm_data_constant(struct asm_data *data, const void *bytes, size_t size, size_t align)
{
	uint64_t hash = fnv_feed(FNV_BASIS, bytes, size);
	struct asm_constant *found;

	if (2 * data->n_constants >= data->n_slots)
		grow_constants(data);
	found = find_constant(data, hash, bytes, size);
	if (!found->size) {
		*found = (struct asm_constant){
			.hash = hash,
			.place = pool_add(data, bytes, size, align),
			.size = size,
		};
		data->n_constants++;
	}
	return pool_target(data, found->place);
}

/* --- what moves ------------------------------------------------------------------ */

static struct asm_target resolve(struct asm_data *data, const Elf64_Rela *rela, const struct asm_moved *moved,
				 size_t n)
{
	const struct asm_object *object = base_object(data);
	size_t index = ELF64_R_SYM(rela->r_info);
	const Elf64_Sym *symbol = &object->symbols[index];
	/* A distance is counted from behind the relocation. */
	int bias = ELF64_R_TYPE(rela->r_info) == R_X86_64_PC32 ? 4 : 0;
	uint64_t place = rela->r_addend + bias;

	if (symbol->st_shndx == SHN_UNDEF)
		return (struct asm_target){ asm_data_symbol(data, asm_symbol_name(object, symbol)), rela->r_addend };
	if (ELF64_ST_TYPE(symbol->st_info) != STT_SECTION || symbol->st_shndx != object->text_index)
		return (struct asm_target){ data->symbol_of[index], rela->r_addend };
	for (size_t i = 0; i < n; i++)
		if (moved[i].from <= place && place < moved[i].from + (uint64_t)moved[i].size)
			return (struct asm_target){ data->symbol_of[index],
						    rela->r_addend - moved[i].from + moved[i].to };
	assert(!"the base refers to a function that is written anew");
	return (struct asm_target){ 0 };
}

void asm_data_move_function(struct asm_data *data, const struct asm_function *function, uint64_t begin)
{
	const struct asm_object *object = base_object(data);

	our_symbol(data, data->symbol_of[function->symbol - object->symbols])->st_value = begin;
}

void asm_data_move_references(struct asm_data *data, const struct asm_moved *moved, size_t n)
{
	const struct asm_object *object = base_object(data);
	const Elf64_Rela *relas;
	size_t n_relas;

	relas = asm_section_relas(object, object->text_index, &n_relas);
	for (size_t i = 0; i < n_relas; i++)
		for (size_t j = 0; j < n; j++) {
			uint64_t offset = relas[i].r_offset - moved[j].from;
			struct asm_target target;

			if (relas[i].r_offset < moved[j].from || offset >= moved[j].size)
				continue;
			target = resolve(data, &relas[i], moved, n);
			asm_elf_add_rela(&data->elf->sections[data->text], moved[j].to + offset, target.symbol,
					 ELF64_R_TYPE(relas[i].r_info), target.offset);
		}
	for (size_t i = 1; asm_section(object, i, NULL, NULL); i++) {
		if (!data->section_of[i])
			continue;
		relas = asm_section_relas(object, i, &n_relas);
		for (size_t j = 0; j < n_relas; j++) {
			struct asm_target target = resolve(data, &relas[j], moved, n);

			asm_elf_add_rela(&data->elf->sections[data->section_of[i]], relas[j].r_offset, target.symbol,
					 ELF64_R_TYPE(relas[j].r_info), target.offset);
		}
	}
}
