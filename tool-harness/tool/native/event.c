/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stop at the loader's hook, handled and measured. This path is what T1 and T2 are made
 * of, so every call on it is there for a reason: instruction pointer, one batched read, continue.
 *
 * Invariant: the parts of an event's time do not overlap and lie in begin_ns to done_ns.
 */
#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/native/native.h"

static struct event *event_begin(struct native *native, struct native_task *t, const struct stop *stop,
				 int64_t begin_ns)
{
	struct event *event = trial_add_event(native->trial);

	event->task = t->task->index;
	event->tid = stop->thread->tid;
	event->seen_ns = stop->seen_ns;
	event->begin_ns = begin_ns;
	return event;
}

/* The first consistent stop: the task waits here until all tasks have come so far. */
static void hold_started(struct native *native, struct native_task *t, const struct stop *stop,
			 const struct loader_stop *loader_stop)
{
	t->event = native->trial->n_events - 1;
	t->state = NATIVE_STARTED;
	t->waiting = stop->thread;
	t->stop = *loader_stop;
}

/* The stack pointer, where it is needed to find the return address. */
static struct err *stack_pointer(const struct native_task *t, struct thread *thread, taddr *ret)
{
	struct user_regs_struct regs = { 0 };
	bool needed = t->loader.trap == LOADER_TRAP_HOOK && !t->loader.returning;
	struct err *err = needed ? thread_regs_get(thread, &regs) : NULL;

	if (!err)
		*ret = regs.rsp;
	return err;
}

static void count_stop(struct trial_task *task, struct event *event, enum event_class class)
{
	event->class = class;
	task->stops[class]++;
	task->load_events += class != EVENT_ADD && class != EVENT_DELETE;
}

static int64_t lap(int64_t *since_ns)
{
	int64_t begin_ns = *since_ns;

	*since_ns = clock_now_ns();
	return *since_ns - begin_ns;
}

/* What the policy does about a consistent stop: symbols, breakpoints of before, new ones. */
static struct err *follow_policy(struct native *native, struct native_task *t, struct loader_change *change,
				 struct event *event, int64_t now_ns)
{
	const struct policy *policy = native->policy;
	int64_t slow_ns = native->request->scenario->slow_breakpoint_ns;
	struct loader_change whole = { 0 };
	const struct loader_change *search = NULL;
	struct err *err = NULL;

	if (policy->searches(native, change)) {
		if (policy->whole)
			namespaces_all(&t->loader.spaces, &whole);
		search = policy->whole ? &whole : change;
		native_resolve_added(native, t, search);
		event->symbols_ns = lap(&now_ns);
	}
	if (policy->again && native->request->n_breakpoints) {
		err = policy->again(native, t, event);
		native_slow(event->reinserted * slow_ns);
		event->breakpoints_ns = lap(&now_ns);
	}
	if (!err && search && native->request->n_breakpoints) {
		uint32_t before = event->planted;

		err = native_plant_added(native, t, search, &event->planted);
		native_slow((event->planted - before) * slow_ns);
		event->plant_ns = lap(&now_ns);
	}
	loader_change_deinit(&whole);
	return err;
}

/* Lets go who was held, and the thread. Once it has started, a task with deferred breakpoints is
 * not stopped at loads any more. */
static struct err *event_end(struct native *native, struct native_task *t, struct thread *thread,
			     const struct loader_stop *loader_stop)
{
	struct err *err = NULL;

	if (native_is_deferred(native) && t->state == NATIVE_RUNNING && loader_stop->state == LOADER_CONSISTENT)
		err = native_unhook(native, t);
	if (!err)
		err = native_scope_release(native, t);
	return err ? err : native_hook_return(t, thread, loader_stop);
}

static struct err *load_event(struct native *native, struct native_task *t, const struct stop *stop, taddr at,
			      int64_t begin_ns)
{
	struct native_counters before = native_counters_now(native, t);
	struct loader_change change = { 0 };
	struct loader_stop loader_stop;
	struct trial_task *task = native_trial_task(native, t);
	struct event *event;
	taddr sp;
	struct err *err;

	before.calls--; /* the request that told where the thread stands is this event's, too */
	err = native_scope_hold(native, t, stop->thread);
	if (!err)
		err = stack_pointer(t, stop->thread, &sp);
	if (!err)
		err = loader_read_stop(&t->loader, t->task, at, sp, &loader_stop);
	if (err)
		return err;
	event = event_begin(native, t, stop, begin_ns);
	if (t->state == NATIVE_STARTING && loader_stop.state == LOADER_CONSISTENT) {
		err = native_scope_release(native, t);
		native_event_count(event, native, t, &before);
		event->linkmap_ns = clock_now_ns() - begin_ns;
		count_stop(task, event, loader_stop.class);
		hold_started(native, t, stop, &loader_stop);
		return err;
	}
	if (loader_stop.state == LOADER_CONSISTENT) {
		err = loader_update(&t->loader, t->task, &loader_stop,
				    native->request->scenario->linkmap == LINKMAP_FULL, &change);
		if (!err)
			native_note_change(native, t, &change, event);
		native_slow(native->request->scenario->slow_event_ns);
	}
	count_stop(task, event, loader_stop.class);
	if (!err && change.n_removed)
		native_forget_removed(native, t, &change);
	event->linkmap_ns = clock_now_ns() - begin_ns;
	if (!err && loader_stop.state == LOADER_CONSISTENT)
		err = follow_policy(native, t, &change, event, begin_ns + event->linkmap_ns);
	loader_change_deinit(&change);
	if (!err && loader_stop.state == LOADER_CONSISTENT)
		err = native_event_stack(native, t, stop->thread, event);
	if (!err)
		err = event_end(native, t, stop->thread, &loader_stop);
	event->done_ns = clock_now_ns();
	native_event_count(event, native, t, &before);
	return err;
}

struct err *native_load_event(struct native *native, struct native_task *t, const struct stop *stop, taddr at,
			      int64_t begin_ns)
{
	struct err *err = load_event(native, t, stop, at, begin_ns);

	/* A task that died meanwhile must not leave the others held. */
	if (err)
		err_free(native_scope_release(native, t));
	return err;
}
