/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single bytes of a task's text written page by page: what lies between the first and the last
 * byte of a page is read once and written once, with the bytes in their places. /proc/PID/mem has no
 * gather of several ranges (process_vm_writev(2) has, but cannot write read-only text), so that what
 * lies between is the price: a read and a write of some bytes cost 1.9 single writes, of a page 2.5,
 * of two pages 3.8 (Linux 6.18, on the build machine). So a run goes on in the next page only if
 * the next byte is near.
 */
#ifndef TRACE_TEXTWRITE_H
#define TRACE_TEXTWRITE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "trace/memory/memory.h"

struct text_edit {
	taddr addr;
	uint8_t byte;
};

#define TEXT_NEAR_BYTES 2048u /* further than this it is cheaper to begin anew, in another page */
#define TEXT_RUN_BYTES 65536u /* a run is not longer, so that its image stays small */

/* The memory that is written: an interface, so that runs are tested on made-up memory. */
struct text_port {
	struct err *(*read)(struct text_port *port, taddr addr, void *buf, size_t len);
	struct err *(*write)(struct text_port *port, taddr addr, const void *buf, size_t len);
};

/*
 * How many of the edits (n >= 1, ascending addresses) belong to the first run: each lies in the
 * page of the one before it or near to it, and all within TEXT_RUN_BYTES.
 */
size_t text_run(const struct text_edit *edits, size_t n);

/*
 * Writes the edits run by run. A run of one byte is not read. Nobody else may write to that text
 * meanwhile: what the task itself writes between our read and our write is lost. An error leaves
 * the runs before it written. Number of writes in writes_ret, also then.
 */
MUST_CHECK struct err *text_write_runs(struct text_port *port, const struct text_edit *edits, size_t n,
				       uint64_t *writes_ret);

#endif
