/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a changed link map means to a task: its libraries known by path, those of the target
 * counted, symbols read, traps of unmapped ones forgotten.
 *
 * Invariant: a link in a task's map has its library as data.
 */
#include "lib/mem.h"
#include "tool/native/native.h"

struct library_set *native_libraries(const struct native *native, struct native_task *t)
{
	if (native->request->scenario->share != SHARE_NONE)
		return native->libraries;
	if (!t->libraries)
		t->libraries = library_set_apart(native->libraries);
	return t->libraries;
}

void native_sum_work(const struct native *native)
{
	struct symwork sum = library_set_work(native->libraries);
	struct trial_work *work = &native->trial->work;

	for (size_t i = 0; i < native->n_tasks; i++) {
		struct symwork own = { 0 };

		if (native->tasks[i].libraries)
			own = library_set_work(native->tasks[i].libraries);
		symwork_add(&sum, &own);
	}
	work->known = true;
	work->libraries_parsed = sum.libraries_parsed;
	work->symbols_read = sum.symbols_read;
	work->libraries_hashed = sum.libraries_hashed;
	work->names_hashed = sum.names_hashed;
	work->functions_read = sum.functions_read;
	work->lines_read = sum.lines_read;
	work->file_bytes_read = sum.file_bytes_read;
	work->indices_read = sum.indices_read;
	work->index_bytes_read = sum.index_bytes_read;
	work->indices_written = sum.indices_written;
	work->indices_refused = sum.indices_refused;
}

void native_note_change(struct native *native, struct native_task *t, struct loader_change *change,
			struct event *event)
{
	struct trial_task *task = native_trial_task(native, t);
	pid_t tid = task_live_tid(t->task);
	_cleanup_(mappings_close) struct mappings mappings = { .tid = tid, .fd = -1 };

	/* Of a task that has ended meanwhile nothing is known any more. */
	err_free(change->n_added ? mappings_open(tid, &mappings) : NULL);
	event->added = (uint32_t)change->n_added;
	event->removed = (uint32_t)change->n_removed;
	for (size_t i = 0; i < change->n_added; i++) {
		struct link *link = change->added[i];
		struct library *library;

		library = library_of_link(native_libraries(native, t), &mappings, link, task->exe);
		if (library->trial_id == UINT32_MAX)
			library->trial_id = trial_library_id(native->trial, library->path);
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
void native_resolve_added(struct native *native, struct native_task *t, const struct loader_change *change)
{
	size_t n = change->n_added, begin = n * native->first / native->trial->n_tasks;
	struct library_set *libraries = native_libraries(native, t);

	for (size_t i = 0; i < n; i++) {
		struct library *library = change->added[(begin + i) % n]->data;

		library_resolve(libraries, library);
		if (native->request->n_breakpoints && library_unread(library))
			trial_add_unread(native->trial, library_unread(library));
	}
}
