/* SPDX-License-Identifier: BSD-3-Clause */
/* Index files of symbols, as they are and with their checksum put right, so that what lies behind
 * it is reached, too. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "elf/symfile.h"
#include "lib/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct symfile *file)
{
	size_t sum = 0;

	for (size_t i = 0; i < file->header->n_symbols; i++) {
		struct symtab_symbol symbol = symfile_symbol(file, i);

		sum += strlen(symbol.name) + (symbol.version ? strlen(symbol.version) : 0);
		sum += symfile_first(file, symbol.name);
	}
	if (symfile_first(file, "no_such_name") > file->header->n_symbols || !sum)
		return;
}

static void take(const void *bytes, size_t size)
{
	const struct symfile_header *header = bytes;
	struct buildid id = { .len = 0 };
	struct symfile file;
	struct err *err;

	if (size >= sizeof(*header) && header->id_len <= BUILDID_MAX) {
		id.len = header->id_len;
		memcpy(id.bytes, header->id, id.len);
		id.file_bytes = header->source_bytes;
	}
	err = symfile_parse(bytes, size, &id, &file);
	if (!err)
		look(&file);
	err_free(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ uint8_t *bytes = mem_alloc(size + 1);

	memcpy(bytes, data, size);
	take(bytes, size);
	if (size >= sizeof(struct symfile_header)) {
		((struct symfile_header *)(void *)bytes)->bytes = size;
		symfile_seal(bytes, size);
		take(bytes, size);
	}
	return 0;
}
