/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trap at the loader's hook: how a thread goes on from it, and how it is taken out again once the
 * task's start-up is over.
 */
#include "lib/clock.h"
#include "tool/native/native.h"

#define MARK_FUNCTION "pynamic_phase" /* targets/phase.h */

/* Lets a thread go on from the hook or the probe. */
struct err *native_hook_return(const struct native_task *t, struct thread *thread, const struct loader_stop *stop)
{
	struct user_regs_struct regs;
	struct err *err;

	if (t->loader.trap == LOADER_TRAP_PROBES) {
		err = thread_step_over(thread, trap_find(&t->task->traps, stop->at));
		if (err)
			return err;
	} else if (!t->loader.returning) {
		err = thread_regs_get(thread, &regs);
		if (err)
			return err;
		regs_emulate_return(&regs, stop->ret_addr);
		err = thread_regs_set(thread, &regs);
		if (err)
			return err;
	}
	return thread_cont(thread, 0);
}

static struct err *mark_trap_in(struct native *native, struct native_task *t)
{
	struct loader_change all;
	struct err *err = NULL;
	uint64_t value;
	bool found = false;

	namespaces_all(&t->loader.spaces, &all);
	for (size_t i = 0; !err && !found && i < all.n_added; i++) {
		struct symidx *symbols = library_symbols(native_libraries(native, t), all.added[i]->data);

		found = symbols && symidx_find(symbols, MARK_FUNCTION, &value);
		if (found)
			err = trap_insert(t->task, all.added[i]->bias + value, NATIVE_TRAP_MARK);
	}
	loader_change_deinit(&all);
	if (err || found)
		return err;
	return err_hint(err_new("breakpoints.deferred_until names a phase mark, but the program has no function "
				MARK_FUNCTION " to stop at"),
			"set it to interval or stop, or run a target's host or plain");
}

struct err *native_unhook(struct native *native, struct native_task *t)
{
	const struct trap_table *table = &t->task->traps;
	size_t i = 0;
	struct err *err = NULL;

	/* The `ret` behind the trap stays: the thread that waits at the hook has it before it. */
	while (!err && i < table->n) {
		const struct trap *trap = &table->traps[i];

		if (trap->id == TRAP_ID_LOADER && trap->byte == TRAP_BYTE)
			err = trap_remove(t->task, trap->addr);
		else
			i++;
	}
	t->looked_ns = clock_now_ns();
	if (!err && native->request->scenario->breakpoints_deferred_until >= DEFERRED_MARK_FIRST)
		err = mark_trap_in(native, t);
	return err;
}
