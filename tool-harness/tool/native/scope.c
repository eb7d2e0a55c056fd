/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands still while an event is handled: its thread alone, its task, or all tasks; and the
 * policy's and the way's share of a run's begin, ticks and end.
 *
 * Invariant: who is held by native_scope_hold is let go by native_scope_release, and nobody else.
 */
#include "lib/mem.h"
#include "tool/native/native.h"
#include "tool/native/uprobes.h"

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

/* --- policy and way --------------------------------------------------------------- */

struct err *native_policy_init(struct native *native)
{
	const struct scenario *scenario = native->request->scenario;

	native->policy = policy_get((enum bp_policy)scenario->breakpoints_policy);
	native->way = trap_way_get((enum bp_write)scenario->breakpoints_write);
	native->trial->late = native->policy->late && native->request->n_breakpoints;
	native->trial->sampled = native_is_deferred(native);
	if (native->request->n_breakpoints && native->way->check) {
		struct err *err = native->way->check();

		if (err)
			return err;
	}
	if (scenario->breakpoints_write == BP_WRITE_UPROBE)
		native->uprobes = uprobes_create();
	return NULL;
}

/* Other processes of this machine, and the tasks' children, are none of ours. */
static void take_hit(void *data, uint32_t breakpoint, pid_t pid)
{
	struct native *native = data;

	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];

		if (t->task && t->task->pid == pid) {
			native_count_hit(native, t, breakpoint);
			return;
		}
	}
}

struct err *native_policy_tick(struct native *native)
{
	if (native->uprobes)
		uprobes_drain(native->uprobes, take_hit, native);
	return native_deferred_tick(native);
}

void native_policy_end(struct native *native)
{
	_cleanup_err_ struct err *err = NULL;
	uint64_t unheard = 0;

	if (!native->uprobes)
		return;
	err = uprobes_end(native->uprobes, take_hit, native, &unheard);
	if (err)
		trial_contradict(native->trial, "whether all hits of breakpoints were heard is not known: %s",
				 err_message(err));
	if (unheard)
		trial_contradict(native->trial, "%ju hits of breakpoints went unheard: a uprobe's buffer was full, or "
				 "the kernel held it back", (uintmax_t)unheard);
}

void native_policy_deinit(struct native *native)
{
	uprobes_destroy(native->uprobes);
	native->uprobes = NULL;
}
