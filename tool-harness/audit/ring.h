/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an audited task and the harness share: a file of AUDIT_FILE_BYTES, mapped by both,
 * that is a ring of records from the one to the other. The task writes, never waits, and
 * counts what does not fit. The loader calls auditors under its lock, so there is one
 * writer at a time; the reader is one, too.
 */
#ifndef AUDIT_RING_H
#define AUDIT_RING_H

#include <stdint.h>

#define AUDIT_MAGIC 0x61756473u
#define AUDIT_RING_BYTES (UINT64_C(1) << 20) /* a power of 2 */
#define AUDIT_DIR_VARIABLE "ATTACHSTORM_AUDIT_DIR"
#define AUDIT_FILE_PREFIX "audit." /* then the pid of the task: other processes have none */

enum audit_kind {
	AUDIT_START,      /* a program begins; after an exec a second one */
	AUDIT_ADD,        /* la_activity(3), LA_ACT_ADD */
	AUDIT_DELETE,     /* LA_ACT_DELETE */
	AUDIT_CONSISTENT, /* LA_ACT_CONSISTENT */
	AUDIT_OPEN,       /* la_objopen, with the name */
	AUDIT_CLOSE,      /* la_objclose */
};

/* Followed by name_bytes of the name, no NUL, and padding up to the next multiple of 8. */
struct audit_record {
	uint32_t bytes;      /* of the whole record */
	uint16_t kind;
	uint16_t name_bytes;
	int32_t tid;
	int32_t lmid;        /* of AUDIT_OPEN: the namespace */
	int64_t ns;          /* CLOCK_MONOTONIC */
	uint64_t cookie;     /* the object; of an activity the first object of its namespace */
};

/* Offsets count all bytes ever written or read; their place in data is modulo its size. */
struct audit_ring {
	uint32_t magic;
	uint32_t record_bytes; /* sizeof(struct audit_record): both sides were built alike */
	uint64_t head __attribute__((aligned(64)));    /* the task's */
	uint64_t written, dropped;                     /* the task's: records that did fit, and did not */
	uint64_t tail __attribute__((aligned(64)));    /* the reader's */
	unsigned char data[AUDIT_RING_BYTES] __attribute__((aligned(64)));
};

#define AUDIT_FILE_BYTES sizeof(struct audit_ring)

#endif
