/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one ELF file holds, by kind of section, from any class and byte order. Bytes in
 * the file are counted (compressed sections as they stand), each once; .bss has none.
 */
#ifndef GEN_FOOTPRINT_SIZES_H
#define GEN_FOOTPRINT_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

enum elf_part {
	ELF_TEXT,   /* code and other loaded, read-only sections, without the dynamic tables below */
	ELF_DATA,   /* loaded, writable */
	ELF_DEBUG,  /* .debug_*, .zdebug_*, .gdb_index, .stab*, .gnu_debugdata */
	ELF_SYMTAB, /* .symtab */
	ELF_STRTAB, /* .strtab */
	ELF_DYNSYM, /* .dynsym */
	ELF_DYNSTR, /* .dynstr */
	ELF_N_PARTS
};

#define ELF_BUILD_ID_MAX 64

struct elf_sizes {
	uint64_t file_bytes;
	uint64_t bytes[ELF_N_PARTS];
	bool is_program;     /* it can be started: ET_EXEC, or it names an interpreter and has an entry */
	bool is_module;      /* a Python extension: exports PyInit_NAME where its file is NAME.*so */
	uint8_t build_id[ELF_BUILD_ID_MAX];
	size_t n_build_id;   /* bytes; 0: it has none */
	char *interpreter;   /* of PT_INTERP, heap; NULL without */
};

/*
 * Measures a file. Errors: it cannot be read; it is no ELF file; it is cut short or its
 * tables contradict each other. `ret` is to be released with elf_sizes_deinit.
 */
MUST_CHECK struct err *elf_sizes_read(const char *path, struct elf_sizes *ret);

/* The same from memory, which libelf may need to write to; name: its file name, for messages too. */
MUST_CHECK struct err *elf_sizes_parse(const char *name, char *bytes, size_t len, struct elf_sizes *ret);

void elf_sizes_deinit(struct elf_sizes *sizes);

#endif
