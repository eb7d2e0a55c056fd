/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The observer that nobody tells anything: it looks at every task's link maps at an interval
 * and tells what differs. What comes and goes between two looks is never seen.
 */
#include <string.h>

#include "lib/clock.h"
#include "tool/observe/observe.h"

static struct err *look_at(struct observe *observe, struct observed *task)
{
	uint64_t nodes = namespaces_nodes_read(&task->loader.spaces), bytes = task->memory.memory.bytes_read;
	int64_t begin_ns = clock_now_ns(), read_ns;
	struct observe_change change;
	struct event *event;
	struct err *err = observe_maps(observe, task, &change);

	if (err || !(change.n_added + change.n_removed))
		return err;
	read_ns = clock_now_ns();
	observe_added(observe, task, change.added, change.n_added);
	event = observe_event(observe, task, change.n_added ? EVENT_LOADED : EVENT_UNLOADED, begin_ns);
	observe_name(observe, event, change.added, change.n_added, change.removed, change.n_removed);
	event->tid = task->pid;
	event->done_ns = clock_now_ns();
	event->linkmap_ns = read_ns - begin_ns;
	event->symbols_ns = event->done_ns - read_ns;
	event->nodes_read = (uint32_t)(namespaces_nodes_read(&task->loader.spaces) - nodes);
	event->bytes_read = (uint32_t)(task->memory.memory.bytes_read - bytes);
	observe_change_deinit(&change);
	return NULL;
}

static struct err *poll_look(struct observe *observe)
{
	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct err *err = look_at(observe, &observe->tasks[i]);

		if (err)
			return err_wrap(err, "rank %zu", i);
	}
	return NULL;
}

/* Of a task whose link maps never were there to be looked at nothing is known: not that there was nothing. */
static void forget_counts(struct trial_task *task)
{
	memset(task->stops, -1, sizeof(task->stops));
	task->load_events = task->target_libraries = -1;
}

/* What it read last is believed to be the end of it. */
static struct err *poll_finish(struct observe *observe)
{
	for (size_t i = 0; i < observe->n_tasks; i++) {
		if (observe->tasks[i].lost)
			trial_contradict(observe->trial, "rank %zu: its link map could not be read any more before it "
					 "ended", i);
		if (observe->trial->tasks[i].libraries_at_end < 0)
			forget_counts(&observe->trial->tasks[i]);
	}
	return NULL;
}

const struct observer_ops observer_poll = { .look = poll_look, .finish = poll_finish, .sampled = true };
