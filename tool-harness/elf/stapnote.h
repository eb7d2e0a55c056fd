/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SystemTap's probes of an ELF file: notes that <sys/sdt.h> leaves in .note.stapsdt, each
 * with an address, a provider, a name and where the arguments are. Format: SystemTap's wiki,
 * "UserSpaceProbeImplementation".
 */
#ifndef ELF_STAPNOTE_H
#define ELF_STAPNOTE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct stapnote {
	uint64_t addr;      /* of the instruction (a nop), relative to the load bias */
	uint64_t semaphore; /* 0: none */
	char *provider;
	char *name;
	char *args;         /* as written: "8@%rax -4@24(%rsp)" */
};

struct stapnotes {
	struct stapnote *v; /* in the file's order */
	size_t n, cap;
};

void stapnotes_deinit(struct stapnotes *notes);

/*
 * Decodes the bytes of a .note.stapsdt section of a 64-bit file. `base_addr` is the address
 * of .stapsdt.base: what a prelinked file was moved by is added to the addresses; 0 if the
 * file has no such section. Notes of other owners or types are passed over; a note that
 * does not fit is an error.
 */
MUST_CHECK struct err *stapnotes_parse(const void *bytes, size_t len, uint64_t base_addr, struct stapnotes *ret);

/* Those of a file, or of an open one, whose path is for messages; none is success. */
MUST_CHECK struct err *stapnotes_read(const char *path, struct stapnotes *ret);
MUST_CHECK struct err *stapnotes_read_of(int fd, const char *path, struct stapnotes *ret);

#endif
