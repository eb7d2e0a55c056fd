/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of GDB's machine interface: what a debugger wrote, in lines and in one piece. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tool/gdb/mi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every value is reached once, and no text leaves the record. */
static size_t visit(const struct mi_record *record, const struct mi_value *in)
{
	size_t n = 1;

	assert(in->text && (!in->name || strlen(in->name)));
	for (const struct mi_value *v = mi_first(record, in); v; v = mi_next(record, v))
		n += visit(record, v);
	return n;
}

static void check(const char *line, size_t len)
{
	struct mi_record record;

	mi_parse(line, len, &record);
	assert(strlen(record.class) <= len && strlen(record.text) <= len);
	assert(visit(&record, record.values) == record.n_values);
	mi_record_deinit(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;

	check(at, size);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;

		check(at, (size_t)(line_end - at));
		at = newline ? newline + 1 : end;
	}
	return 0;
}
