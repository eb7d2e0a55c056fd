/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The observer that the kernel tells: a uprobe at the loader's hook in every task. Each event
 * has its time, its thread and, by the return address, its class; which library it was about
 * is not in it, so link maps are looked at beside it.
 * Invariant: events are told at the end, in the order of time, since buffers of different
 * CPUs are not in step.
 */
#include <stdlib.h>

#include "elf/segment.h"
#include "ld/hooksites.h"
#include "ld/uprobe.h"
#include "lib/mem.h"
#include "tool/observe/observe.h"

struct uprobed {
	struct uprobe *uprobe;
	struct hooksites sites;
	uint64_t hook;                /* relative to the load bias */
	uint64_t offset;              /* of the hook, in the file */
	struct observed **by_pid;     /* all tasks */
	struct uprobe_sample *samples;
	size_t n, cap;
};

/* Finds the hook in the loader's file, and the calls of it. */
static struct err *hook_find(const struct observe *observe, struct uprobed *own)
{
	struct segment segment;
	struct symidx *index;
	struct err *err = symcache_get(library_set_symbols(observe->libraries), observe->loader_path, &index);

	if (!err && !symidx_find(index, "_dl_debug_state", &own->hook))
		err = err_new("the loader '%s' has no _dl_debug_state", observe->loader_path);
	if (!err)
		err = segment_read(observe->loader_path, own->hook, &segment);
	if (err)
		return err;
	hooksites_find(segment.bytes, segment.len, segment.addr, own->hook, &own->sites);
	own->offset = own->hook - segment.addr + segment.offset;
	segment_deinit(&segment);
	if (own->sites.unknown || !own->sites.n)
		return err_hint(err_exit(EXIT_SKIPPED, "cannot tell what the calls of _dl_debug_state in '%s' mean: "
					 "%zu are known, %zu are not", observe->loader_path, own->sites.n,
					 own->sites.unknown),
				"its code is neither as glibc 2.36's nor as 2.41's; set load_events to rbrk or audit");
	return NULL;
}

static struct err *uprobe_prepare(struct observe *observe)
{
	struct uprobed *own = observe->own = mem_alloc(sizeof(*own));
	struct err *err = uprobe_check();

	return err || !observe->loader_path ? err : hook_find(observe, own);
}

static int pid_compare(const void *a, const void *b)
{
	const struct observed *const *x = a, *const *y = b;

	return (*x)->pid < (*y)->pid ? -1 : (*x)->pid > (*y)->pid;
}

static struct err *uprobe_begin(struct observe *observe)
{
	struct uprobed *own = observe->own;

	own->by_pid = mem_calloc(observe->n_tasks, sizeof(own->by_pid[0]));
	for (size_t i = 0; i < observe->n_tasks; i++)
		own->by_pid[i] = &observe->tasks[i];
	qsort(own->by_pid, observe->n_tasks, sizeof(own->by_pid[0]), pid_compare);
	return uprobe_open(observe->loader_path, own->offset, &own->uprobe);
}

static struct observed *task_of(const struct observe *observe, pid_t pid)
{
	const struct uprobed *own = observe->own;
	const struct observed key = { .pid = pid }, *at = &key;
	struct observed **found;

	found = bsearch(&at, own->by_pid, observe->n_tasks, sizeof(own->by_pid[0]), pid_compare);
	return found ? *found : NULL;
}

/* Other processes of this machine, and the tasks' children, are none of ours. */
static void sample_keep(void *data, const struct uprobe_sample *sample)
{
	struct observe *observe = data;
	struct uprobed *own = observe->own;

	struct observed *task = task_of(observe, sample->pid);

	if (!task)
		return;
	task->unsettled = true;
	mem_grow(own->samples, own->n, own->cap);
	own->samples[own->n++] = *sample;
}

static struct err *uprobe_look(struct observe *observe)
{
	struct uprobed *own = observe->own;

	uprobe_drain(own->uprobe, sample_keep, observe);
	for (size_t i = 0; i < observe->n_tasks; i++) {
		struct observed *task = &observe->tasks[i];
		struct observe_change change;
		struct err *err;

		/* Nothing has changed where nothing was announced. */
		if (!task->unsettled)
			continue;
		err = observe_maps(observe, task, &change);
		if (err)
			return err_wrap(err, "rank %zu", i);
		observe_added(observe, task, change.added, change.n_added);
		observe_change_deinit(&change);
	}
	return NULL;
}

static int sample_compare(const void *a, const void *b)
{
	const struct uprobe_sample *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

/* A stop's class as loader_read_stop has it, from the state stored before the call. */
static enum event_class classify(enum loader_state state, bool announced)
{
	if (state == LOADER_ADD)
		return EVENT_ADD;
	if (state == LOADER_DELETE)
		return EVENT_DELETE;
	return announced ? EVENT_CONSISTENT : EVENT_NULL;
}

static struct err *uprobe_finish(struct observe *observe)
{
	_cleanup_free_ bool *announced = mem_calloc(observe->n_tasks, sizeof(announced[0]));
	struct uprobed *own = observe->own;
	size_t n_unknown = 0;
	uint64_t unheard;
	struct err *err = uprobe_end(own->uprobe, sample_keep, observe, &unheard);

	if (err)
		return err;
	if (own->n)
		qsort(own->samples, own->n, sizeof(own->samples[0]), sample_compare);
	for (size_t i = 0; i < own->n; i++) {
		const struct uprobe_sample *sample = &own->samples[i];
		const struct observed *task = task_of(observe, sample->pid);
		const struct hooksite *site = hooksites_at(&own->sites, sample->ret_addr - (sample->ip - own->hook));

		if (!site) {
			n_unknown++;
			continue;
		}
		observe_event(observe, task, classify(site->state, announced[task->index]), sample->ns)->tid =
			sample->tid;
		announced[task->index] = site->state != LOADER_CONSISTENT;
	}
	if (n_unknown)
		trial_contradict(observe->trial, "%zu samples of the uprobe came from no known call of the hook",
				 n_unknown);
	if (unheard)
		trial_contradict(observe->trial, "%ju times somebody came past the uprobe unheard: a buffer was full, "
				 "or the kernel held it back", (uintmax_t)unheard);
	return NULL;
}

static void uprobe_free(struct observe *observe)
{
	struct uprobed *own = observe->own;

	if (!own)
		return;
	uprobe_close(own->uprobe);
	hooksites_deinit(&own->sites);
	free(own->by_pid);
	free(own->samples);
	free(own);
}

const struct observer_ops observer_uprobe = {
	.prepare = uprobe_prepare,
	.open = uprobe_begin,
	.look = uprobe_look,
	.finish = uprobe_finish,
	.close = uprobe_free,
	.sampled = true,
};
