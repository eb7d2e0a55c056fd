/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds a build-id by the program headers, without the section headers, which are at the far end of
 * the file. Invariant: no length of the file is believed before it is held against a bound.
 */
#include "elf/buildid.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
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

struct err *buildid_read(int fd, const char *path, struct buildid *ret, uint64_t *bytes_ret)
{
	struct buildid id = { .len = 0 };
	Elf64_Phdr phdrs[PHDRS_MAX];
	Elf64_Ehdr ehdr;
	struct stat st;
	ssize_t n = pread(fd, &ehdr, sizeof(ehdr), 0);

	if (n < 0 || fstat(fd, &st))
		return err_errno(errno, "cannot read '%s'", path);
	if (n != sizeof(ehdr) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG))
		return err_new("'%s' is not an ELF file", path);
	if (ehdr.e_machine != EM_X86_64 || ehdr.e_ident[EI_CLASS] != ELFCLASS64)
		return err_new("'%s' is not an x86-64 ELF file", path);
	id.file_bytes = (uint64_t)st.st_size;
	*bytes_ret += sizeof(ehdr);
	n = ehdr.e_phentsize == sizeof(phdrs[0]) && ehdr.e_phnum <= PHDRS_MAX ?
		    pread(fd, phdrs, ehdr.e_phnum * sizeof(phdrs[0]), (off_t)ehdr.e_phoff) :
		    0;
	for (size_t i = 0; n > 0 && !id.len && i < (size_t)n / sizeof(phdrs[0]); i++) {
		_cleanup_free_ uint8_t *notes = NULL;
		ssize_t len;

		if (!i)
			*bytes_ret += (uint64_t)n;
		if (phdrs[i].p_type != PT_NOTE || !phdrs[i].p_filesz || phdrs[i].p_filesz > NOTES_MAX)
			continue;
		notes = mem_alloc(phdrs[i].p_filesz);
		len = pread(fd, notes, phdrs[i].p_filesz, (off_t)phdrs[i].p_offset);
		if (len <= 0)
			continue;
		*bytes_ret += (uint64_t)len;
		find_in_notes(notes, (size_t)len, &id);
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
