/* SPDX-License-Identifier: BSD-3-Clause */
/* The manifest reader: any bytes are a manifest that can be used, or one error. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest manifest;
	_cleanup_err_ struct err *err = manifest_parse("fuzz", (const char *)data, size, &manifest);

	if (err) {
		assert(*err_message(err));
		return 0;
	}
	/* What users of a manifest do without checking again. */
	for (size_t i = 0; i < manifest.n_libraries; i++) {
		const struct manifest_library *library = &manifest.libraries[i];

		for (size_t j = 0; j < library->n_dependencies; j++)
			assert(manifest.libraries[library->dependencies[j]].name);
		for (size_t j = 0; j < library->n_functions && j < 4; j++) {
			_cleanup_free_ char *name = manifest_function_name(library, j);

			assert(*name);
		}
	}
	for (size_t i = 0; i < manifest.n_programs; i++) {
		assert(manifest_program(&manifest, manifest.programs[i].name) == &manifest.programs[i]);
		manifest_select_program(&manifest, &manifest.programs[i]);
	}
	manifest_deinit(&manifest);
	return 0;
}
