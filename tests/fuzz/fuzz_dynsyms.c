/* SPDX-License-Identifier: BSD-3-Clause */
/* A library's bytes: its dynamic symbols found by the program headers, looked up in its hash table, with versions. */
#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "elf/dynsyms.h"

/* Chains of a broken table may meet themselves: as many as there are symbols, and no more. */
static void look_up(const struct dynsyms *dynsyms, const char *name)
{
	struct dynsyms_search search = { .name = name };
	size_t found, n = 0;

	while (dynsyms_next(dynsyms, &search, &found))
		if (found >= dynsyms->n || n++ > dynsyms->n)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dynsyms dynsyms;
	const char *why;
	bool is_default;

	if (!dynsyms_find(data, size, &dynsyms, &why))
		return 0;
	for (size_t i = 0; i < dynsyms.n && i < 64; i++) {
		Elf64_Sym symbol;

		memcpy(&symbol, dynsyms.symbols + i * sizeof(symbol), sizeof(symbol));
		dynsyms_version(&dynsyms, i, &is_default);
		if (dynsyms_has_hash(&dynsyms) && symbol.st_name < dynsyms.n_strings)
			look_up(&dynsyms, dynsyms.strings + symbol.st_name);
	}
	if (dynsyms_has_hash(&dynsyms))
		look_up(&dynsyms, "pynamic_phase");
	dynsyms_deinit(&dynsyms);
	return 0;
}
