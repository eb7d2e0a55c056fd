/* SPDX-License-Identifier: BSD-3-Clause */
/* What LLDB prints of itself: the first line as one of `breakpoint list`, all of it as statistics. */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tool/lldb/stats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	json_t *report, *modules;
	struct lldb_line line;
	struct err *err;

	memcpy(text, data, size);
	text[size] = '\0';
	err = lldbstats_parse(text, size, &report, &modules);
	if (!err) {
		if (!json_is_integer(json_object_get(report, "modules")) || !json_is_object(modules))
			abort();
		json_decref(report);
		json_decref(modules);
	}
	err_free(err);
	text[strcspn(text, "\n")] = '\0';
	if (lldb_line_parse(text, &line) && (!line.id || (!line.is_location && *line.library)))
		abort();
	free(text);
	return 0;
}
