/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decoding an audit library's records. Auditors hear of two things that debuggers do not:
 * the end of the process, where _dl_fini announces a deletion and closes all objects after
 * it (dlclose closes them before), and not of one that they do: the consistent state of a
 * namespace that a deletion has emptied (glibc 2.36, elf/dl-close.c, dl-fini.c,
 * dl-audit.c). Both are put right here.
 * Invariant: no byte outside of what was given is looked at.
 */
#include "ld/auditlog.h"

#include <string.h>

#include "audit/ring.h"
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

static bool is_empty(const struct auditlog *log, int32_t lmid)
{
	for (size_t i = 0; i < log->n_objects; i++)
		if (log->objects[i].lmid == lmid)
			return false;
	return true;
}

static void open_object(struct auditlog *log, const struct audit_record *record, const char *name)
{
	mem_grow(log->objects, log->n_objects, log->cap_objects);
	log->objects[log->n_objects++] = (struct audit_object){
		.cookie = record->cookie,
		.lmid = record->lmid,
		.name = mem_strndup(name, record->name_bytes),
	};
	mem_grow(log->added, log->n_added, log->cap_added);
	log->added[log->n_added++] = mem_strndup(name, record->name_bytes);
}

static void close_object(struct auditlog *log, const struct audit_record *record)
{
	struct audit_object *object = find(log, record->cookie);

	if (!object)
		return;
	mem_grow(log->removed, log->n_removed, log->cap_removed);
	log->removed[log->n_removed++] = object->name;
	log->deleting_in = object->lmid;
	memmove(object, object + 1, (size_t)(log->objects + log->n_objects - (object + 1)) * sizeof(*object));
	log->n_objects--;
}

/* A consistent state: what came and went until now belongs to it. */
static void tell_consistent(struct auditlog *log, struct audit_event event, auditlog_tell *tell, void *data)
{
	event.class = log->announced ? EVENT_CONSISTENT : EVENT_NULL;
	event.added = log->added;
	event.n_added = log->n_added;
	event.removed = log->removed;
	event.n_removed = log->n_removed;
	tell(data, &event);
	log->announced = false;
	names_clear(log->added, &log->n_added);
	names_clear(log->removed, &log->n_removed);
}

static void activity(struct auditlog *log, const struct audit_record *record, auditlog_tell *tell, void *data)
{
	struct audit_event event = { .tid = record->tid, .ns = record->ns };

	switch ((enum audit_kind)record->kind) {
	case AUDIT_ADD:
		/* Told again for each object of one load by some versions. */
		if (log->announced)
			break;
		event.class = EVENT_ADD;
		log->announced = true;
		tell(data, &event);
		break;
	case AUDIT_DELETE:
		event.class = EVENT_DELETE;
		log->deletion = event;
		log->deleting = true;
		if (!log->n_removed || !is_empty(log, log->deleting_in))
			break;
		tell(data, &event);
		log->announced = true;
		log->deleting = false;
		tell_consistent(log, event, tell, data);
		break;
	default: /* AUDIT_CONSISTENT */
		if (log->deleting) {
			tell(data, &log->deletion);
			log->announced = true;
			log->deleting = false;
		}
		tell_consistent(log, event, tell, data);
		break;
	}
}

/* The process ends: objects close behind the announcement. Nothing is told from here on. */
static bool is_ending(struct auditlog *log, const struct audit_record *record)
{
	if (record->kind == AUDIT_START) {
		log->ending = false;
		log->announced = log->deleting = false;
		objects_clear(log);
		names_clear(log->added, &log->n_added);
		names_clear(log->removed, &log->n_removed);
		log->n_starts++;
	} else if (record->kind == AUDIT_CLOSE && log->deleting) {
		log->ending = true;
	}
	return log->ending;
}

static void take(struct auditlog *log, const struct audit_record *record, const char *name, auditlog_tell *tell,
		 void *data)
{
	if (is_ending(log, record))
		return;
	switch ((enum audit_kind)record->kind) {
	case AUDIT_START:
		break;
	case AUDIT_OPEN:
		open_object(log, record, name);
		break;
	case AUDIT_CLOSE:
		close_object(log, record);
		break;
	case AUDIT_ADD:
	case AUDIT_DELETE:
	case AUDIT_CONSISTENT:
		activity(log, record, tell, data);
		break;
	}
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
		take(log, &record, at + sizeof(record), tell, data);
		at += record.bytes;
		len -= record.bytes;
	}
	return NULL;
}
