/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of a 64-bit ELF file by what they are for; elf(5). */
#ifndef ELF_SEGMENT_H
#define ELF_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * The loader that a program asks for (PT_INTERP), heap, caller frees; NULL for a statically
 * linked one. For a script it is that of its interpreter, as execve(2) has it.
 */
MUST_CHECK struct err *segment_interpreter(const char *path, char **ret);

/* The segment that holds an address, which is relative to the load bias. */
struct segment {
	uint64_t addr;
	uint64_t offset;      /* in the file */
	unsigned char *bytes; /* those that the file has: heap */
	size_t len;
};

MUST_CHECK struct err *segment_read(const char *path, uint64_t addr, struct segment *ret);
void segment_deinit(struct segment *segment);

/* Where in the file an address is, which is relative to the load bias. */
MUST_CHECK struct err *segment_offset(const char *path, uint64_t addr, uint64_t *ret);

#endif
