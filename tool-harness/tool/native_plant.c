/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints into a task: those of libraries that appeared, and those that were in before, put
 * in again.
 *
 * Invariant: t->planted counts the traps in the task's table, but for the loader's.
 */
#include "lib/mem.h"
#include "tool/native.h"

struct err *native_reinsert(struct native *native, struct native_task *t, uint32_t *n_ret)
{
	enum bp_reinsert how = (enum bp_reinsert)native->request->scenario->breakpoints_reinsert;
	const struct trap_table *table = &t->task->traps;
	uint32_t n = 0;

	for (size_t i = 0; how != REINSERT_NONE && i < table->n; i++) {
		const struct trap *trap = &table->traps[i];
		struct err *err;

		if (trap->id == TRAP_ID_LOADER)
			continue;
		err = how == REINSERT_REWRITE ? trap_rewrite(t->task, trap) : trap_remove_insert(t->task, trap);
		if (err)
			return err;
		n++;
	}
	*n_ret = n;
	return NULL;
}

struct err *native_plant_added(struct native *native, struct native_task *t, const struct loader_change *change,
			       uint32_t *n_ret)
{
	uint32_t n = 0;

	for (size_t i = 0; i < change->n_added; i++) {
		const struct link *link = change->added[i];
		const struct library *library = link->data;

		for (size_t j = 0; j < library->n_locations; j++) {
			const struct location *location = &library->locations[j];
			struct trial_breakpoint *bp = &native->trial->breakpoints[location->breakpoint];
			struct err *err = trap_insert(t->task, link->bias + location->value, location->breakpoint);

			if (err)
				return err;
			if (!bp->library)
				bp->library = mem_strdup(library->path);
			t->planted[location->breakpoint]++;
			n++;
		}
	}
	*n_ret = n;
	return NULL;
}
