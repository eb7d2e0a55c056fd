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

static struct err *find_holding(int fd, const char *path, uint64_t addr, GElf_Phdr *ret)
{
	struct err *err = fd < 0 ? err_errno(errno, "cannot open '%s'", path) :
				   find(fd, path, holds, addr, ret);

	if (!err && ret->p_type == PT_NULL)
		err = err_new("'%s' has no segment at 0x%jx", path, (uintmax_t)addr);
	return err;
}

struct err *segment_offset(const char *path, uint64_t addr, uint64_t *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
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
	GElf_Phdr phdr;
	struct err *err = find_holding(fd, path, addr, &phdr);

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
