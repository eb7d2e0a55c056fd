/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of a process that need not be traced, by process_vm_readv(2) and /proc/PID/mem, and its
 * auxiliary vector: the right to trace it is enough.
 */
#ifndef TRACE_PROCMEM_H
#define TRACE_PROCMEM_H

#include <sys/types.h>

#include "trace/memory/memory.h"

struct process_memory {
	struct memory memory; /* first member: the read finds its process by it */
	pid_t pid;
};

void process_memory_init(struct process_memory *memory, pid_t pid);

/* The read of struct memory for a pid: sets got of all spans and counts. */
MUST_CHECK struct err *process_read(struct memory *memory, pid_t pid, struct mem_span *spans, size_t n);

/*
 * All bytes or an error, through an open /proc/PID/mem; the pid is for messages. An address space that
 * is no more is err_gone, also if its process has another one since an exec. EIO: not mapped (proc(5));
 * what lies before that is written. Counts nothing.
 */
MUST_CHECK struct err *process_mem_write(int mem_fd, pid_t pid, taddr addr, const void *bytes, size_t len);
MUST_CHECK struct err *process_mem_read(int mem_fd, pid_t pid, taddr addr, void *buf, size_t len);

/* The read of struct memory through an open /proc/PID/mem, which outlives the process's first thread. */
MUST_CHECK struct err *process_mem_read_spans(struct memory *memory, int mem_fd, pid_t pid, struct mem_span *spans,
					      size_t n);

/* Value of an entry of the auxiliary vector (AT_BASE, AT_ENTRY, ...): /proc/PID/auxv; 0 if absent. */
MUST_CHECK struct err *process_auxv(pid_t pid, unsigned long type, uint64_t *ret);

#endif
