/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What finds a name without the symbol table: the file's own hash table, as the loader does it, and of .symtab the
 * local symbols alone, which are its first (sh_info; elf(5)): a function that is not exported may have the name, too.
 *
 * Invariant: it is taken only if both together have what .symtab has. A file without .symtab has nothing else,
 * but if it has .gnu_debugdata. One with
 * it must have as many symbols that are not local there as among its dynamic ones: a linker makes what it does not
 * export local (gABI, "Symbol Visibility"), so of a library they are the same symbols. A program, which exports few
 * of its functions, is told by the numbers, and has its table read.
 */
#include "elf/internal.h"

#include <string.h>

#include "elf/bytes.h"
#include "elf/debugdata.h"
#include "lib/mem.h"

/* The sections that it goes by; type SHT_NULL: the file has none of the kind. */
struct tables {
	Elf64_Shdr symtab, strings, dynsym;
};

static bool section_at(const struct symidx *index, const Elf64_Ehdr *ehdr, size_t i, Elf64_Shdr *ret)
{
	uint64_t at = ehdr->e_shoff + i * sizeof(*ret);

	if (i >= ehdr->e_shnum || !bytes_within(index->len, at, sizeof(*ret)))
		return false;
	memcpy(ret, index->bytes + at, sizeof(*ret));
	return true;
}

static bool is_debugdata(const struct symidx *index, const Elf64_Shdr *names, const Elf64_Shdr *section)
{
	return debugdata_may_be(section) && section->sh_name < names->sh_size &&
	       names->sh_size - section->sh_name >= sizeof(DEBUGDATA_SECTION) &&
	       bytes_within(index->len, names->sh_offset, names->sh_size) &&
	       !memcmp(index->bytes + names->sh_offset + section->sh_name, DEBUGDATA_SECTION,
		       sizeof(DEBUGDATA_SECTION));
}

/* False if it cannot be told which sections there are, or if one has more. A file need not have any. */
static bool find_tables(struct symidx *index, struct tables *ret)
{
	struct tables tables = { 0 };
	Elf64_Shdr section, names = { 0 };
	bool has_debugdata = false;
	Elf64_Ehdr ehdr;

	memcpy(&ehdr, index->bytes, sizeof(ehdr));
	if (ehdr.e_shoff && (!ehdr.e_shnum || ehdr.e_shentsize != sizeof(section) ||
			     !section_at(index, &ehdr, ehdr.e_shstrndx, &names)))
		return false;
	for (size_t i = 0; ehdr.e_shoff && i < ehdr.e_shnum; i++) {
		if (!section_at(index, &ehdr, i, &section))
			return false;
		if (section.sh_type == SHT_SYMTAB && !tables.symtab.sh_type)
			tables.symtab = section;
		if (section.sh_type == SHT_DYNSYM)
			tables.dynsym = section;
		has_debugdata |= is_debugdata(index, &names, &section);
	}
	if (has_debugdata && !tables.symtab.sh_type)
		return false;
	if (tables.symtab.sh_type && !section_at(index, &ehdr, tables.symtab.sh_link, &tables.strings))
		return false;
	index->work.file_bytes_read += ehdr.e_shoff ? ehdr.e_shnum * sizeof(section) : 0;
	*ret = tables;
	return true;
}

static size_t count_of(const Elf64_Shdr *table)
{
	return table->sh_size / sizeof(Elf64_Sym);
}

static unsigned char binding_at(const uint8_t *symbols, size_t i)
{
	Elf64_Sym sym;

	memcpy(&sym, symbols + i * sizeof(sym), sizeof(sym));
	return ELF64_ST_BIND(sym.st_info);
}

/* Whether .symtab is as it should be, and has as many symbols that are not local as are dynamic. */
static bool is_of_library(const struct symidx *index, const struct tables *tables)
{
	const Elf64_Shdr *symtab = &tables->symtab, *strings = &tables->strings, *dynsym = &tables->dynsym;
	size_t n = count_of(symtab), first = symtab->sh_info;
	const uint8_t *symbols = index->bytes + symtab->sh_offset;

	if (!dynsym->sh_type || count_of(dynsym) != index->exported.n ||
	    !symtab_is_of_library(symtab, strings, dynsym) ||
	    !bytes_within(index->len, symtab->sh_offset, symtab->sh_size) ||
	    !bytes_within(index->len, strings->sh_offset, strings->sh_size) || !strings->sh_size ||
	    index->bytes[strings->sh_offset + strings->sh_size - 1])
		return false;
	return binding_at(symbols, first - 1) == STB_LOCAL && (first == n || binding_at(symbols, first) != STB_LOCAL);
}

/* False if one has no name: the whole table is to tell so. */
static bool read_locals(struct symidx *index, const struct tables *tables)
{
	const uint8_t *symbols = index->bytes + tables->symtab.sh_offset;
	const char *strings = (const char *)index->bytes + tables->strings.sh_offset;
	size_t n = tables->symtab.sh_info;
	struct symtab_symbol symbol;

	index->locals.symbols = mem_calloc(n + 1, sizeof(index->locals.symbols[0]));
	for (size_t i = 0; i < n; i++) {
		Elf64_Sym sym;

		memcpy(&sym, symbols + i * sizeof(sym), sizeof(sym));
		if (sym.st_shndx != SHN_UNDEF && sym.st_name >= tables->strings.sh_size)
			return false;
		if (!symtab_decode(symbols + i * sizeof(sym), strings, tables->strings.sh_size, &symbol))
			continue;
		symtab_split(&symbol);
		symnames_add(index, &index->locals, &symbol);
		index->work.file_bytes_read += symbol.name_len + 1;
	}
	index->work.file_bytes_read += n * sizeof(Elf64_Sym);
	index->work.symbols_read += index->locals.n;
	return true;
}

void symidx_read_exported(struct symidx *index)
{
	struct tables tables;
	const char *why;

	if (!dynsyms_find(index->bytes, index->len, &index->exported, &why) || !index->exported.n ||
	    !dynsyms_has_hash(&index->exported) || !find_tables(index, &tables))
		return;
	if (tables.symtab.sh_type && (!is_of_library(index, &tables) || !read_locals(index, &tables)))
		return;
	index->is_hashed = true;
	index->work.libraries_hashed++;
}
