/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of a tracee, read in batches. An interface of one function, so that what
 * reads link maps is tested against memory that a test made up.
 *
 * An address in a tracee is a taddr: an integer, so that it can't be dereferenced.
 */
#ifndef TRACE_MEMORY_H
#define TRACE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

typedef uint64_t taddr;

struct mem_span {
	taddr addr;
	void *buf;
	size_t len;
	size_t got; /* out: bytes read; less than len where the memory ends */
};

#define MEMORY_MAX_SPANS 64

struct memory {
	/*
	 * Reads the spans in order; the first that is not wholly readable ends the batch
	 * (its got says how far, those after it have got = 0). Only a process that is no
	 * more is an error: err_gone. Set got for all spans.
	 */
	struct err *(*read)(struct memory *memory, struct mem_span *spans, size_t n);
	uint64_t bytes_read;
	uint64_t calls;
};

/* All of one span or an error that names the address. */
MUST_CHECK struct err *memory_read(struct memory *memory, taddr addr, void *buf, size_t len);

/* A batch in which every span must be read wholly. */
MUST_CHECK struct err *memory_read_spans(struct memory *memory, struct mem_span *spans, size_t n);

/*
 * A NUL-terminated string of at most max bytes with its NUL, heap, caller frees.
 * Longer ones and unmapped ones are errors: what a tracee holds is not to be trusted.
 */
MUST_CHECK struct err *memory_read_string(struct memory *memory, taddr addr, size_t max, char **ret);

#endif
