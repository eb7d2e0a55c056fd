/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * .gnu_debugdata: a second ELF file inside of a stripped one, packed by xz, whose .symtab has the functions that are
 * not among the dynamic symbols. Fedora and its kin ship all their programs so; GDB manual, "MiniDebugInfo".
 */
#ifndef ELF_DEBUGDATA_H
#define ELF_DEBUGDATA_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEBUGDATA_SECTION ".gnu_debugdata"

/* Whether a section that has no name yet may be it: so that names are read for few. elf(5): sh_type, sh_flags. */
bool debugdata_may_be(const Elf64_Shdr *section);

/* Unpacks it into `ret` (heap). A file without the section, or with a .symtab, which has it all: true, and NULL. One
 * that cannot be unpacked: false. */
bool debugdata_read(Elf *elf, uint8_t **ret, size_t *len_ret);

#endif
