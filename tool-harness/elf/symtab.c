/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walking a symbol table: .symtab is found with libelf, the dynamic symbols as the loader finds them
 * (elf/dynsyms.h). Copies nothing: names are the mapped file's.
 * Invariant: the string table ends in a NUL, and no name begins behind it.
 */
#include "elf/symtab.h"

#include <gelf.h>
#include <string.h>

#include "lib/mem.h"

static Elf_Scn *symtab_section(Elf *elf, GElf_Shdr *shdr_ret)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, shdr_ret) && shdr_ret->sh_type == SHT_SYMTAB)
			return scn;
	return NULL;
}

/* Its bytes, unpacked if they are packed; NULL if they cannot be had. */
static const Elf_Data *section_data(Elf_Scn *scn)
{
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return NULL;
	if ((shdr.sh_flags & SHF_COMPRESSED) && elf_compress(scn, 0, 0) < 0)
		return NULL;
	return elf_getdata(scn, NULL);
}

/* How many defined symbols have a name that does not begin within the string table. */
static size_t count_nameless(const struct symtab *symtab)
{
	size_t n = 0;

	for (size_t i = 0; i < symtab->n; i++) {
		Elf64_Sym sym;

		memcpy(&sym, symtab->symbols + i * sizeof(sym), sizeof(sym));
		n += sym.st_shndx != SHN_UNDEF && sym.st_name >= symtab->n_strings;
	}
	return n;
}

/* False if the file has a .symtab that cannot be read: why, in symtab->lack. */
static bool open_symtab(Elf *elf, struct symtab *symtab)
{
	GElf_Shdr shdr = { 0 };
	Elf_Scn *scn = symtab_section(elf, &shdr);
	const Elf_Data *data, *strings;
	size_t nameless;

	if (!scn)
		return true;
	data = section_data(scn);
	strings = section_data(elf_getscn(elf, shdr.sh_link));
	if (!data || !data->d_buf || data->d_size % sizeof(Elf64_Sym)) {
		symtab->lack = mem_printf("its .symtab cannot be read%s",
					  shdr.sh_flags & SHF_COMPRESSED ? ", which is compressed" : "");
		return false;
	}
	if (!strings || !strings->d_buf || !strings->d_size || ((const char *)strings->d_buf)[strings->d_size - 1]) {
		symtab->lack = mem_strdup("the names of its .symtab cannot be read, or do not end");
		return false;
	}
	symtab->symbols = data->d_buf;
	symtab->n = data->d_size / sizeof(Elf64_Sym);
	symtab->strings = strings->d_buf;
	symtab->n_strings = strings->d_size;
	nameless = count_nameless(symtab);
	if (!nameless)
		return true;
	symtab->lack = mem_printf("%zu of the %zu symbols of its .symtab have no name", nameless, symtab->n);
	return false;
}

static void open_dynamic(Elf *elf, struct symtab *symtab)
{
	const char *why;
	size_t len;
	const char *bytes = elf_rawfile(elf, &len);

	symtab->symbols = NULL;
	symtab->n = symtab->n_strings = 0;
	if (!bytes)
		return;
	if (!dynsyms_find(bytes, len, &symtab->dynsyms, &why)) {
		if (!symtab->lack)
			symtab->lack = mem_strdup(why);
		return;
	}
	symtab->is_dynamic = true;
	symtab->symbols = symtab->dynsyms.symbols;
	symtab->n = symtab->dynsyms.n;
	symtab->strings = symtab->dynsyms.strings;
	symtab->n_strings = symtab->dynsyms.n_strings;
}

/* The functions that the dynamic symbols lack. */
static void open_more(Elf *debugdata, struct symtab *symtab)
{
	struct symtab more = { 0 };

	if (!open_symtab(debugdata, &more) || !more.symbols) {
		if (!symtab->lack)
			symtab->lack = mem_printf("its .gnu_debugdata: %s", more.lack ? more.lack :
											"it has no .symtab");
		free(more.lack);
		return;
	}
	symtab->more = more.symbols;
	symtab->n_more = more.n;
	symtab->more_strings = more.strings;
	symtab->n_more_strings = more.n_strings;
}

void symtab_open(Elf *elf, Elf *debugdata, struct symtab *ret)
{
	struct symtab symtab = { 0 };

	/* .symtab has what the dynamic symbols have and more; only one of them is read. */
	if (!open_symtab(elf, &symtab) || !symtab.symbols)
		open_dynamic(elf, &symtab);
	if (debugdata)
		open_more(debugdata, &symtab);
	*ret = symtab;
}

void symtab_close(struct symtab *symtab)
{
	dynsyms_deinit(&symtab->dynsyms);
	free(symtab->lack);
	*symtab = (struct symtab){ 0 };
}

static uint8_t preference(const Elf64_Sym *sym)
{
	switch (ELF64_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

static bool kind_of(const Elf64_Sym *sym, enum symbol_kind *ret)
{
	switch (ELF64_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
		*ret = SYMBOL_FUNCTION;
		return true;
	case STT_OBJECT:
		*ret = SYMBOL_DATA;
		return true;
	case STT_GNU_IFUNC:
		*ret = SYMBOL_RESOLVER;
		return true;
	default:
		return false;
	}
}

bool symtab_decode(const uint8_t *entry, const char *strings, size_t n_strings, struct symtab_symbol *ret)
{
	enum symbol_kind kind;
	Elf64_Sym sym;

	memcpy(&sym, entry, sizeof(sym));
	if (sym.st_shndx == SHN_UNDEF || sym.st_name >= n_strings || !kind_of(&sym, &kind))
		return false;
	*ret = (struct symtab_symbol){
		.name = strings + sym.st_name,
		.value = sym.st_value,
		.size = sym.st_size,
		.kind = kind,
		.preference = preference(&sym),
	};
	return true;
}

bool symtab_is_of_library(const Elf64_Shdr *symtab, const Elf64_Shdr *strings, const Elf64_Shdr *dynsym)
{
	size_t n = symtab->sh_size / sizeof(Elf64_Sym), n_dynamic = dynsym->sh_size / sizeof(Elf64_Sym);

	return !((symtab->sh_flags | strings->sh_flags) & SHF_COMPRESSED) && strings->sh_type == SHT_STRTAB &&
	       symtab->sh_size % sizeof(Elf64_Sym) == 0 && symtab->sh_info && symtab->sh_info <= n &&
	       dynsym->sh_info && dynsym->sh_info <= n_dynamic &&
	       n - symtab->sh_info == n_dynamic - dynsym->sh_info;
}

void symtab_split(struct symtab_symbol *symbol)
{
	const char *at = symbol->name + strcspn(symbol->name, "@");

	symbol->name_len = (size_t)(at - symbol->name);
	if (!*at)
		return;
	symbol->is_default = at[1] == '@';
	symbol->version = at + 1 + symbol->is_default;
}

size_t symtab_count(const struct symtab *symtab)
{
	return symtab->n + symtab->n_more;
}

static bool next_of_more(struct symtab *symtab, struct symtab_symbol *ret)
{
	while (symtab->at < symtab_count(symtab)) {
		size_t i = symtab->at++;

		if (!symtab_decode(symtab->more + (i - symtab->n) * sizeof(Elf64_Sym), symtab->more_strings,
				   symtab->n_more_strings, ret))
			continue;
		ret->place = (uint32_t)i;
		symtab_split(ret);
		return true;
	}
	return false;
}

bool symtab_next(struct symtab *symtab, struct symtab_symbol *ret)
{
	while (symtab->at < symtab->n) {
		size_t i = symtab->at++;

		if (!symtab_decode(symtab->symbols + i * sizeof(Elf64_Sym), symtab->strings, symtab->n_strings, ret))
			continue;
		ret->place = (uint32_t)i;
		if (symtab->is_dynamic) {
			ret->name_len = strlen(ret->name);
			ret->version = dynsyms_version(&symtab->dynsyms, i, &ret->is_default);
		} else {
			symtab_split(ret);
		}
		return true;
	}
	return next_of_more(symtab, ret);
}

uint64_t symtab_bytes(const struct symtab *symtab)
{
	return symtab_count(symtab) * sizeof(Elf64_Sym) + symtab->n_strings + symtab->n_more_strings;
}
