/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a compiled object with libelf, and libdw for its DWARF, whose relocations are
 * applied in memory first. Knows relocations of x86-64 only; another machine is refused
 * here, in one place. Invariant: functions are sorted by place and do not overlap.
 */
#include "gen/asm/object.h"

#include <dwarf.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"

#define MAX_ALIGN 4096 /* of functions */

const char *asm_symbol_name(const struct asm_object *object, const Elf64_Sym *symbol)
{
	const char *name = elf_strptr(object->elf, object->strings, symbol->st_name);

	return name ? name : "";
}

const Elf64_Shdr *asm_section(const struct asm_object *object, size_t index, const char **ret_name,
			      const Elf_Data **ret_data)
{
	Elf_Scn *scn = elf_getscn(object->elf, index);
	const Elf64_Shdr *header = scn ? elf64_getshdr(scn) : NULL;
	size_t names;

	if (!header)
		return NULL;
	if (ret_data)
		*ret_data = header->sh_type == SHT_NOBITS ? NULL : elf_getdata(scn, NULL);
	if (ret_name) {
		*ret_name = elf_getshdrstrndx(object->elf, &names) < 0 ? NULL :
			    elf_strptr(object->elf, names, header->sh_name);
		if (!*ret_name)
			*ret_name = "";
	}
	return header;
}

const Elf64_Rela *asm_section_relas(const struct asm_object *object, size_t index, size_t *ret_n)
{
	const Elf_Data *data;
	const Elf64_Shdr *header;

	*ret_n = 0;
	for (size_t i = 1; (header = asm_section(object, i, NULL, &data)); i++) {
		if (header->sh_type != SHT_RELA || header->sh_info != index || !data)
			continue;
		*ret_n = data->d_size / sizeof(Elf64_Rela);
		return data->d_buf;
	}
	return NULL;
}

const struct asm_function *asm_function_find(const struct asm_object *object, const char *name)
{
	for (size_t i = 0; i < object->n_functions; i++)
		if (!strcmp(object->functions[i].name, name))
			return &object->functions[i];
	return NULL;
}

static struct err *check_header(const struct asm_object *object)
{
	const Elf64_Ehdr *header = elf64_getehdr(object->elf);

	if (!header || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != EM_X86_64)
		return err_new("the compiler does not make code for x86-64");
	if (header->e_type != ET_REL || header->e_shoff % _Alignof(Elf64_Shdr))
		return err_new("the compiler does not make relocatable ELF objects");
	return NULL;
}

static struct err *find_sections(struct asm_object *object)
{
	const Elf_Data *data;
	const Elf64_Shdr *header;
	const char *name;

	for (size_t i = 1; (header = asm_section(object, i, &name, &data)); i++) {
		if (header->sh_type == SHT_GROUP || header->sh_type == SHT_SYMTAB_SHNDX || header->sh_flags & SHF_TLS)
			return err_new("section '%s' of the compiler's object is not supported", name);
		if (header->sh_flags & SHF_COMPRESSED)
			return err_new("section '%s' is compressed by the compiler; let the linker do that", name);
		if (header->sh_type == SHT_SYMTAB && data) {
			if ((uintptr_t)data->d_buf % _Alignof(Elf64_Sym))
				return err_new("the compiler's object has symbols that are not aligned");
			object->symbols = data->d_buf;
			object->n_symbols = data->d_size / sizeof(Elf64_Sym);
			object->strings = header->sh_link;
		}
		if (!(header->sh_flags & SHF_EXECINSTR) || !header->sh_size)
			continue;
		if (object->text || strcmp(name, ".text") || header->sh_type != SHT_PROGBITS)
			return err_new("the compiler puts code into section '%s'", name);
		object->text = elf_getscn(object->elf, i);
		object->text_index = i;
	}
	return object->text && object->symbols ? NULL : err_new("the compiler's object has no code or no symbols");
}

/* Symbols and places of all relocations exist; looked at here, used everywhere. */
static struct err *check_relas(const struct asm_object *object)
{
	const Elf_Data *data;
	const Elf64_Shdr *header, *target;

	for (size_t i = 1; (header = asm_section(object, i, NULL, &data)); i++) {
		const Elf64_Rela *relas = data ? data->d_buf : NULL;

		if (header->sh_type != SHT_RELA || !relas)
			continue;
		target = asm_section(object, header->sh_info, NULL, NULL);
		if (!target || (uintptr_t)relas % _Alignof(Elf64_Rela))
			return err_new("the compiler's object has relocations without a section");
		for (size_t j = 0; j < data->d_size / sizeof(*relas); j++)
			if (ELF64_R_SYM(relas[j].r_info) >= object->n_symbols || target->sh_size < 4 ||
			    relas[j].r_offset > target->sh_size - 4)
				return err_new("the compiler's object has a relocation that leads nowhere");
	}
	return NULL;
}

static int compare_functions(const void *a, const void *b)
{
	const struct asm_function *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static int compare_relas(const void *a, const void *b)
{
	const Elf64_Rela *x = a, *y = b;

	return (x->r_offset > y->r_offset) - (x->r_offset < y->r_offset);
}

static struct err *find_functions(struct asm_object *object)
{
	Elf_Data *text = elf_getdata(object->text, NULL);
	size_t n_relas, rela = 0, end = 0, align = elf64_getshdr(object->text)->sh_addralign;
	Elf64_Rela *relas = (Elf64_Rela *)asm_section_relas(object, object->text_index, &n_relas);

	object->functions = mem_calloc(object->n_symbols, sizeof(*object->functions));
	for (size_t i = 0; i < object->n_symbols; i++) {
		const Elf64_Sym *symbol = &object->symbols[i];

		if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx != object->text_index)
			continue;
		object->functions[object->n_functions++] = (struct asm_function){
			.name = asm_symbol_name(object, symbol),
			.symbol = symbol,
			.begin = symbol->st_value,
			.size = symbol->st_size,
		};
	}
	qsort(object->functions, object->n_functions, sizeof(*object->functions), compare_functions);
	if (relas)
		qsort(relas, n_relas, sizeof(*relas), compare_relas);
	object->function_align = align && align <= MAX_ALIGN && !(align & (align - 1)) ? align : 1;
	for (size_t i = 0; i < object->n_functions; i++) {
		struct asm_function *function = &object->functions[i];

		if (!text || function->begin < end || function->begin + (size_t)function->size > text->d_size)
			return err_new("function '%s' lies outside of its section or in another", function->name);
		end = function->begin + function->size;
		function->bytes = (unsigned char *)text->d_buf + function->begin;
		while (rela < n_relas && relas[rela].r_offset < function->begin)
			rela++;
		function->relas = rela < n_relas ? &relas[rela] : NULL;
		while (rela < n_relas && relas[rela].r_offset < end) {
			rela++;
			function->n_relas++;
		}
		while (function->begin % object->function_align)
			object->function_align /= 2;
	}
	return NULL;
}

/* Values of relocations within the object itself: sections begin at 0, nothing is bound yet. */
static struct err *apply_relas(struct asm_object *object, size_t index, const char *name)
{
	const Elf_Data *data;
	size_t n;
	const Elf64_Rela *relas = asm_section_relas(object, index, &n);

	if (!relas || !asm_section(object, index, NULL, &data) || !data)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t symbol = ELF64_R_SYM(relas[i].r_info), size;
		uint64_t value;

		size = ELF64_R_TYPE(relas[i].r_info) == R_X86_64_64 ? 8 :
		       ELF64_R_TYPE(relas[i].r_info) == R_X86_64_32 ? 4 : 0;
		if (!size || symbol >= object->n_symbols || relas[i].r_offset + size > data->d_size)
			return err_new("section '%s' has a relocation that is not supported", name);
		value = object->symbols[symbol].st_value + relas[i].r_addend;
		memcpy((char *)data->d_buf + relas[i].r_offset, &value, size); /* little-endian, as checked */
	}
	return NULL;
}

static int compare_subprograms(const void *a, const void *b)
{
	const struct asm_subprogram *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void list_subprograms(struct asm_object *object)
{
	size_t cap = 0;
	Dwarf_Die die;

	if (dwarf_child(&object->unit, &die))
		return;
	do {
		const char *name = dwarf_diename(&die);

		if (dwarf_tag(&die) != DW_TAG_subprogram || !name)
			continue;
		mem_grow(object->subprograms, object->n_subprograms, cap);
		object->subprograms[object->n_subprograms++] = (struct asm_subprogram){ .name = name, .die = die };
	} while (!dwarf_siblingof(&die, &die));
	if (object->n_subprograms)
		qsort(object->subprograms, object->n_subprograms, sizeof(*object->subprograms), compare_subprograms);
}

bool asm_subprogram_find(const struct asm_object *object, const char *name, Dwarf_Die *ret)
{
	struct asm_subprogram key = { .name = name }, *found = NULL;

	if (object->n_subprograms)
		found = bsearch(&key, object->subprograms, object->n_subprograms, sizeof(key), compare_subprograms);
	if (found)
		*ret = found->die;
	return found;
}

/* Sections whose content is written anew, or that indexed forms lead to. */
static bool is_known_debug(const char *name)
{
	static const char *const known[] = {
		".debug_info", ".debug_abbrev", ".debug_aranges", ".debug_line", ".debug_str", ".debug_line_str",
		".debug_str_offsets", ".debug_addr",
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

static struct err *read_dwarf(struct asm_object *object)
{
	const Elf64_Shdr *header;
	const char *name, *source;
	bool any = false;
	Dwarf_CU *cu = NULL, *next = NULL;
	Dwarf_Half version;
	uint8_t type;
	Dwarf_Attribute attr;

	for (size_t i = 1; (header = asm_section(object, i, &name, NULL)); i++) {
		struct err *err;

		if (strncmp(name, ".debug_", 7))
			continue;
		if (!is_known_debug(name))
			return err_new("the compiler's debug information has a section '%s', which is not supported",
				       name);
		err = apply_relas(object, i, name);
		if (err)
			return err;
		any |= !strcmp(name, ".debug_info");
	}
	if (!any)
		return NULL;
	object->dwarf = dwarf_begin_elf(object->elf, DWARF_C_READ, NULL);
	if (!object->dwarf || dwarf_get_units(object->dwarf, NULL, &cu, &version, &type, &object->unit, NULL))
		return err_new("cannot read the compiler's debug information: %s", dwarf_errmsg(-1));
	if (type != DW_UT_compile || !dwarf_get_units(object->dwarf, cu, &next, NULL, NULL, NULL, NULL))
		return err_new("the compiler's debug information is in several parts (split)");
	if (version != 4 && version != 5)
		return err_new("the compiler's debug information is DWARF %d, not 4 or 5", version);
	object->dwarf_version = version;
	source = dwarf_formstring(dwarf_attr(&object->unit, DW_AT_name, &attr));
	object->source = mem_strdup(source ? source : "");
	list_subprograms(object);
	return asm_read_rows(object);
}

/* libdw gives paths with their folders, the unit's name may be without. */
bool asm_is_own_path(const struct asm_object *object, const char *path)
{
	size_t n = strlen(path), n_source = strlen(object->source);

	return n >= n_source && !strcmp(path + n - n_source, object->source);
}

bool asm_is_own_file(const struct asm_object *object, uint64_t file)
{
	Dwarf_Files *files;
	size_t n;
	const char *path;

	if (dwarf_getsrcfiles((Dwarf_Die *)&object->unit, &files, &n) || file >= n)
		return false;
	path = dwarf_filesrc(files, file, NULL, NULL);
	return path && asm_is_own_path(object, path);
}

static struct err *read_object(struct asm_object *object)
{
	struct err *err;

	elf_version(EV_CURRENT);
	object->elf = elf_memory(object->image.text, object->image.len);
	if (!object->elf || elf_kind(object->elf) != ELF_K_ELF)
		return err_new("the compiler does not make relocatable ELF objects");
	err = check_header(object);
	if (!err)
		err = find_sections(object);
	if (!err)
		err = check_relas(object);
	if (!err)
		err = find_functions(object);
	if (!err)
		err = asm_read_rules(object);
	if (!err)
		err = read_dwarf(object);
	return err;
}

struct err *asm_object_read(const char *path, struct asm_object *ret)
{
	_cleanup_strbuf_ struct strbuf image = STRBUF_INIT;
	struct err *err = fs_read(path, &image);

	return err ? err : asm_object_parse(&image, ret);
}

struct err *asm_object_parse(struct strbuf *image, struct asm_object *ret)
{
	struct asm_object object = { .image = *image };
	struct err *err;

	*image = (struct strbuf)STRBUF_INIT;
	err = read_object(&object);
	if (err) {
		asm_object_deinit(&object);
		return err;
	}
	*ret = object;
	return NULL;
}

void asm_object_deinit(struct asm_object *object)
{
	dwarf_end(object->dwarf);
	elf_end(object->elf);
	strbuf_deinit(&object->image);
	free(object->source);
	free(object->subprograms);
	free(object->functions);
	free(object->rows);
	free(object->rules);
	*object = (struct asm_object){ .image = STRBUF_INIT };
}
