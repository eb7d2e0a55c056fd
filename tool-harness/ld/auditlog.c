/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decoding an audit library's records. Auditors hear of one thing that debuggers do not: the end
 * of the process, where _dl_fini announces a deletion in each namespace, closes its objects and
 * calls it consistent. And not of one that they do: the consistent state of a namespace that
 * a deletion has emptied. Both are put right here. The order of a deletion differs:
 *
 *	                  up to glibc 2.40            from 2.41 on (bug 32066)
 *	dlclose           close ... delete consistent delete close ... consistent
 *	  of a whole namespace   close ... delete     delete close ...
 *	end, a namespace  delete close ... consistent in both
 *
 * So the order tells nothing. The end of the program is told by its own object, which only _dl_fini
 * closes; that of another namespace by a consistent state of what has no object any more. No record is
 * left out after that: destructors load libraries, too. elf/dl-close.c, dl-fini.c, dl-audit.c.
 * Invariant: no byte outside of what was given is looked at.
 */
#include "ld/auditlog.h"

#include <string.h>

#include "audit/ring.h"
#include "lib/fault.h"
#include "lib/mem.h"

static void names_clear(char **names, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		free(names[i]);
	*n = 0;
}

static void objects_clear(struct auditlog *log)
{
	for (size_t i = 0; i < log->n_objects; i++)
		free(log->objects[i].name);
	log->n_objects = 0;
}

void auditlog_deinit(struct auditlog *log)
{
	objects_clear(log);
	names_clear(log->added, &log->n_added);
	names_clear(log->removed, &log->n_removed);
	free(log->objects);
	free(log->added);
	free(log->removed);
	*log = (struct auditlog){ 0 };
}

static struct audit_object *find(struct auditlog *log, uint64_t cookie)
{
	/* The newest first: what is closed or changed was mostly opened last. */
	for (size_t i = log->n_objects; i-- > 0;)
		if (log->objects[i].cookie == cookie)
			return &log->objects[i];
	return NULL;
}

/* The base namespace never is, since its program stays. */
static bool is_emptied(const struct auditlog *log)
{
	if (!log->deleting || !log->n_removed || !log->deleting_in)
		return false;
	for (size_t i = 0; i < log->n_objects; i++)
		if (log->objects[i].lmid == log->deleting_in)
			return false;
	return true;
}

static void open_object(struct auditlog *log, const struct audit_record *record, const char *name)
{
	if (!log->program && !log->program_closed)
		log->program = record->cookie;
	mem_grow(log->objects, log->n_objects, log->cap_objects);
	log->objects[log->n_objects++] = (struct audit_object){
		.cookie = record->cookie,
		.lmid = record->lmid,
		.name = mem_strndup(name, record->name_bytes),
	};
	mem_grow(log->added, log->n_added, log->cap_added);
	log->added[log->n_added++] = mem_strndup(name, record->name_bytes);
}

/* Its program: what is open now is closed one by one, which debuggers are not told. */
static void program_close(struct auditlog *log)
{
	log->program = 0;
	log->program_closed = true;
	log->deleting = false;
	objects_clear(log);
	names_clear(log->removed, &log->n_removed);
}

static void close_object(struct auditlog *log, const struct audit_record *record)
{
	struct audit_object *object = find(log, record->cookie);

	if (!object)
		return; /* one of before the end, or the loader's own entry, which was not opened before 2.41 */
	if (record->cookie == log->program) {
		program_close(log);
		return;
	}
	mem_grow(log->removed, log->n_removed, log->cap_removed);
	log->removed[log->n_removed++] = object->name;
	log->deleting_in = object->lmid;
	log->closed = (struct audit_event){ .tid = record->tid, .ns = record->ns };
	memmove(object, object + 1, (size_t)(log->objects + log->n_objects - (object + 1)) * sizeof(*object));
	log->n_objects--;
}

/* A deletion is over at `event`: its announcement, then what went. */
static void tell_deleted(struct auditlog *log, struct audit_event event, auditlog_tell *tell, void *data)
{
	tell(data, &log->deletion);
	event.class = EVENT_CONSISTENT;
	event.removed = log->removed;
	event.n_removed = log->n_removed;
	tell(data, &event);
	log->deleting = false;
	names_clear(log->removed, &log->n_removed);
}

/* A deletion that has emptied a namespace is over without a word: another record, or none, follows. */
static void settle_emptied(struct auditlog *log, auditlog_tell *tell, void *data)
{
	if (is_emptied(log))
		tell_deleted(log, log->closed, tell, data);
}

static void tell_added(struct auditlog *log, struct audit_event event, auditlog_tell *tell, void *data)
{
	event.class = log->announced ? EVENT_CONSISTENT : EVENT_NULL;
	event.added = log->added;
	event.n_added = log->n_added;
	tell(data, &event);
	log->announced = false;
	names_clear(log->added, &log->n_added);
}

static void take_add(struct auditlog *log, struct audit_event event, auditlog_tell *tell, void *data)
{
	/* Told again for each object of one load by some versions. */
	if (log->announced)
		return;
	event.class = EVENT_ADD;
	log->announced = true;
	tell(data, &event);
}

static void take_delete(struct auditlog *log, struct audit_event event, uint64_t cookie, auditlog_tell *tell,
			void *data)
{
	event.class = EVENT_DELETE;
	log->deletion = event;
	log->deletion_of = cookie;
	log->deleting = true;
	if (is_emptied(log)) /* as before 2.41: nothing else follows */
		tell_deleted(log, event, tell, data);
}

/* A load inside of a deletion, in a destructor, is over before it. */
static void take_consistent(struct auditlog *log, struct audit_event event, uint64_t cookie, auditlog_tell *tell,
			    void *data)
{
	if (!log->announced && is_emptied(log) && cookie == log->deletion_of) {
		/* The end: dlclose cannot say this of a namespace that is gone. */
		log->deleting = false;
		names_clear(log->removed, &log->n_removed);
		return;
	}
	settle_emptied(log, tell, data);
	if (!log->announced && log->deleting && log->n_removed) {
		tell_deleted(log, event, tell, data);
	} else if (!log->announced && log->program_closed) {
		log->program_closed = false; /* the last word of the end */
	} else {
		tell_added(log, event, tell, data);
	}
}

/* A program begins, the first one or by exec. */
static void take_start(struct auditlog *log)
{
	log->announced = log->deleting = log->program_closed = false;
	log->program = 0;
	objects_clear(log);
	names_clear(log->added, &log->n_added);
	names_clear(log->removed, &log->n_removed);
	log->n_starts++;
}

static void take(struct auditlog *log, const struct audit_record *record, const char *name, auditlog_tell *tell,
		 void *data)
{
	struct audit_event event = { .tid = record->tid, .ns = record->ns };

	if (record->kind != AUDIT_CLOSE && record->kind != AUDIT_CONSISTENT)
		settle_emptied(log, tell, data);
	switch ((enum audit_kind)record->kind) {
	case AUDIT_START:
		take_start(log);
		break;
	case AUDIT_OPEN:
		open_object(log, record, name);
		break;
	case AUDIT_CLOSE:
		close_object(log, record);
		break;
	case AUDIT_ADD:
		take_add(log, event, tell, data);
		break;
	case AUDIT_DELETE:
		take_delete(log, event, record->cookie, tell, data);
		break;
	case AUDIT_CONSISTENT:
		take_consistent(log, event, record->cookie, tell, data);
		break;
	}
	log->n_taken++;
}

void auditlog_end(struct auditlog *log, auditlog_tell *tell, void *data)
{
	settle_emptied(log, tell, data);
}

struct err *auditlog_feed(struct auditlog *log, const void *bytes, size_t len, auditlog_tell *tell, void *data)
{
	const char *at = bytes;

	while (len) {
		struct audit_record record;

		if (len < sizeof(record))
			return err_new("the audit log is damaged: a record is cut off");
		memcpy(&record, at, sizeof(record));
		if (record.bytes > len || record.bytes < sizeof(record) + record.name_bytes ||
		    record.kind > AUDIT_CLOSE)
			return err_new("the audit log is damaged: a record of kind %u has %u bytes", record.kind,
				       record.bytes);
		if (!fault_at(FAULT_HEAR, record.tid))
			take(log, &record, at + sizeof(record), tell, data);
		at += record.bytes;
		len -= record.bytes;
	}
	return NULL;
}
