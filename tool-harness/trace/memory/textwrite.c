/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edits of a text gathered into runs. Knows no task and no trap.
 * Invariant: of a run no byte changes but those of its edits.
 */
#include "trace/memory/textwrite.h"

#include <assert.h>

#define PAGE_BITS 12u

size_t text_run(const struct text_edit *edits, size_t n)
{
	size_t i = 1;

	while (i < n && edits[i].addr - edits[0].addr < TEXT_RUN_BYTES &&
	       (edits[i].addr >> PAGE_BITS == edits[i - 1].addr >> PAGE_BITS ||
		edits[i].addr - edits[i - 1].addr <= TEXT_NEAR_BYTES))
		i++;
	return i;
}

static struct err *write_run(struct text_port *port, const struct text_edit *edits, size_t n)
{
	uint8_t image[TEXT_RUN_BYTES]; /* not of the heap: this is within an event */
	taddr first = edits[0].addr;
	size_t len = edits[n - 1].addr - first + 1;
	struct err *err;

	if (n == 1)
		return port->write(port, first, &edits[0].byte, 1);
	err = port->read(port, first, image, len);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		image[edits[i].addr - first] = edits[i].byte;
	return port->write(port, first, image, len);
}

struct err *text_write_runs(struct text_port *port, const struct text_edit *edits, size_t n, uint64_t *writes_ret)
{
	size_t in_run;

	*writes_ret = 0;
	for (size_t i = 0; i < n; i += in_run) {
		struct err *err;

		in_run = text_run(edits + i, n - i);
		assert(edits[i + in_run - 1].addr >= edits[i].addr);
		err = write_run(port, edits + i, in_run);
		if (err)
			return err;
		++*writes_ret;
	}
	return NULL;
}
