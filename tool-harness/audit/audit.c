/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm-audit.so: an audit library (rtld-audit(7)) that tells the harness, through
 * memory that they share, of every library the loader opens and closes. The task is never
 * stopped and never waits. Without the harness's file it does nothing.
 *
 * Invariant: it writes only as the process that the file is named after, so a forked child,
 * which shares the mapping, is silent.
 */
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "audit/ring.h"

#define ALIGNMENT 8u

static struct audit_ring *ring;
static pid_t owner;

unsigned int la_version(unsigned int version);
unsigned int la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie);
unsigned int la_objclose(uintptr_t *cookie);
void la_activity(uintptr_t *cookie, unsigned int flag);

static void copy_in(uint64_t at, const void *bytes, size_t len)
{
	uint64_t offset = at % AUDIT_RING_BYTES;
	size_t first = len < AUDIT_RING_BYTES - offset ? len : AUDIT_RING_BYTES - offset;

	memcpy(ring->data + offset, bytes, first);
	memcpy(ring->data, (const unsigned char *)bytes + first, len - first);
}

static void tell(enum audit_kind kind, uint64_t cookie, Lmid_t lmid, const char *name)
{
	struct audit_record record = { .kind = (uint16_t)kind, .lmid = (int32_t)lmid, .cookie = cookie };
	struct timespec now;
	uint64_t head, tail;
	size_t len = strlen(name);

	if (!ring || getpid() != owner)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	record.ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	record.tid = (int32_t)syscall(SYS_gettid);
	record.name_bytes = (uint16_t)(len < UINT16_MAX ? len : UINT16_MAX);
	record.bytes = (uint32_t)(sizeof(record) + record.name_bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	head = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
	tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	if (head - tail > AUDIT_RING_BYTES - record.bytes) {
		__atomic_add_fetch(&ring->dropped, 1, __ATOMIC_RELAXED);
		return;
	}
	copy_in(head, &record, sizeof(record));
	copy_in(head + sizeof(record), name, record.name_bytes);
	__atomic_store_n(&ring->written, ring->written + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->head, head + record.bytes, __ATOMIC_RELEASE);
}

static void ring_map(void)
{
	const char *dir = getenv(AUDIT_DIR_VARIABLE);
	struct stat st;
	char path[4096];
	void *map;
	int fd, len;

	if (!dir)
		return;
	len = snprintf(path, sizeof(path), "%s/%s%ld", dir, AUDIT_FILE_PREFIX, (long)getpid());
	if (len >= (int)sizeof(path))
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && st.st_size == (off_t)AUDIT_FILE_BYTES) {
		map = mmap(NULL, AUDIT_FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		ring = map == MAP_FAILED ? NULL : map;
	}
	close(fd);
	if (ring && (ring->magic != AUDIT_MAGIC || ring->record_bytes != sizeof(struct audit_record)))
		ring = NULL;
	owner = getpid();
}

unsigned int la_version(unsigned int version)
{
	ring_map();
	tell(AUDIT_START, 0, 0, "");
	return version < LAV_CURRENT ? version : LAV_CURRENT;
}

/* 0: no symbol binding is of interest, so calls between libraries cost what they always do. */
unsigned int la_objopen(struct link_map *map, Lmid_t lmid, uintptr_t *cookie)
{
	tell(AUDIT_OPEN, (uint64_t)(uintptr_t)cookie, lmid, map->l_name ? map->l_name : "");
	return 0;
}

unsigned int la_objclose(uintptr_t *cookie)
{
	tell(AUDIT_CLOSE, (uint64_t)(uintptr_t)cookie, 0, "");
	return 0;
}

void la_activity(uintptr_t *cookie, unsigned int flag)
{
	static const enum audit_kind kinds[] = {
		[LA_ACT_CONSISTENT] = AUDIT_CONSISTENT,
		[LA_ACT_ADD] = AUDIT_ADD,
		[LA_ACT_DELETE] = AUDIT_DELETE,
	};

	if (flag < sizeof(kinds) / sizeof(kinds[0]))
		tell(kinds[flag], (uint64_t)(uintptr_t)cookie, 0, "");
}
