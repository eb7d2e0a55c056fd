/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lays out and writes a relocatable object: header, sections, a relocation section for
 * each that has relocations, symbols, names, section headers. Invariant: a file of the
 * final name is whole.
 */
#include "gen/asm/elf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/mem.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the objects are written as they are in memory: on a little-endian machine"
#endif

void asm_elf_init(struct asm_elf *ret)
{
	static const Elf64_Sym null;

	*ret = (struct asm_elf){ .locals = STRBUF_INIT, .globals = STRBUF_INIT, .names = STRBUF_INIT };
	strbuf_add(&ret->locals, (const char *)&null, sizeof(null));
	strbuf_putc(&ret->names, 0);
	mem_grow(ret->sections, ret->n_sections, ret->cap_sections);
	ret->sections[ret->n_sections++] = (struct asm_section){ .bytes = STRBUF_INIT, .relas = STRBUF_INIT };
}

void asm_elf_deinit(struct asm_elf *elf)
{
	for (size_t i = 0; i < elf->n_sections; i++) {
		free(elf->sections[i].name);
		strbuf_deinit(&elf->sections[i].bytes);
		strbuf_deinit(&elf->sections[i].relas);
	}
	free(elf->sections);
	strbuf_deinit(&elf->locals);
	strbuf_deinit(&elf->globals);
	strbuf_deinit(&elf->names);
}

size_t asm_elf_add_section(struct asm_elf *elf, const char *name, uint32_t type, uint64_t flags, uint64_t align,
			   uint64_t entry_size)
{
	struct asm_section *section;

	mem_grow(elf->sections, elf->n_sections, elf->cap_sections);
	section = &elf->sections[elf->n_sections];
	*section = (struct asm_section){ .name = mem_strdup(name), .type = type, .flags = flags, .align = align,
					 .entry_size = entry_size, .bytes = STRBUF_INIT, .relas = STRBUF_INIT };
	section->symbol = asm_elf_add_local(elf, "", STT_SECTION, elf->n_sections, 0, 0);
	return elf->n_sections++;
}

static uint32_t add_symbol(struct asm_elf *elf, struct strbuf *table, const char *name, unsigned info,
			   size_t section, uint64_t value, uint64_t size)
{
	Elf64_Sym symbol = { .st_info = info, .st_shndx = section, .st_value = value, .st_size = size };

	if (*name) {
		symbol.st_name = elf->names.len;
		strbuf_add(&elf->names, name, strlen(name) + 1);
	}
	strbuf_add(table, (const char *)&symbol, sizeof(symbol));
	return table->len / sizeof(symbol) - 1;
}

uint32_t asm_elf_add_local(struct asm_elf *elf, const char *name, unsigned type, size_t section, uint64_t value,
			   uint64_t size)
{
	assert(!elf->globals.len); /* their indices would change */
	return add_symbol(elf, &elf->locals, name, ELF64_ST_INFO(STB_LOCAL, type), section, value, size);
}

uint32_t asm_elf_add_global(struct asm_elf *elf, const char *name, unsigned info, size_t section, uint64_t value,
			    uint64_t size)
{
	return asm_elf_n_locals(elf) + add_symbol(elf, &elf->globals, name, info, section, value, size);
}

Elf64_Sym *asm_elf_local(struct asm_elf *elf, uint32_t index)
{
	assert(index < asm_elf_n_locals(elf));
	return (Elf64_Sym *)elf->locals.text + index;
}

uint32_t asm_elf_n_locals(const struct asm_elf *elf)
{
	return elf->locals.len / sizeof(Elf64_Sym);
}

void asm_elf_add_rela(struct asm_section *section, uint64_t offset, uint32_t symbol, uint32_t type, int64_t addend)
{
	Elf64_Rela rela = { .r_offset = offset, .r_info = ELF64_R_INFO((uint64_t)symbol, type), .r_addend = addend };

	strbuf_add(&section->relas, (const char *)&rela, sizeof(rela));
}

/* --- layout ---------------------------------------------------------------------- */

/* Relocation sections, symbols and names come behind the sections. */
static void add_tables(struct asm_elf *elf, Elf64_Shdr *headers, size_t *n, struct strbuf *ret_section_names)
{
	size_t n_given = elf->n_sections, symtab = n_given, names;

	strbuf_putc(ret_section_names, 0);
	for (size_t i = 1; i < n_given; i++)
		symtab += elf->sections[i].relas.len > 0;
	for (size_t i = 1; i < n_given; i++) {
		const struct asm_section *section = &elf->sections[i];

		headers[i] = (Elf64_Shdr){ .sh_type = section->type, .sh_flags = section->flags,
					   .sh_addralign = section->align, .sh_entsize = section->entry_size,
					   .sh_size = section->bytes.len };
		if (section->type == SHT_NOBITS)
			headers[i].sh_size = section->empty_bytes;
		headers[i].sh_name = ret_section_names->len + (section->relas.len ? 5 : 0);
		if (section->relas.len) {
			headers[*n] = (Elf64_Shdr){ .sh_type = SHT_RELA, .sh_flags = SHF_INFO_LINK, .sh_addralign = 8,
						    .sh_entsize = sizeof(Elf64_Rela), .sh_size = section->relas.len,
						    .sh_link = symtab, .sh_info = i,
						    .sh_name = ret_section_names->len };
			(*n)++;
			strbuf_puts(ret_section_names, ".rela");
		}
		strbuf_add(ret_section_names, section->name, strlen(section->name) + 1);
	}
	names = ret_section_names->len;
	strbuf_add(ret_section_names, ".symtab\0.strtab\0.shstrtab", sizeof(".symtab\0.strtab\0.shstrtab"));
	headers[(*n)++] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_addralign = 8, .sh_entsize = sizeof(Elf64_Sym),
					.sh_size = elf->locals.len + elf->globals.len, .sh_link = symtab + 1,
					.sh_info = asm_elf_n_locals(elf), .sh_name = names };
	headers[(*n)++] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_addralign = 1, .sh_size = elf->names.len,
					.sh_name = names + sizeof(".symtab") };
	headers[(*n)++] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_addralign = 1, .sh_size = ret_section_names->len,
					.sh_name = names + sizeof(".symtab\0.strtab") };
}

static void put_part(FILE *file, size_t align, const void *bytes, size_t n)
{
	static const char zeros[64];
	size_t at = ftell(file), pad = align > 1 ? (align - at % align) % align : 0;

	while (pad) {
		size_t some = pad < sizeof(zeros) ? pad : sizeof(zeros);

		fwrite(zeros, 1, some, file);
		pad -= some;
	}
	fwrite(bytes, 1, n, file);
}

static void put_file(struct asm_elf *elf, Elf64_Shdr *headers, size_t n, const struct strbuf *section_names, FILE *file)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL, .e_machine = EM_X86_64, .e_version = EV_CURRENT, .e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = n, .e_shstrndx = n - 1,
	};
	uint64_t at = sizeof(header);

	for (size_t i = 1; i < n; i++) {
		uint64_t align = headers[i].sh_addralign ? headers[i].sh_addralign : 1;

		at = (at + align - 1) / align * align;
		headers[i].sh_offset = at;
		if (headers[i].sh_type != SHT_NOBITS)
			at += headers[i].sh_size;
	}
	header.e_shoff = (at + 7) / 8 * 8;
	fwrite(&header, 1, sizeof(header), file);
	for (size_t i = 1, rela = 1; i < n; i++) {
		size_t align = headers[i].sh_addralign;

		if (i < elf->n_sections) {
			put_part(file, align, elf->sections[i].bytes.text, elf->sections[i].bytes.len);
		} else if (headers[i].sh_type == SHT_RELA) {
			while (!elf->sections[rela].relas.len)
				rela++;
			put_part(file, align, elf->sections[rela].relas.text, elf->sections[rela].relas.len);
			rela++;
		} else if (headers[i].sh_type == SHT_SYMTAB) {
			put_part(file, align, elf->locals.text, elf->locals.len);
			put_part(file, 1, elf->globals.text, elf->globals.len);
		} else {
			const struct strbuf *names = i == n - 1 ? section_names : &elf->names;

			put_part(file, align, names->text, names->len);
		}
	}
	put_part(file, 8, headers, n * sizeof(*headers));
}

struct err *asm_elf_write(struct asm_elf *elf, const char *path)
{
	_cleanup_free_ char *temporary = mem_printf("%s.tmp", path);
	_cleanup_free_ Elf64_Shdr *headers = mem_calloc(2 * elf->n_sections + 3, sizeof(*headers));
	_cleanup_strbuf_ struct strbuf section_names = STRBUF_INIT;
	FILE *file = fopen(temporary, "we");
	size_t n = elf->n_sections;
	int errnum = 0;

	if (!file)
		return err_errno(errno, "cannot write '%s'", temporary);
	add_tables(elf, headers, &n, &section_names);
	put_file(elf, headers, n, &section_names, file);
	if (ferror(file))
		errnum = errno;
	if (fclose(file) && !errnum)
		errnum = errno;
	if (!errnum && rename(temporary, path) < 0)
		errnum = errno;
	if (!errnum)
		return NULL;
	unlink(temporary);
	return err_errno(errnum, "cannot write '%s'", path);
}
