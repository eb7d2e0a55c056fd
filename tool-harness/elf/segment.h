/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of a 64-bit ELF file by what they are for; elf(5). */
#ifndef ELF_SEGMENT_H
#define ELF_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * The loader that a program asks for (PT_INTERP), heap, caller frees; NULL for a statically
 * linked one. For a script it is that of its interpreter, as execve(2) has it.
 */
MUST_CHECK struct err *segment_interpreter(const char *path, char **ret);

/* A 32-bit ELF file: an error that calls it so. All else is success. */
MUST_CHECK struct err *segment_check_class(int fd, const char *path);

/* True of a shared library, by its DT_SONAME; a program has none, linked statically or not. */
bool segment_is_library(int fd);

/* The segment that holds an address, which is relative to the load bias. */
struct segment {
	uint64_t addr;
	uint64_t offset;      /* in the file */
	unsigned char *bytes; /* those that the file has: heap */
	size_t len;
};

MUST_CHECK struct err *segment_read(const char *path, uint64_t addr, struct segment *ret);
void segment_deinit(struct segment *segment);

/* Where in an open file an address is, which is relative to the load bias. The path is for messages. */
MUST_CHECK struct err *segment_offset(int fd, const char *path, uint64_t addr, uint64_t *ret);

/* What an open file has at an address, up to `len` bytes of its segment: how many; 0 if it has none there. */
size_t segment_text(int fd, uint64_t addr, uint8_t *buf, size_t len);

#endif
