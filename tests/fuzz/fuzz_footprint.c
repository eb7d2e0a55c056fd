/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are measured: any bytes are an ELF file with its sizes, a footprint, or one error. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "gen/footprint/footprint.h"
#include "lib/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of its own, so that reading beyond its end is seen. */
static void check_elf(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *bytes = mem_alloc(size);
	struct elf_sizes sizes;
	struct err *err;

	memcpy(bytes, data, size);
	err = elf_sizes_parse("fuzz.so", bytes, size, &sizes);
	if (err) {
		assert(*err_message(err));
		err_free(err);
		return;
	}
	assert(sizes.file_bytes == size && sizes.n_build_id <= ELF_BUILD_ID_MAX);
	elf_sizes_deinit(&sizes);
}

static void check_json(const uint8_t *data, size_t size)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct footprint footprint;
	struct err *err = footprint_parse("fuzz", (const char *)data, size, &footprint);

	if (err) {
		assert(*err_message(err));
		err_free(err);
		return;
	}
	footprint_put_table(&footprint, 3, &text);
	footprint_put_summary(&footprint, &text);
	footprint_put_paper(&footprint, &text);
	json_decref(footprint_to_json(&footprint));
	footprint_deinit(&footprint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && *data == '{')
		check_json(data, size);
	else
		check_elf(data, size);
	return 0;
}
