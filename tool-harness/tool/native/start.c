/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start-up event is handled in three rounds over all tasks (link maps, symbols,
 * breakpoints), each timed. Its begin and done are as if the parts had followed one
 * another, so that handling times add up; the wait between rounds is no handling.
 *
 * Invariant: the event was begun by the task's first consistent stop, or by its adoption.
 */
#include "lib/clock.h"
#include "tool/native/native.h"

static struct event *start_event(struct native *native, const struct native_task *t)
{
	return &native->trial->events[t->event];
}

struct err *native_start_linkmap(struct native *native, struct native_task *t)
{
	const struct native_counters before = native_counters_now(native, t);
	struct event *event = start_event(native, t);
	struct loader_change change = { 0 };
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	err = loader_update(&t->loader, t->task, &t->stop, true, &change);
	if (err)
		return err;
	/* Names belong to the event they follow: these events were logged before others began. */
	event->names_at = (uint32_t)native->trial->n_names;
	native_note_change(native, t, &change, event);
	native_trial_task(native, t)->libraries_at_start = namespaces_count(&t->loader.spaces);
	loader_change_deinit(&change);
	native_slow(native->request->scenario->slow_event_ns);
	event->linkmap_ns += clock_now_ns() - begin_ns;
	native_event_count(event, native, t, &before);
	return NULL;
}

static struct loader_change whole_map(const struct native_task *t)
{
	struct loader_change change;

	namespaces_all(&t->loader.spaces, &change);
	return change;
}

struct err *native_start_symbols(struct native *native, struct native_task *t)
{
	struct loader_change change = whole_map(t);
	int64_t begin_ns = clock_now_ns();

	native_resolve_added(native, t, &change);
	loader_change_deinit(&change);
	start_event(native, t)->symbols_ns += clock_now_ns() - begin_ns;
	return NULL;
}

struct err *native_start_plant(struct native *native, struct native_task *t)
{
	const struct native_counters before = native_counters_now(native, t);
	struct loader_change change = whole_map(t);
	struct event *event = start_event(native, t);
	int64_t begin_ns = clock_now_ns();
	struct err *err = native_plant_added(native, t, &change, &event->planted);

	loader_change_deinit(&change);
	native_slow(event->planted * native->request->scenario->slow_breakpoint_ns);
	event->plant_ns += clock_now_ns() - begin_ns;
	native_event_count(event, native, t, &before);
	return err;
}

struct err *native_start_continue(struct native *native, struct native_task *t)
{
	const struct native_counters before = native_counters_now(native, t);
	struct event *event = start_event(native, t);
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	err = native_is_deferred(native) ? native_unhook(native, t) : NULL;
	if (err)
		return err;
	err = t->waiting ? native_hook_return(t, t->waiting, &t->stop) : threads_release(t->task);
	t->waiting = NULL;
	t->state = NATIVE_RUNNING;
	event->done_ns = event->begin_ns + event->linkmap_ns + event->symbols_ns + event->plant_ns +
			 (clock_now_ns() - begin_ns);
	native_event_count(event, native, t, &before);
	return err;
}
