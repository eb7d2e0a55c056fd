/* SPDX-License-Identifier: BSD-3-Clause */
/* The build-id of an ELF file (NT_GNU_BUILD_ID): the same for all copies of what one link made. */
#ifndef ELF_BUILDID_H
#define ELF_BUILDID_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define BUILDID_MAX 64

struct buildid {
	uint8_t bytes[BUILDID_MAX];
	size_t len;          /* 0: the file has none, or a longer one */
	uint64_t file_bytes; /* size of the file: a stripped copy has the same build-id and fewer symbols */
};

/*
 * Looks at the file header, the program headers and the notes that they name, and nothing else of a
 * file's bytes. Not an x86-64 ELF file: an error; the path is for messages. bytes_ret grows by what was read.
 */
MUST_CHECK struct err *buildid_of(const void *bytes, size_t len, const char *path, struct buildid *ret,
				  uint64_t *bytes_ret);

/* As hexadecimal digits; heap, caller frees. */
char *buildid_text(const struct buildid *id);

#endif
