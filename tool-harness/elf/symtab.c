/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walking a symbol table with libelf. Copies nothing: names are the mapped file's.
 * Invariant: the string table ends in a NUL, and no name begins behind it.
 */
#include "elf/symtab.h"

#include <gelf.h>

/* .symtab has what .dynsym has and more; only one of them is read. */
static Elf_Scn *symbol_section(Elf *elf, GElf_Shdr *shdr_ret)
{
	Elf_Scn *scn = NULL, *best = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr))
			continue;
		if (shdr.sh_type == SHT_SYMTAB || (shdr.sh_type == SHT_DYNSYM && !best)) {
			best = scn;
			*shdr_ret = shdr;
		}
		if (shdr.sh_type == SHT_SYMTAB)
			break;
	}
	return best;
}

struct err *symtab_open(Elf *elf, const char *path, struct symtab *ret)
{
	GElf_Shdr shdr = { 0 }, strings_shdr;
	Elf_Scn *scn = symbol_section(elf, &shdr), *strings_scn;
	struct symtab symtab = { 0 };

	if (!scn) {
		*ret = symtab;
		return NULL;
	}
	symtab.data = elf_getdata(scn, NULL);
	strings_scn = elf_getscn(elf, shdr.sh_link);
	if (!symtab.data || !strings_scn || !gelf_getshdr(strings_scn, &strings_shdr) ||
	    strings_shdr.sh_type != SHT_STRTAB)
		return err_new("cannot read '%s': %s", path, elf_errmsg(-1));
	symtab.strings = elf_getdata(strings_scn, NULL);
	if (!symtab.strings || !symtab.strings->d_size ||
	    ((const char *)symtab.strings->d_buf)[symtab.strings->d_size - 1])
		return err_new("cannot read '%s': its string table does not end", path);
	symtab.n = symtab.data->d_size / sizeof(Elf64_Sym);
	*ret = symtab;
	return NULL;
}

static uint8_t preference(const GElf_Sym *sym)
{
	switch (GELF_ST_BIND(sym->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	default:
		return 2;
	}
}

bool symtab_next(struct symtab *symtab, struct symtab_symbol *ret)
{
	while (symtab->at < symtab->n) {
		size_t i = symtab->at++;
		GElf_Sym sym;
		int type;

		if (!gelf_getsym(symtab->data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    sym.st_name >= symtab->strings->d_size)
			continue;
		type = GELF_ST_TYPE(sym.st_info);
		if (type != STT_FUNC && type != STT_OBJECT)
			continue;
		*ret = (struct symtab_symbol){
			.name = (const char *)symtab->strings->d_buf + sym.st_name,
			.value = sym.st_value,
			.size = sym.st_size,
			.place = (uint32_t)i,
			.object = type == STT_OBJECT,
			.preference = preference(&sym),
		};
		return true;
	}
	return false;
}

uint64_t symtab_bytes(const struct symtab *symtab)
{
	return symtab->n ? symtab->data->d_size + symtab->strings->d_size : 0;
}
