/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decoding SystemTap's notes: libelf finds the sections, the notes themselves are taken
 * apart here. Invariant: no byte outside of the section is looked at, whatever its lengths
 * say.
 */
#include "elf/stapnote.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "lib/mem.h"

#define NOTE_OWNER "stapsdt"
#define NOTE_TYPE 3

/* What a note's description begins with; three strings follow. */
struct raw_desc {
	uint64_t pc;
	uint64_t base;
	uint64_t semaphore;
};

void stapnotes_deinit(struct stapnotes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		free(notes->v[i].provider);
		free(notes->v[i].name);
		free(notes->v[i].args);
	}
	free(notes->v);
	*notes = (struct stapnotes){ 0 };
}

static struct err *malformed(const char *what, size_t at)
{
	return err_new("a SystemTap note at offset %zu is malformed: %s", at, what);
}

/* The string at *text, which then stands behind it; NULL if it does not end before `end`. */
static const char *take_string(const char **text, const char *end)
{
	const char *start = *text, *nul = memchr(start, '\0', (size_t)(end - start));

	if (!nul)
		return NULL;
	*text = nul + 1;
	return start;
}

static struct err *parse_desc(const char *desc, size_t len, uint64_t base_addr, size_t at, struct stapnotes *notes)
{
	const char *text = desc + sizeof(struct raw_desc), *end = desc + len;
	const char *strings[3];
	struct raw_desc raw;
	uint64_t moved;

	if (len < sizeof(raw))
		return malformed("its description is too short", at);
	memcpy(&raw, desc, sizeof(raw));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		strings[i] = take_string(&text, end);
		if (!strings[i])
			return malformed("a string of it does not end", at);
	}
	moved = base_addr ? base_addr - raw.base : 0;
	mem_grow(notes->v, notes->n, notes->cap);
	notes->v[notes->n++] = (struct stapnote){
		.addr = raw.pc + moved,
		.semaphore = raw.semaphore ? raw.semaphore + moved : 0,
		.provider = mem_strdup(strings[0]),
		.name = mem_strdup(strings[1]),
		.args = mem_strdup(strings[2]),
	};
	return NULL;
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

struct err *stapnotes_parse(const void *bytes, size_t len, uint64_t base_addr, struct stapnotes *ret)
{
	struct stapnotes notes = { 0 };
	const char *start = bytes;
	size_t at = 0;
	struct err *err = NULL;

	while (!err && len - at >= sizeof(Elf64_Nhdr)) {
		size_t name_at = at + sizeof(Elf64_Nhdr), desc_at;
		Elf64_Nhdr header;

		memcpy(&header, start + at, sizeof(header));
		desc_at = name_at + align4(header.n_namesz);
		if (header.n_namesz > len || header.n_descsz > len || desc_at > len || header.n_descsz > len - desc_at)
			err = malformed("it is longer than its section", at);
		else if (header.n_type == NOTE_TYPE && header.n_namesz == sizeof(NOTE_OWNER) &&
			 !memcmp(start + name_at, NOTE_OWNER, sizeof(NOTE_OWNER)))
			err = parse_desc(start + desc_at, header.n_descsz, base_addr, at, &notes);
		at = desc_at + align4(header.n_descsz);
		if (at > len) /* the last one may lack its padding */
			at = len;
	}
	if (err) {
		stapnotes_deinit(&notes);
		return err;
	}
	*ret = notes;
	return NULL;
}

static struct err *read_sections(Elf *elf, struct stapnotes *ret)
{
	Elf_Data *data = NULL;
	uint64_t base_addr = 0;
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (name && !strcmp(name, ".stapsdt.base"))
			base_addr = shdr.sh_addr;
		else if (name && shdr.sh_type == SHT_NOTE && !strcmp(name, ".note.stapsdt"))
			data = elf_rawdata(scn, NULL);
	}
	return data ? stapnotes_parse(data->d_buf, data->d_size, base_addr, ret) : NULL;
}

struct err *stapnotes_read_of(int fd, const char *path, struct stapnotes *ret)
{
	struct stapnotes notes = { 0 };
	GElf_Ehdr ehdr;
	struct err *err;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &ehdr) || ehdr.e_ident[EI_CLASS] != ELFCLASS64) {
		elf_end(elf);
		return err_new("'%s' is not a 64-bit ELF file", path);
	}
	err = err_wrap(read_sections(elf, &notes), "cannot read '%s'", path);
	elf_end(elf);
	if (!err)
		*ret = notes;
	return err;
}

struct err *stapnotes_read(const char *path, struct stapnotes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	return stapnotes_read_of(fd, path, ret);
}
