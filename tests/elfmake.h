/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a small ELF file with one section of each kind, for tests of those that read ELF. */
#ifndef TESTS_ELFMAKE_H
#define TESTS_ELFMAKE_H

#include <assert.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct elfmake_section {
	const char *name;
	Elf64_Word type;
	Elf64_Xword flags;
	size_t size;
	void *bytes; /* NULL: zeroes */
	size_t link; /* index of another section, from 1; 0: none */
};

/*
 * Writes an ELF file of this class (ELFCLASS32, ELFCLASS64) and byte order (ELFDATA2LSB,
 * ELFDATA2MSB) to memory that the caller frees.
 */
static inline char *elfmake(int class, int order, const struct elfmake_section *sections, size_t n, size_t *len_ret)
{
	static char zeroes[4096];
	int fd = memfd_create("elfmake", MFD_CLOEXEC);
	char names[1024] = "";
	size_t n_names = 1;
	GElf_Ehdr header;
	GElf_Shdr section_header;
	Elf_Scn *section;
	Elf_Data *data;
	char *bytes;
	off_t len;
	Elf *elf;

	assert(fd >= 0 && elf_version(EV_CURRENT) != EV_NONE);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	assert(elf && gelf_newehdr(elf, class));
	for (size_t i = 0; i <= n; i++) {
		const char *name = i < n ? sections[i].name : ".shstrtab";

		section = elf_newscn(elf);
		data = elf_newdata(section);
		data->d_align = 1;
		data->d_type = i < n && sections[i].type == SHT_DYNSYM ? ELF_T_SYM : ELF_T_BYTE;
		gelf_getshdr(section, &section_header);
		section_header.sh_name = n_names;
		n_names += sprintf(names + n_names, "%s", name) + 1;
		section_header.sh_type = i < n ? sections[i].type : SHT_STRTAB;
		section_header.sh_flags = i < n ? sections[i].flags : 0;
		section_header.sh_link = i < n ? sections[i].link : 0;
		section_header.sh_entsize =
			data->d_type == ELF_T_SYM ? gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT) : 0;
		data->d_size = i < n ? sections[i].size : n_names;
		data->d_buf = i == n ? names : sections[i].bytes ? sections[i].bytes : zeroes;
		assert(gelf_update_shdr(section, &section_header));
	}
	gelf_getehdr(elf, &header);
	header.e_ident[EI_DATA] = order;
	header.e_type = ET_DYN;
	header.e_machine = EM_NONE;
	header.e_shstrndx = elf_ndxscn(section);
	assert(gelf_update_ehdr(elf, &header));
	len = elf_update(elf, ELF_C_WRITE);
	assert(len > 0);
	elf_end(elf);
	bytes = malloc(len);
	assert(bytes && pread(fd, bytes, len, 0) == len);
	close(fd);
	*len_ret = len;
	return bytes;
}

#endif
