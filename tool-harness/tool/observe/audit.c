/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The observer that the tasks themselves tell: the kit's audit library is loaded into each
 * (LD_AUDIT, ld.so(8)) and writes every load and unload into memory shared with us. Whole
 * and exact, unless a ring overflows, which is counted and makes the trial invalid.
 */
#include <errno.h>
#include <string.h>

#include "audit/ring.h"
#include "ld/auditlog.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "tool/observe/observe.h"

#define LIBRARY_NAME "attachstorm-audit.so"

struct audited {
	struct observe *observe;
	struct observed *task;
	struct auditring *ring;
	struct auditlog log;
	struct auditring_counts counts;
	uint64_t n_starts; /* programs whose libraries have been counted, the last one's to be */
};

static struct err *library_find(char **ret)
{
	_cleanup_free_ char *library = NULL;
	struct err *err = fs_own_file("ATTACHSTORM_AUDIT", LIBRARY_NAME, &library);

	if (err)
		return err;
	if (access(library, R_OK))
		return err_hint(err_errno(errno, "cannot use the audit library '%s'", library),
				"it belongs beside the program attachstorm; 'make' builds both");
	*ret = no_free_ptr(library);
	return NULL;
}

static struct err *audit_prepare(struct observe *observe)
{
	_cleanup_free_ char *library = NULL, *dir = NULL;
	const char *other = getenv("LD_AUDIT");
	struct err *err = library_find(&library);

	if (!err)
		err = fs_realpath(observe->request->plan->dir, &dir);
	if (err)
		return err;
	observe_env(observe, mem_printf("LD_AUDIT=%s%s%s", library, other ? ":" : "", other ? other : ""));
	observe_env(observe, mem_printf("%s=%s", AUDIT_DIR_VARIABLE, dir));
	return NULL;
}

static struct err *audit_open(struct observe *observe)
{
	struct audited *audited = mem_calloc(observe->n_tasks, sizeof(*audited));

	observe->own = audited;
	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct err *err = auditring_create(observe->job->dir, observe->tasks[i].pid, &audited[i].ring);

		if (err)
			return err;
		audited[i].observe = observe;
		audited[i].task = &observe->tasks[i];
	}
	return NULL;
}

static struct library **libraries_of(const struct audited *from, char *const *names, size_t n)
{
	struct library **libraries = mem_calloc(n + 1, sizeof(libraries[0]));

	for (size_t i = 0; i < n; i++)
		libraries[i] = observe_library(from->observe, from->task, names[i]);
	return libraries;
}

static void audit_tell(void *data, const struct audit_event *from)
{
	struct audited *audited = data;
	struct observe *observe = audited->observe;
	struct observed *task = audited->task;
	struct trial_task *to = &observe->trial->tasks[task->index];
	_cleanup_free_ struct library **added = libraries_of(audited, from->added, from->n_added);
	_cleanup_free_ struct library **removed = libraries_of(audited, from->removed, from->n_removed);
	struct event *event = observe_event(observe, task, from->class, from->ns);

	/* Of another program, by exec, nothing is mapped yet. */
	if (to->libraries_at_end < 0 || audited->n_starts != audited->log.n_starts) {
		to->libraries_at_end = 0;
		to->libraries_at_start = -1;
		audited->n_starts = audited->log.n_starts;
	}
	event->tid = from->tid;
	observe_added(observe, task, added, from->n_added);
	observe_name(observe, event, added, from->n_added, removed, from->n_removed);
	to->libraries_at_end += (int64_t)from->n_added - (int64_t)from->n_removed;
	if (from->class == EVENT_CONSISTENT && to->libraries_at_start < 0)
		to->libraries_at_start = to->libraries_at_end;
}

static struct err *audit_look(struct observe *observe)
{
	struct audited *audited = observe->own;

	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct err *err = auditring_drain(audited[i].ring, &audited[i].log, audit_tell, &audited[i],
						  &audited[i].counts);

		if (err)
			return err_wrap(err, "rank %zu", i);
	}
	return NULL;
}

/* What the task counts is what was taken, or the interface was deaf to some of it. */
static struct err *audit_finish(struct observe *observe)
{
	struct audited *audited = observe->own;

	for (size_t i = 0; i < observe->n_tasks; i++) {
		const struct auditring_counts *counts = &audited[i].counts;

		auditlog_end(&audited[i].log, audit_tell, &audited[i]);
		if (!audited[i].log.n_starts)
			trial_contradict(observe->trial, "rank %zu: its loader did not take the audit library", i);
		if (counts->dropped)
			trial_contradict(observe->trial, "rank %zu: %ju records of its audit library were lost: its "
					 "ring was full", i, (uintmax_t)counts->dropped);
		/* A task that still ran when it was looked at last may have written more. */
		if (observe->trial->phases.ended_ns && audited[i].log.n_taken != counts->written)
			trial_contradict(observe->trial, "rank %zu: %ju of %ju records of its audit library went "
					 "unheard", i, (uintmax_t)(counts->written - audited[i].log.n_taken),
					 (uintmax_t)counts->written);
	}
	return NULL;
}

static void audit_close(struct observe *observe)
{
	struct audited *audited = observe->own;

	for (size_t i = 0; audited && i < observe->n_tasks; i++) {
		auditring_destroy(audited[i].ring);
		auditlog_deinit(&audited[i].log);
	}
	free(audited);
}

const struct observer_ops observer_audit = {
	.prepare = audit_prepare,
	.open = audit_open,
	.look = audit_look,
	.finish = audit_finish,
	.close = audit_close,
};
