/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading a tracee's memory on top of one batched read. Knows nothing of processes:
 * task.c supplies the read. Invariant: nothing that was not wholly read is used.
 */
#include "trace/memory/memory.h"

#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"

#define PAGE 4096u

struct err *memory_read_spans(struct memory *memory, struct mem_span *spans, size_t n)
{
	struct err *err = memory->read(memory, spans, n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		if (spans[i].got != spans[i].len)
			return err_new("cannot read %zu bytes at 0x%" PRIx64 " of the task: not mapped",
				       spans[i].len, spans[i].addr);
	return NULL;
}

struct err *memory_read(struct memory *memory, taddr addr, void *buf, size_t len)
{
	struct mem_span span = { .addr = addr, .buf = buf, .len = len };

	return memory_read_spans(memory, &span, 1);
}

struct err *memory_read_string(struct memory *memory, taddr addr, size_t max, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t have = 0;

	while (have < max) {
		/* Up to the next page boundary: what follows may be unmapped. */
		size_t len = PAGE - (addr + have) % PAGE;
		struct mem_span span;
		struct err *err;

		if (len > max - have)
			len = max - have;
		text = mem_realloc(text, have + len + 1, 1);
		span = (struct mem_span){ .addr = addr + have, .buf = text + have, .len = len };
		err = memory->read(memory, &span, 1);
		if (err)
			return err;
		text[have + span.got] = '\0';
		if (memchr(text + have, '\0', span.got)) {
			*ret = no_free_ptr(text);
			return NULL;
		}
		if (span.got != len)
			return err_new("cannot read a string at 0x%" PRIx64 " of the task: not mapped", addr);
		have += len;
	}
	return err_new("a string at 0x%" PRIx64 " of the task does not end within %zu bytes", addr, max);
}
