/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading single segments of a file. Does not map the file. Invariant: sizes are checked
 * against the file's before anything is allocated.
 */
#include "elf/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/mem.h"

#define SCRIPTS_MAX 4 /* interpreters of interpreters; execve(2) */

static struct err *bytes_read(int fd, const char *path, uint64_t offset, uint64_t len, unsigned char **ret)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	struct stat st;

	if (fstat(fd, &st))
		return err_errno(errno, "cannot read '%s'", path);
	if (offset > (uint64_t)st.st_size || len > (uint64_t)st.st_size - offset)
		return err_new("cannot read '%s': a segment lies behind its end", path);
	bytes = mem_alloc(len + 1);
	if (pread(fd, bytes, len, (off_t)offset) != (ssize_t)len)
		return err_errno(errno, "cannot read '%s'", path);
	*ret = no_free_ptr(bytes);
	return NULL;
}

/* The first segment that `wanted` takes, with p_type PT_NULL if there is none. */
static struct err *find(int fd, const char *path, bool (*wanted)(const GElf_Phdr *, uint64_t), uint64_t addr,
			GElf_Phdr *ret)
{
	struct err *err = NULL;
	size_t n = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &n))
		err = err_new("'%s' is not an ELF file", path);
	*ret = (GElf_Phdr){ .p_type = PT_NULL };
	for (size_t i = 0; !err && i < n; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(elf, (int)i, &phdr) && wanted(&phdr, addr)) {
			*ret = phdr;
			break;
		}
	}
	elf_end(elf);
	return err;
}

static bool is_interp(const GElf_Phdr *phdr, uint64_t addr)
{
	(void)addr;
	return phdr->p_type == PT_INTERP;
}

static bool is_dynamic(const GElf_Phdr *phdr, uint64_t addr)
{
	(void)addr;
	return phdr->p_type == PT_DYNAMIC;
}

static bool holds(const GElf_Phdr *phdr, uint64_t addr)
{
	return phdr->p_type == PT_LOAD && addr >= phdr->p_vaddr && addr - phdr->p_vaddr < phdr->p_filesz;
}

/* The program in a script's first line, heap; NULL if the file is none. */
static char *script_program(int fd)
{
	char line[PATH_MAX];
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);
	char *start;

	if (n < 2 || memcmp(line, "#!", 2))
		return NULL;
	line[n] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	return mem_strndup(start, strcspn(start, " \t\n"));
}

size_t segment_text(int fd, uint64_t addr, uint8_t *buf, size_t len)
{
	uint64_t rest;
	GElf_Phdr phdr;
	struct err *err = find(fd, "", holds, addr, &phdr);
	ssize_t n;

	if (err || phdr.p_type == PT_NULL) {
		err_free(err);
		return 0;
	}
	rest = phdr.p_filesz - (addr - phdr.p_vaddr);
	n = pread(fd, buf, len < rest ? len : (size_t)rest, (off_t)(addr - phdr.p_vaddr + phdr.p_offset));
	return n > 0 ? (size_t)n : 0;
}

struct err *segment_interpreter(const char *path, char **ret)
{
	_cleanup_free_ char *program = mem_strdup(path);

	for (int i = 0; i < SCRIPTS_MAX; i++) {
		_cleanup_close_ int fd = open(program, O_RDONLY | O_CLOEXEC);
		unsigned char *text;
		GElf_Phdr phdr;
		struct err *err;
		char *next;

		if (fd < 0)
			return err_errno(errno, "cannot open '%s'", program);
		next = script_program(fd);
		if (next) {
			free(program);
			program = next;
			continue;
		}
		err = find(fd, program, is_interp, 0, &phdr);
		if (err)
			return err;
		if (phdr.p_type == PT_NULL) {
			*ret = NULL;
			return NULL;
		}
		err = bytes_read(fd, program, phdr.p_offset, phdr.p_filesz, &text);
		if (!err)
			*ret = (char *)text;
		return err;
	}
	return err_new("'%s' is a script of a script", path);
}

struct err *segment_check_class(int fd, const char *path)
{
	unsigned char ident[EI_NIDENT];

	if (pread(fd, ident, sizeof(ident), 0) != sizeof(ident) || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_CLASS] != ELFCLASS32)
		return NULL;
	return err_hint(err_new("'%s' is a 32-bit program: only 64-bit ones can be traced", path),
			"build it for x86-64, without -m32 or -mx32");
}

bool segment_is_library(int fd)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	Elf64_Dyn entry = { 0 };
	bool found = false;
	GElf_Phdr phdr;
	struct err *err = find(fd, "", is_dynamic, 0, &phdr);

	if (!err && phdr.p_type != PT_NULL)
		err = bytes_read(fd, "", phdr.p_offset, phdr.p_filesz, &bytes);
	for (size_t at = 0; !err && bytes && at + sizeof(entry) <= phdr.p_filesz && !found; at += sizeof(entry)) {
		memcpy(&entry, bytes + at, sizeof(entry));
		found = entry.d_tag == DT_SONAME;
		if (entry.d_tag == DT_NULL)
			break;
	}
	err_free(err);
	return found;
}

static struct err *find_holding(int fd, const char *path, uint64_t addr, GElf_Phdr *ret)
{
	struct err *err = find(fd, path, holds, addr, ret);

	if (!err && ret->p_type == PT_NULL)
		err = err_new("'%s' has no segment at 0x%jx", path, (uintmax_t)addr);
	return err;
}

struct err *segment_offset(int fd, const char *path, uint64_t addr, uint64_t *ret)
{
	GElf_Phdr phdr;
	struct err *err = find_holding(fd, path, addr, &phdr);

	if (!err)
		*ret = addr - phdr.p_vaddr + phdr.p_offset;
	return err;
}

struct err *segment_read(const char *path, uint64_t addr, struct segment *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct segment segment = { 0 };
	GElf_Phdr phdr = { .p_type = PT_NULL };
	struct err *err = fd < 0 ? err_errno(errno, "cannot open '%s'", path) : find_holding(fd, path, addr, &phdr);

	if (!err)
		err = bytes_read(fd, path, phdr.p_offset, phdr.p_filesz, &segment.bytes);
	if (err)
		return err;
	segment.addr = phdr.p_vaddr;
	segment.offset = phdr.p_offset;
	segment.len = phdr.p_filesz;
	*ret = segment;
	return NULL;
}

void segment_deinit(struct segment *segment)
{
	free(segment->bytes);
	*segment = (struct segment){ 0 };
}
