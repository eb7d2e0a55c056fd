/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader's end of the memory that an audited task shares (audit/ring.h). Decoding is
 * auditlog.c's. Invariant: the task's numbers are checked before they are used.
 */
#include "ld/auditlog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "audit/ring.h"
#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"

struct auditring {
	char *path;
	struct audit_ring *shared;
};

struct err *auditring_create(const char *dir, pid_t pid, struct auditring **ret)
{
	_cleanup_free_ char *name = mem_printf("%s%ld", AUDIT_FILE_PREFIX, (long)pid);
	_cleanup_free_ char *path = fs_join(dir, name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct auditring *ring;
	void *map;

	if (fd < 0 || ftruncate(fd, (off_t)AUDIT_FILE_BYTES))
		return err_errno(errno, "cannot make '%s'", path);
	map = fault_at(FAULT_MAP, pid) ? MAP_FAILED :
					 mmap(NULL, AUDIT_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return err_errno(errno, "cannot map '%s'", path);
	ring = mem_alloc(sizeof(*ring));
	ring->path = no_free_ptr(path);
	ring->shared = map;
	ring->shared->magic = AUDIT_MAGIC;
	ring->shared->record_bytes = sizeof(struct audit_record);
	*ret = ring;
	return NULL;
}

/* The file is of no use to anybody later; the task has its own mapping. */
void auditring_destroy(struct auditring *ring)
{
	if (!ring)
		return;
	munmap(ring->shared, AUDIT_FILE_BYTES);
	unlink(ring->path);
	free(ring->path);
	free(ring);
}

struct err *auditring_drain(struct auditring *ring, struct auditlog *log, auditlog_tell *tell, void *data,
			    struct auditring_counts *ret)
{
	struct audit_ring *shared = ring->shared;
	uint64_t tail = __atomic_load_n(&shared->tail, __ATOMIC_RELAXED);
	uint64_t n = __atomic_load_n(&shared->head, __ATOMIC_ACQUIRE) - tail;
	_cleanup_free_ unsigned char *bytes = NULL;
	uint64_t offset, first;

	ret->written = __atomic_load_n(&shared->written, __ATOMIC_RELAXED);
	ret->dropped = __atomic_load_n(&shared->dropped, __ATOMIC_RELAXED);
	if (!n)
		return NULL;
	if (n > AUDIT_RING_BYTES)
		return err_new("the audit log '%s' is damaged: more than it can hold is in it", ring->path);
	/* A copy: what the task may change meanwhile is not checked and used at once. */
	bytes = mem_alloc(n);
	offset = tail % AUDIT_RING_BYTES;
	first = n < AUDIT_RING_BYTES - offset ? n : AUDIT_RING_BYTES - offset;
	memcpy(bytes, shared->data + offset, first);
	memcpy(bytes + first, shared->data, n - first);
	__atomic_store_n(&shared->tail, tail + n, __ATOMIC_RELEASE);
	return auditlog_feed(log, bytes, n, tell, data);
}
