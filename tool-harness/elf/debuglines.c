/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Going through a file's compilation units with libdw. Follows no separate debug file.
 * Invariant: a unit that cannot be read is passed over, as debuggers do.
 */
#include "elf/debuglines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>

static int count_function(Dwarf_Die *die, void *arg)
{
	uint64_t *n = arg;
	Dwarf_Addr entry;

	/* Declarations and abstract instances have no code. */
	*n += dwarf_diename(die) && !dwarf_entrypc(die, &entry);
	return DWARF_CB_OK;
}

static uint64_t debug_bytes(Elf *elf)
{
	size_t names;
	Elf_Scn *scn = NULL;
	uint64_t bytes = 0;

	if (elf_getshdrstrndx(elf, &names))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;

		if (name && !strncmp(name, ".debug_", strlen(".debug_")))
			bytes += shdr.sh_size;
	}
	return bytes;
}

void debuglines_read(int fd, struct symwork *work)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, sub;
	Dwarf *dwarf;
	uint8_t type;

	dwarf = dwarf_begin(fd, DWARF_C_READ);
	if (!dwarf) /* libdw has one error for no debug information and for no ELF file */
		return;
	while (!dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &sub)) {
		Dwarf_Lines *lines;
		size_t n;

		if (type != DW_UT_compile)
			continue;
		dwarf_getfuncs(&die, count_function, &work->functions_read, 0);
		if (!dwarf_getsrclines(&die, &lines, &n))
			work->lines_read += n;
	}
	work->file_bytes_read += debug_bytes(dwarf_getelf(dwarf));
	dwarf_end(dwarf);
}
