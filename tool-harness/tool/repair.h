/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traps that a killed tracer left in a task. Where the text of a mapped ELF file has int3 in
 * memory and something else in the file, at the first byte of a function or at the loader's
 * hook, the file's byte is put back. Nothing else is touched.
 */
#ifndef TOOL_REPAIR_H
#define TOOL_REPAIR_H

#include <stddef.h>
#include <sys/types.h>

#include "elf/symidx.h"
#include "lib/err.h"

/*
 * Repairs a process that nobody traces; it is stopped for that time. A thread that has just
 * run into such a trap is put back before it. Debug registers that were left are cleared. The
 * number of traps, those in debug registers counted by thread, in n_ret; a process that is no
 * more: err_gone. A file that is not the one mapped any more is passed over with a warning.
 */
MUST_CHECK struct err *repair_task(pid_t pid, struct symcache *symbols, size_t *n_ret);

#endif
