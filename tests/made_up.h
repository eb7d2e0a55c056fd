/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of a task that a test makes up: one range of addresses, as /proc/PID/mem would give it. */
#ifndef TESTS_MADE_UP_H
#define TESTS_MADE_UP_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/mem.h"
#include "trace/memory/memory.h"

struct made_up {
	struct memory memory; /* first: it is what the code under test sees */
	taddr base;
	size_t size, used; /* used: up to where its owner has filled it, if that counts */
	unsigned char *bytes;
	bool gone; /* the task has died: every read says so */
};

/* What is outside ends a batch, as in process_vm_readv(2): the span is cut, later ones are empty. */
static inline struct err *made_up_read(struct memory *memory, struct mem_span *spans, size_t n)
{
	struct made_up *m = (struct made_up *)memory;
	bool ended = false;

	memory->calls++;
	if (m->gone)
		return err_gone();
	for (size_t i = 0; i < n; i++) {
		struct mem_span *span = &spans[i];
		size_t left = span->addr >= m->base && span->addr < m->base + m->size ?
				      m->base + m->size - span->addr : 0;

		span->got = ended ? 0 : span->len < left ? span->len : left;
		if (span->got)
			memcpy(span->buf, m->bytes + (span->addr - m->base), span->got);
		ended |= span->got != span->len;
		memory->bytes_read += span->got;
	}
	return NULL;
}

static inline void made_up_init(struct made_up *ret, taddr base, size_t size)
{
	*ret = (struct made_up){ .memory.read = made_up_read, .base = base, .size = size,
				 .bytes = mem_calloc(size, 1) };
}

static inline void made_up_deinit(struct made_up *m)
{
	free(m->bytes);
}

#endif
