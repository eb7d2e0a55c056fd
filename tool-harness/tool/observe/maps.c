/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link maps of a running task, read from outside while it changes them. There is no lock to
 * take, so what is read is believed only when a second walk finds the same and the loader is
 * in a consistent state before and after.
 * Invariant: a link whose data is set has been told; no other has.
 */
#include "tool/observe/observe.h"

#include <errno.h>

#include "lib/mem.h"

#define WALKS_MAX 4 /* until two agree; else it waits for the next look */

void observe_change_deinit(struct observe_change *change)
{
	free(change->added);
	free(change->removed);
	*change = (struct observe_change){ 0 };
}

/* Keeps those that were told: the others came and went unseen, or were never there. */
static void keep_removed(struct observed *task, const struct loader_change *change)
{
	for (size_t i = 0; i < change->n_removed; i++) {
		if (!change->removed[i].data)
			continue;
		mem_grow(task->removed, task->n_removed, task->cap_removed);
		task->removed[task->n_removed++] = change->removed[i].data;
	}
}

static struct err *walk_all(struct observed *task, bool *changed_ret)
{
	struct namespaces *spaces = &task->loader.spaces;
	struct memory *memory = &task->memory.memory;
	struct loader_change change = { 0 };
	struct err *err = NULL;

	for (size_t i = 0; !err && i < spaces->n; i++)
		err = namespace_update(&spaces->v[i], memory, true, NULL, &change);
	keep_removed(task, &change);
	*changed_ret = change.n_added + change.n_removed > 0;
	loader_change_deinit(&change);
	return err;
}

/* True in settled_ret if the maps are what the task has. */
static struct err *settle(struct observed *task, bool *settled_ret)
{
	struct namespaces *spaces = &task->loader.spaces;
	struct memory *memory = &task->memory.memory;

	*settled_ret = false;
	for (int i = 0; i < WALKS_MAX; i++) {
		bool changed;
		struct err *err = namespaces_read(spaces, memory, NULL, 0);

		if (!err && !namespaces_are_consistent(spaces))
			return NULL;
		if (!err)
			err = walk_all(task, &changed);
		if (err)
			return err;
		if (!changed) {
			*settled_ret = true;
			return NULL;
		}
		task->unsettled = true;
	}
	return NULL;
}

static void collect(struct observe *observe, struct observed *task, struct observe_change *ret)
{
	struct observe_change change = { .removed = task->removed, .n_removed = task->n_removed };
	_cleanup_(mappings_close) struct mappings mappings = { .tid = task->pid, .fd = -1 };
	struct loader_change all;

	/* Of a task that has ended meanwhile nothing is known any more. */
	err_free(mappings_open(task->pid, &mappings));
	task->removed = NULL;
	task->n_removed = task->cap_removed = 0;
	namespaces_all(&task->loader.spaces, &all);
	for (size_t i = 0; i < all.n_added; i++) {
		struct link *link = all.added[i];

		if (link->data)
			continue;
		link->data = library_of_link(observe->libraries, &mappings, link,
					     observe->trial->tasks[task->index].exe);
		observe_known(observe, link->data);
		mem_grow(change.added, change.n_added, change.cap_added);
		change.added[change.n_added++] = link->data;
	}
	loader_change_deinit(&all);
	*ret = change;
}

/* The loader once the program runs; still none while the shim is there. */
static struct err *find(struct observe *observe, struct observed *task)
{
	bool there;
	struct err *err = loader_is_there(task->pid, &there);

	if (err || !there)
		return err;
	return loader_find(task->pid, library_set_symbols(observe->libraries), &task->loader);
}

/* A map that cannot be read is one that changes under our eyes, or of a program that was replaced
 * by exec: it is found anew. Its libraries are new ones then. */
static void lose(struct observed *task)
{
	task->lost |= task->loader.path != NULL;
	loader_deinit(&task->loader);
	task->n_removed = 0;
	task->unsettled = false;
}

struct err *observe_maps(struct observe *observe, struct observed *task, struct observe_change *ret)
{
	struct trial_task *to = &observe->trial->tasks[task->index];
	bool settled = false;
	struct err *err = NULL;

	*ret = (struct observe_change){ 0 };
	if (task->ended)
		return NULL;
	if (!task->loader.path)
		err = find(observe, task);
	if (!err && task->loader.path)
		err = settle(task, &settled);
	if (err_is_gone(err)) {
		task->ended = true;
		return NULL;
	}
	if (err) {
		bool refused = err_errnum(err) == EPERM;

		if (refused)
			return err;
		err_free(err);
		lose(task);
		return NULL;
	}
	task->lost &= !settled;
	if (!settled || !task->unsettled)
		return NULL;
	task->unsettled = false;
	collect(observe, task, ret);
	to->libraries_at_end = namespaces_count(&task->loader.spaces);
	if (to->libraries_at_start < 0)
		to->libraries_at_start = to->libraries_at_end;
	return NULL;
}
