/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process_vm_readv(2) as a struct memory. Needs no stopped thread; whether what it reads
 * changes meanwhile is the caller's to know. Invariant: got is set for every span.
 */
#include "trace/procmem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>

#include "lib/err.h"
#include "lib/fault.h"

struct err *process_read(struct memory *memory, pid_t pid, struct mem_span *spans, size_t n)
{
	struct iovec local[MEMORY_MAX_SPANS], remote[MEMORY_MAX_SPANS];
	size_t i = 0;
	ssize_t got;

	assert(n >= 1 && n <= MEMORY_MAX_SPANS);
	do {
		local[i] = (struct iovec){ .iov_base = spans[i].buf, .iov_len = spans[i].len };
		remote[i] = (struct iovec){ .iov_base = (void *)(uintptr_t)spans[i].addr, .iov_len = spans[i].len };
		spans[i].got = 0;
	} while (++i < n);
	memory->calls++;
	got = FAULT_OR(FAULT_MEM_READ, pid, process_vm_readv(pid, local, n, remote, n, 0));
	if (got < 0) {
		if (errno == ESRCH)
			return err_gone();
		if (errno != EFAULT)
			return err_errno(errno, "cannot read the memory of pid %d", (int)pid);
		got = 0;
	}
	memory->bytes_read += (uint64_t)got;
	for (i = 0; i < n && got > 0; i++) {
		spans[i].got = (size_t)got < spans[i].len ? (size_t)got : spans[i].len;
		got -= (ssize_t)spans[i].got;
	}
	return NULL;
}

static struct err *read_spans(struct memory *memory, struct mem_span *spans, size_t n)
{
	return process_read(memory, ((struct process_memory *)memory)->pid, spans, n);
}

void process_memory_init(struct process_memory *memory, pid_t pid)
{
	*memory = (struct process_memory){ .memory.read = read_spans, .pid = pid };
}

struct err *process_auxv(pid_t pid, unsigned long type, uint64_t *ret)
{
	_cleanup_close_ int fd = -1;
	uint64_t pair[2];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = FAULT_OR(FAULT_AUXV, pid, open(path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? err_gone() : err_errno(errno, "cannot open '%s'", path);
	while (read(fd, pair, sizeof(pair)) == (ssize_t)sizeof(pair) && pair[0]) {
		if (pair[0] == type) {
			*ret = pair[1];
			return NULL;
		}
	}
	*ret = 0;
	return NULL;
}
