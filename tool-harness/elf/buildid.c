/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds a build-id by the program headers, without the section headers, which are at the far end of
 * the file. Invariant: no length of the file is believed before it is held against a bound.
 */
#include "elf/buildid.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "elf/bytes.h"
#include "lib/mem.h"

#define PHDRS_MAX 256
#define NOTES_MAX 65536u

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* In the bytes of one PT_NOTE segment. */
static void find_in_notes(const uint8_t *notes, size_t len, struct buildid *ret)
{
	size_t at = 0;
	Elf64_Nhdr nhdr;

	while (!ret->len && len - at >= sizeof(nhdr)) {
		size_t name, desc;

		memcpy(&nhdr, notes + at, sizeof(nhdr));
		name = at + sizeof(nhdr);
		if (nhdr.n_namesz > len - name || align4(nhdr.n_namesz) > len - name)
			return;
		desc = name + align4(nhdr.n_namesz);
		if (nhdr.n_descsz > len - desc)
			return;
		if (nhdr.n_type == NT_GNU_BUILD_ID && nhdr.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) && nhdr.n_descsz <= BUILDID_MAX) {
			memcpy(ret->bytes, notes + desc, nhdr.n_descsz);
			ret->len = nhdr.n_descsz;
		}
		if (align4(nhdr.n_descsz) > len - desc)
			return;
		at = desc + align4(nhdr.n_descsz);
	}
}

struct err *buildid_of(const void *bytes, size_t len, const char *path, struct buildid *ret, uint64_t *bytes_ret)
{
	struct buildid id = { .file_bytes = len };
	Elf64_Ehdr ehdr;

	if (len < sizeof(ehdr) || memcmp(bytes, ELFMAG, SELFMAG))
		return err_new("'%s' is not an ELF file", path);
	memcpy(&ehdr, bytes, sizeof(ehdr));
	if (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64)
		return err_new("'%s' is not an x86-64 ELF file", path);
	*bytes_ret += sizeof(ehdr);
	if (ehdr.e_phentsize != sizeof(Elf64_Phdr) || ehdr.e_phnum > PHDRS_MAX)
		ehdr.e_phnum = 0;
	for (size_t i = 0; !id.len && i < ehdr.e_phnum; i++) {
		uint64_t at = ehdr.e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr phdr;

		if (!bytes_within(len, at, sizeof(phdr)))
			break;
		memcpy(&phdr, (const uint8_t *)bytes + at, sizeof(phdr));
		*bytes_ret += sizeof(phdr);
		if (phdr.p_type != PT_NOTE || phdr.p_filesz > NOTES_MAX ||
		    !bytes_within(len, phdr.p_offset, phdr.p_filesz))
			continue;
		*bytes_ret += phdr.p_filesz;
		find_in_notes((const uint8_t *)bytes + phdr.p_offset, phdr.p_filesz, &id);
	}
	*ret = id;
	return NULL;
}

char *buildid_text(const struct buildid *id)
{
	char *text = mem_alloc(2 * id->len + 1);

	for (size_t i = 0; i < id->len; i++) {
		text[2 * i] = "0123456789abcdef"[id->bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[id->bytes[i] & 15];
	}
	return text;
}
