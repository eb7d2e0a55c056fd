/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * process_vm_readv(2) as a struct memory, and whole transfers through an open /proc/PID/mem. Needs no
 * stopped thread; whether what it reads changes meanwhile is the caller's to know. Invariant: got is
 * set for every span, and what is left of a transfer is never taken for done.
 */
#include "trace/memory/procmem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

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

/*
 * /proc/PID/mem moves nothing, without an error, when the address space is gone: its process has ended,
 * or has another one since an exec (fs/proc/base.c, mem_rw). A byte that can be asked for says that it
 * is there still.
 */
static struct err *moved_nothing(const char *what, int mem_fd, pid_t pid, taddr addr)
{
	uint8_t byte;

	if (pread(mem_fd, &byte, 1, (off_t)addr) == 0)
		return err_gone();
	return err_new("cannot %s at 0x%" PRIx64 " of pid %d: nothing was moved", what, addr, (int)pid);
}

static struct err *move_failed(const char *what, int errnum, pid_t pid, taddr addr)
{
	if (errnum == ESRCH)
		return err_gone();
	return err_errno(errnum, "cannot %s at 0x%" PRIx64 " of pid %d", what, addr, (int)pid);
}

struct err *process_mem_write(int mem_fd, pid_t pid, taddr addr, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = FAULT_OR(FAULT_MEM_WRITE, pid,
				     pwrite(mem_fd, (const uint8_t *)bytes + done, len - done, (off_t)(addr + done)));

		if (n < 0)
			return move_failed("write", errno, pid, addr + done);
		if (n == 0)
			return moved_nothing("write", mem_fd, pid, addr + done);
		done += (size_t)n;
	}
	return NULL;
}

struct err *process_mem_read(int mem_fd, pid_t pid, taddr addr, void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = FAULT_OR(FAULT_MEM_READ, pid,
				     pread(mem_fd, (uint8_t *)buf + done, len - done, (off_t)(addr + done)));

		if (n < 0)
			return move_failed("read", errno, pid, addr + done);
		if (n == 0)
			return moved_nothing("read", mem_fd, pid, addr + done);
		done += (size_t)n;
	}
	return NULL;
}

/* As far as it is mapped. */
static struct err *mem_read_span(int mem_fd, pid_t pid, struct mem_span *span)
{
	while (span->got < span->len) {
		uint8_t *to = (uint8_t *)span->buf + span->got;
		taddr from = span->addr + span->got;
		ssize_t n = FAULT_OR(FAULT_MEM_READ, pid, pread(mem_fd, to, span->len - span->got, (off_t)from));

		if (n == 0)
			return moved_nothing("read", mem_fd, pid, from);
		if (n < 0)
			return errno == EIO ? NULL : move_failed("read", errno, pid, from);
		span->got += (size_t)n;
	}
	return NULL;
}

struct err *process_mem_read_spans(struct memory *memory, int mem_fd, pid_t pid, struct mem_span *spans, size_t n)
{
	struct err *err = NULL;

	for (size_t i = 0; i < n; i++)
		spans[i].got = 0;
	memory->calls++;
	for (size_t i = 0; !err && i < n; i++) {
		err = mem_read_span(mem_fd, pid, &spans[i]);
		memory->bytes_read += spans[i].got;
		if (spans[i].got < spans[i].len)
			break; /* it ends the batch */
	}
	return err;
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
