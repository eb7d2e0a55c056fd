/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks as others tell them: the bytes are a list, and they are a launcher's memory with the
 * number of rows in front. Either is read within bounds, or refused.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "job/acquire/proctable.h"
#include "job/acquire/tasklist.h"

#define BASE UINT64_C(0x1000)

struct fuzzed {
	struct memory memory;
	const uint8_t *data;
	size_t size;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes over and over, for 16 pages: a short input has strings and rows of any length. */
static struct err *fuzzed_read(struct memory *memory, struct mem_span *spans, size_t n)
{
	struct fuzzed *f = (struct fuzzed *)memory;

	for (size_t i = 0; i < n; i++) {
		spans[i].got = 0;
		for (; spans[i].got < spans[i].len; spans[i].got++) {
			uint64_t at = spans[i].addr + spans[i].got - BASE;

			if (at >= 16 * 4096)
				return NULL;
			((uint8_t *)spans[i].buf)[spans[i].got] = f->data[at % f->size];
		}
	}
	return NULL;
}

static bool is_here(const char *host, const void *arg)
{
	(void)arg;
	return host[0] & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzzed f = { .memory.read = fuzzed_read };
	struct proctable table;
	struct tasklist list;
	struct err *err = tasklist_parse("fuzz", (const char *)data, size, &list);
	int32_t n;

	if (!err)
		tasklist_deinit(&list);
	err_free(err);
	if (size < sizeof(n) + 1)
		return 0;
	memcpy(&n, data, sizeof(n));
	f.data = data + sizeof(n);
	f.size = size - sizeof(n);
	err = proctable_read(&f.memory, BASE, n, is_here, NULL, &table);
	if (!err) {
		assert(table.n_rows <= table.n_total);
		proctable_deinit(&table);
	}
	err_free(err);
	return 0;
}
