/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pairs stops into load events, task by task. The loader holds its lock from the
 * announcement to the end, so a task has at most one load event open, whichever
 * of its threads is loading.
 *
 * Invariant: every stop is in exactly one load event, so sums over load events
 * equal sums over stops.
 */
#include "measure/loadevent.h"

#include <string.h>

#include "lib/mem.h"

static const size_t NONE = SIZE_MAX;

static void add_stop(struct load_event *load, const struct event *stop, size_t index)
{
	int64_t handling_ns = stop->done_ns ? stop->done_ns - stop->begin_ns : 0;

	load->last = index;
	load->stops++;
	load->untimed |= !stop->done_ns;
	load->handling_ns += handling_ns;
	load->t1_ns += handling_ns - stop->breakpoints_ns - stop->plant_ns;
	load->breakpoints_ns += stop->breakpoints_ns;
	load->plant_ns += stop->plant_ns;
	load->reinserted += stop->reinserted;
	load->planted += stop->planted;
	load->added += stop->added;
	load->removed += stop->removed;
}

static void begin_load(struct load_events *loads, const struct event *stop, size_t index)
{
	struct load_event *load;

	mem_grow(loads->events, loads->n, loads->cap);
	load = &loads->events[loads->n++];
	*load = (struct load_event){
		.task = stop->task,
		.class = stop->class,
		.phase = stop->phase,
		.first = index,
	};
	add_stop(load, stop, index);
}

void load_events_find(const struct trial *trial, struct load_events *ret)
{
	_cleanup_free_ size_t *open = mem_calloc(trial->n_tasks, sizeof(*open));
	struct load_events loads = { 0 };

	for (size_t i = 0; i < trial->n_tasks; i++)
		open[i] = NONE;
	for (size_t i = 0; i < trial->n_events; i++) {
		const struct event *stop = &trial->events[i];
		size_t *of_task = &open[stop->task];

		switch (stop->class) {
		case EVENT_ADD:
		case EVENT_DELETE:
			loads.n_odd += *of_task != NONE;
			*of_task = loads.n;
			begin_load(&loads, stop, i);
			break;
		case EVENT_CONSISTENT:
			if (*of_task != NONE) {
				add_stop(&loads.events[*of_task], stop, i);
				*of_task = NONE;
			} else {
				loads.n_odd++;
				begin_load(&loads, stop, i);
			}
			break;
		case EVENT_NULL:
		case EVENT_LOADED:
		case EVENT_UNLOADED:
		case EVENT_N_CLASSES:
			loads.n_odd += *of_task != NONE;
			begin_load(&loads, stop, i);
			break;
		}
	}
	for (size_t i = 0; i < trial->n_tasks; i++)
		loads.n_odd += open[i] != NONE;
	for (size_t i = 0; i < loads.n; i++)
		loads.events[i].at_launch =
			!trial->unstopped && trial->events[loads.events[i].last].begin_ns < trial->phases.continued_ns;
	*ret = loads;
}

void load_events_deinit(struct load_events *events)
{
	free(events->events);
	memset(events, 0, sizeof(*events));
}
