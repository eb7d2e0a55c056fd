/* SPDX-License-Identifier: BSD-3-Clause */
/* What every reader of an ELF file's bytes asks: nothing in it is believed before it is known to lie inside of it. */
#ifndef ELF_BYTES_H
#define ELF_BYTES_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether n bytes from offset on lie within len. */
static inline bool bytes_within(uint64_t len, uint64_t offset, uint64_t n)
{
	return offset <= len && n <= len - offset;
}

/* Grows an extent of addresses, which begins as UINT64_MAX, 0, by a segment that is loaded. */
static inline void extent_add(const Elf64_Phdr *phdr, uint64_t *low, uint64_t *high)
{
	if (phdr->p_type != PT_LOAD)
		return;
	if (phdr->p_vaddr < *low)
		*low = phdr->p_vaddr;
	if (phdr->p_vaddr + phdr->p_memsz > *high)
		*high = phdr->p_vaddr + phdr->p_memsz;
}

#endif
