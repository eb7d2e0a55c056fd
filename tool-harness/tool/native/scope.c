/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands still while an event is handled: its thread alone, its task, or all tasks.
 *
 * Invariant: who is held by native_scope_hold is let go by native_scope_release, and nobody else.
 */
#include "tool/native/native.h"

static struct err *task_hold(struct native_task *t, const struct thread *thread)
{
	return threads_hold(t->task, thread);
}

static struct err *task_release(struct native_task *t)
{
	return threads_release(t->task);
}

static struct err *all_hold(struct native_task *t, const struct thread *thread)
{
	return tracer_hold(t->task->tracer, thread);
}

static struct err *all_release(struct native_task *t)
{
	return tracer_release(t->task->tracer);
}

/* What the rows of the key `stop` do (job/scenario/choices.h). */
static const struct scope {
	const char *name;
	struct err *(*hold)(struct native_task *t, const struct thread *thread);
	struct err *(*release)(struct native_task *t);
} scopes[] = { EVENT_SCOPES(ROW_ACTS) };

struct err *native_scope_hold(const struct native *native, struct native_task *t, const struct thread *thread)
{
	const struct scope *scope = &scopes[native->request->scenario->stop];

	return scope->hold ? scope->hold(t, thread) : NULL;
}

struct err *native_scope_release(const struct native *native, struct native_task *t)
{
	const struct scope *scope = &scopes[native->request->scenario->stop];

	return scope->release ? scope->release(t) : NULL;
}
