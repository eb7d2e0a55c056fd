/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the audit library of one task tells, turned into what a debugger would have seen at
 * the loader's hook. The bytes come from a process that is not to be trusted.
 */
#ifndef LD_AUDITLOG_H
#define LD_AUDITLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "measure/trial.h"

/* One load event's end or beginning, with the names of what came (or went) with it. */
struct audit_event {
	enum event_class class;
	pid_t tid;
	int64_t ns;
	char *const *added;   /* of EVENT_CONSISTENT; borrowed for the call */
	size_t n_added;
	char *const *removed;
	size_t n_removed;
};

struct audit_object {
	uint64_t cookie;
	int32_t lmid;
	char *name;
};

struct auditlog {
	struct audit_object *objects; /* open now, in the order of their opening */
	size_t n_objects, cap_objects;
	char **added, **removed;      /* since the last consistent state */
	size_t n_added, cap_added, n_removed, cap_removed;
	bool announced;               /* an addition was, which is not over */
	bool deleting;                /* a deletion was, which is not told yet */
	struct audit_event deletion, closed; /* its announcement; the last close */
	uint64_t deletion_of;         /* cookie of the first object of its namespace */
	int32_t deleting_in;          /* namespace of the last object closed */
	uint64_t program;             /* cookie of the first object, which the end closes; 0: none is open */
	bool program_closed;          /* the end's own consistent state is still to come */
	uint64_t n_starts;            /* programs begun: one, and one for each exec */
	uint64_t n_taken;             /* records */
};

typedef void auditlog_tell(void *data, const struct audit_event *event);

/*
 * Takes whole records from bytes. Events are told in order. What is malformed is an error,
 * after which the log is of no more use.
 */
MUST_CHECK struct err *auditlog_feed(struct auditlog *log, const void *bytes, size_t len, auditlog_tell *tell,
				     void *data);

/* The task has ended, nothing more comes: tells what waited for the next record. */
void auditlog_end(struct auditlog *log, auditlog_tell *tell, void *data);
void auditlog_deinit(struct auditlog *log);

/* The shared file of one task. */
struct auditring;

/* Makes it, mapped and empty, in an existing folder. */
MUST_CHECK struct err *auditring_create(const char *dir, pid_t pid, struct auditring **ret);
void auditring_destroy(struct auditring *ring);

/* Of records so far, as the task counts them. */
struct auditring_counts {
	uint64_t written, dropped; /* dropped: they found the ring full */
};

/* Feeds what is new. */
MUST_CHECK struct err *auditring_drain(struct auditring *ring, struct auditlog *log, auditlog_tell *tell, void *data,
				       struct auditring_counts *ret);

#endif
