/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks the section headers of an ELF file with libelf. Does not look for separate
 * debug files. Invariant: a section that is counted lies within the file.
 */
#include "gen/footprint/sizes.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/fs.h"
#include "lib/mem.h"

struct reader {
	const char *name;
	Elf *elf;
	uint64_t len;
	size_t names; /* index of the section with the names of sections */
	struct elf_sizes *sizes;
};

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool is_debug(const char *name)
{
	static const char *const prefixes[] = { ".debug", ".zdebug", ".gdb_index", ".stab", ".gnu_debugdata" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (has_prefix(name, prefixes[i]))
			return true;
	return false;
}

/* ELF_N_PARTS: counted nowhere, such as .comment. */
static enum elf_part section_part(const char *name, const GElf_Shdr *header)
{
	if (header->sh_type == SHT_SYMTAB)
		return ELF_SYMTAB;
	if (header->sh_type == SHT_DYNSYM)
		return ELF_DYNSYM;
	if (!strcmp(name, ".dynstr"))
		return ELF_DYNSTR;
	if (header->sh_flags & SHF_ALLOC)
		return header->sh_flags & SHF_WRITE ? ELF_DATA : ELF_TEXT;
	if (!strcmp(name, ".strtab"))
		return ELF_STRTAB;
	return is_debug(name) ? ELF_DEBUG : ELF_N_PARTS;
}

/* PyInit_NAME in libraries that hold several modules (libpython) makes none of them a file's. */
static bool is_init_of(const char *symbol, const char *path)
{
	const char *base = fs_basename(path);

	if (!has_prefix(symbol, "PyInit_"))
		return false;
	symbol += strlen("PyInit_");
	return !strncmp(base, symbol, strlen(symbol)) && base[strlen(symbol)] == '.';
}

static bool exports_init(const struct reader *r, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;

	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getsym(data, (int)i, &symbol))
			return false;
		if (symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		name = elf_strptr(r->elf, header->sh_link, symbol.st_name);
		if (name && is_init_of(name, r->name))
			return true;
	}
	return false;
}

static void read_build_id(Elf_Scn *section, struct elf_sizes *sizes)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t at = 0, next, name_at, id_at;
	GElf_Nhdr note;

	while (data && (next = gelf_getnote(data, at, &note, &name_at, &id_at)) > 0) {
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((char *)data->d_buf + name_at, "GNU", 4) && note.n_descsz <= ELF_BUILD_ID_MAX) {
			memcpy(sizes->build_id, (char *)data->d_buf + id_at, note.n_descsz);
			sizes->n_build_id = note.n_descsz;
			return;
		}
		at = next;
	}
}

static struct err *read_section(const struct reader *r, Elf_Scn *section)
{
	GElf_Shdr header;
	enum elf_part part;
	const char *name;

	if (!gelf_getshdr(section, &header))
		return err_new("'%s' is damaged: %s", r->name, elf_errmsg(-1));
	name = elf_strptr(r->elf, r->names, header.sh_name);
	if (!name)
		return err_new("'%s' is damaged: a section has no name", r->name);
	if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL)
		return NULL;
	if (header.sh_offset > r->len || header.sh_size > r->len - header.sh_offset)
		return err_hint(err_new("'%s' is cut short: section '%s' ends beyond it", r->name, name),
				"copy or build the file again");
	part = section_part(name, &header);
	if (part != ELF_N_PARTS)
		r->sizes->bytes[part] += header.sh_size;
	if (part == ELF_DYNSYM && !r->sizes->is_module)
		r->sizes->is_module = exports_init(r, section, &header);
	if (header.sh_type == SHT_NOTE && !r->sizes->n_build_id)
		read_build_id(section, r->sizes);
	return NULL;
}

static void read_segments(const struct reader *r, const char *bytes)
{
	GElf_Ehdr header;
	size_t n;

	if (!gelf_getehdr(r->elf, &header) || elf_getphdrnum(r->elf, &n) < 0)
		return;
	for (size_t i = 0; i < n && i < INT32_MAX && !r->sizes->interpreter; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(r->elf, (int)i, &segment))
			break;
		if (segment.p_type == PT_INTERP && segment.p_filesz && segment.p_offset < r->len &&
		    segment.p_filesz <= r->len - segment.p_offset)
			r->sizes->interpreter = mem_strndup(bytes + segment.p_offset, segment.p_filesz);
	}
	r->sizes->is_program = header.e_type == ET_EXEC ||
			       (header.e_type == ET_DYN && header.e_entry && r->sizes->interpreter);
}

static struct err *read_file(struct reader *r, const char *bytes)
{
	Elf_Scn *section = NULL;
	struct err *err = NULL;
	GElf_Ehdr header;
	size_t n;

	if (!gelf_getehdr(r->elf, &header) || elf_getshdrnum(r->elf, &n) < 0)
		return err_new("'%s' is damaged: %s", r->name, elf_errmsg(-1));
	/* libelf counts no section headers where they would be beyond the end. */
	if (!n && header.e_shoff)
		return err_hint(err_new("'%s' is cut short: its section headers are beyond its end", r->name),
				"copy or build the file again");
	if (!n)
		return err_new("'%s' has no section headers, which the sizes are taken from", r->name);
	if (elf_getshdrstrndx(r->elf, &r->names) < 0)
		return err_new("'%s' is damaged: %s", r->name, elf_errmsg(-1));
	read_segments(r, bytes);
	while (!err && (section = elf_nextscn(r->elf, section)))
		err = read_section(r, section);
	return err;
}

struct err *elf_sizes_parse(const char *name, char *bytes, size_t len, struct elf_sizes *ret)
{
	struct elf_sizes sizes = { .file_bytes = len };
	struct reader r = { .name = name, .len = len, .sizes = &sizes };
	struct err *err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return err_new("libelf is older than its headers");
	if (len < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG))
		return err_new("'%s' is not an ELF file", name);
	r.elf = elf_memory(bytes, len);
	if (!r.elf || elf_kind(r.elf) != ELF_K_ELF) {
		elf_end(r.elf);
		return err_new("'%s' is damaged: %s", name, elf_errmsg(-1));
	}
	err = read_file(&r, bytes);
	elf_end(r.elf);
	if (err)
		elf_sizes_deinit(&sizes);
	else
		*ret = sizes;
	return err;
}

/* Private and writable: libelf converts foreign byte orders in place, the file stays. */
struct err *elf_sizes_read(const char *path, struct elf_sizes *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	struct err *err;
	void *bytes;

	if (fd < 0)
		return err_errno(errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return err_new("'%s' is not an ELF file", path);
	bytes = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_errno(errno, "cannot read '%s'", path);
	err = elf_sizes_parse(path, bytes, st.st_size, ret);
	munmap(bytes, st.st_size);
	return err;
}

void elf_sizes_deinit(struct elf_sizes *sizes)
{
	free(sizes->interpreter);
	sizes->interpreter = NULL;
}
