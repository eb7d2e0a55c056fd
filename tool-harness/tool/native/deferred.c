/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints that go in later: the trap at the loader's hook is taken out once a task's start-up
 * is over, and at the moment that the scenario names the task is interrupted, its link map read
 * and all that is new searched, all at once. What was called before then was missed.
 *
 * Invariant: a map is only looked at while all threads of its task are stopped and the loader is
 * not changing it; a look that finds it changing is made up for at the next tick.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/native/native.h"

#define MARK_MAX 64

/* --- looking ---------------------------------------------------------------------- */

static struct err *search(struct native *native, struct native_task *t, struct loader_change *change,
			  struct event *event)
{
	const struct scenario *scenario = native->request->scenario;
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	native_resolve_added(native, t, change);
	event->symbols_ns = clock_now_ns() - begin_ns;
	begin_ns += event->symbols_ns;
	err = native_plant_added(native, t, change, &event->planted);
	native_slow(event->planted * scenario->slow_breakpoint_ns);
	event->plant_ns = clock_now_ns() - begin_ns;
	return err;
}

/* All threads are stopped. What came and went unseen since the last look is not told. */
static struct err *look(struct native *native, struct native_task *t)
{
	const struct native_counters before = native_counters_now(native, t);
	struct trial_task *task = native_trial_task(native, t);
	struct loader_change change = { 0 };
	int64_t begin_ns = clock_now_ns();
	struct loader_stop stop;
	struct event *event;
	struct err *err;

	/* The last node that we know of may be gone: it is not read, the whole list is. */
	for (size_t i = 0; i < t->loader.spaces.n; i++)
		t->loader.spaces.v[i].deleted = true;
	err = loader_read_stop(&t->loader, t->task, 0, 0, &stop);
	t->loader.announced = false;
	t->look_due = !err && !namespaces_are_consistent(&t->loader.spaces);
	if (err || t->look_due)
		return err;
	err = loader_update(&t->loader, t->task, &stop, true, &change);
	if (err || !(change.n_added + change.n_removed))
		return err;
	event = trial_add_event(native->trial);
	event->task = t->task->index;
	event->tid = t->task->pid;
	event->class = change.n_added ? EVENT_LOADED : EVENT_UNLOADED;
	event->seen_ns = event->begin_ns = begin_ns;
	task->stops[event->class]++;
	task->load_events++;
	native_note_change(native, t, &change, event);
	native_forget_removed(native, t, &change);
	native_slow(native->request->scenario->slow_event_ns);
	event->linkmap_ns = clock_now_ns() - begin_ns;
	err = search(native, t, &change, event);
	loader_change_deinit(&change);
	event->done_ns = clock_now_ns();
	native_event_count(event, native, t, &before);
	return err;
}

/* `stopped` is at a stop of its own, the others are interrupted; NULL: all are. */
static struct err *hold_and_look(struct native *native, struct native_task *t, const struct thread *stopped)
{
	struct err *err = threads_hold(t->task, stopped);
	struct err *release_err;

	if (!err)
		err = look(native, t);
	t->looked_ns = clock_now_ns();
	release_err = threads_release(t->task);
	if (!err)
		return release_err;
	err_free(release_err);
	return err;
}

/* --- moments ---------------------------------------------------------------------- */

struct err *native_mark(struct native *native, struct native_task *t, struct thread *thread, const struct trap *trap)
{
	int wanted = native->request->scenario->breakpoints_deferred_until - DEFERRED_MARK_FIRST;
	_cleanup_free_ char *name = NULL;
	struct user_regs_struct regs;
	taddr at = trap->addr;
	struct err *err;

	err = thread_regs_get(thread, &regs);
	if (!err)
		err = memory_read_string(&t->task->memory, regs.rdi, MARK_MAX, &name);
	if (!err)
		err = thread_step_over(thread, trap);
	if (!err && !strcmp(name, mark_names[wanted])) {
		err = trap_remove(t->task, at);
		if (!err)
			err = hold_and_look(native, t, thread);
	}
	return err ? err : thread_cont(thread, 0);
}

struct err *native_stopped_otherwise(struct native *native, struct native_task *t, const struct thread *thread)
{
	if (!native_is_deferred(native) || t->state != NATIVE_RUNNING ||
	    native->request->scenario->breakpoints_deferred_until != DEFERRED_STOP)
		return NULL;
	return hold_and_look(native, t, thread);
}

static bool is_due(const struct native *native, const struct native_task *t)
{
	const struct scenario *scenario = native->request->scenario;

	if (t->state != NATIVE_RUNNING || t->task->gone)
		return false;
	return t->look_due || (scenario->breakpoints_deferred_until == DEFERRED_INTERVAL &&
			       clock_now_ns() - t->looked_ns >= scenario->breakpoints_deferred_interval_ns);
}

struct err *native_deferred_tick(struct native *native)
{
	for (size_t i = 0; native_is_deferred(native) && i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];
		struct err *err = is_due(native, t) ? hold_and_look(native, t, NULL) : NULL;

		if (err && !err_is_gone(err))
			return err_wrap(err, "rank %zu", i);
	}
	return NULL;
}
