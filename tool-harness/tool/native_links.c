/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a changed link map means to a task: its libraries known by path, those of the target
 * counted, symbols read, traps of unmapped ones forgotten.
 *
 * Invariant: a link in a task's map has its library as data.
 */
#include "lib/mem.h"
#include "tool/native.h"

/* The loader has "" for the program itself; debuggers ask /proc. */
static struct library *library_of(struct native *native, struct native_task *t, const struct link *link)
{
	struct library *library;

	library = library_get(native->libraries, link->name[0] ? link->name : native_trial_task(native, t)->exe);
	if (library->trial_id == UINT32_MAX)
		library->trial_id = trial_library_id(native->trial, library->path);
	return library;
}

void native_note_change(struct native *native, struct native_task *t, struct loader_change *change,
			struct event *event)
{
	struct trial_task *task = native_trial_task(native, t);

	event->added = (uint32_t)change->n_added;
	event->removed = (uint32_t)change->n_removed;
	for (size_t i = 0; i < change->n_added; i++) {
		struct link *link = change->added[i];
		struct library *library = library_of(native, t, link);

		link->data = library;
		trial_add_name(native->trial, library->trial_id);
		if (library->target_index >= 0 && !t->target_seen[library->target_index]) {
			t->target_seen[library->target_index] = true;
			task->target_libraries++;
		}
	}
	for (size_t i = 0; i < change->n_removed; i++) {
		const struct library *library = change->removed[i].data;

		trial_add_name(native->trial, library->trial_id);
	}
	task->libraries_at_end = namespaces_count(&t->loader.spaces);
}

/* Traps of a library that is gone are gone with it: nothing to write. The loader stays, though
 * each namespace that goes away has it in its list. */
void native_forget_removed(const struct native *native, struct native_task *t, const struct loader_change *change)
{
	for (size_t i = 0; i < change->n_removed; i++) {
		const struct link *link = &change->removed[i];
		const struct library *library = link->data;

		if (!loader_is_link(&t->loader, link))
			native_unplant(native, t, library, link->bias);
	}
}

/* Each thread begins elsewhere: in one order all would wait for the same file to be read. */
void native_resolve_added(struct native *native, const struct loader_change *change)
{
	size_t n = change->n_added, begin = n * native->first / native->trial->n_tasks;

	for (size_t i = 0; i < n; i++)
		library_resolve(native->libraries, change->added[(begin + i) % n]->data);
}
