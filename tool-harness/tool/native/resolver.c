/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints at what an IFUNC's resolver chooses. The resolver runs in the task, when the loader binds the name; its
 * result is the address of the function that is called from then on. A trap where it returns to sees the result.
 * One that ran before its breakpoint was in has told nothing, and its function has none.
 *
 * Invariant: the trap at a return address is in as long as some thread is to come to it.
 */
#include "elf/segment.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/native/native.h"

/* A thread within a resolver. */
struct native_resolving {
	pid_t tid;
	taddr returns_to;
	uint64_t sp;         /* once it has returned */
	uint32_t breakpoint;
};

struct err *native_resolver_hit(struct native *native, struct native_task *t, struct thread *thread,
				const struct trap *trap)
{
	struct native_resolving *resolving;
	uint32_t breakpoint = trap->id; /* the table may move */
	struct user_regs_struct regs;
	taddr returns_to;
	struct err *err = thread_regs_get(thread, &regs);

	(void)native;
	if (!err)
		err = memory_read(&t->task->memory, regs.rsp, &returns_to, sizeof(returns_to));
	if (!err)
		err = trap_insert(t->task, returns_to, NATIVE_TRAP_RESOLVED);
	if (err)
		return err;
	mem_grow(t->resolving, t->n_resolving, t->cap_resolving);
	resolving = &t->resolving[t->n_resolving++];
	*resolving = (struct native_resolving){ thread->tid, returns_to, regs.rsp + sizeof(returns_to), breakpoint };
	return NULL;
}

/* The library that an address is in, among all that the task has. */
static struct link *link_at(const struct native_task *t, taddr addr)
{
	struct loader_change all;
	struct link *found = NULL;

	namespaces_all(&t->loader.spaces, &all);
	for (size_t i = 0; i < all.n_added && !found; i++) {
		const struct library *library = all.added[i]->data;
		uint64_t value = addr - all.added[i]->bias;

		if (library && value >= library->low && value < library->high)
			found = all.added[i];
	}
	loader_change_deinit(&all);
	return found;
}

static struct err *plant_implementation(struct native *native, struct native_task *t, uint32_t breakpoint, taddr addr)
{
	const struct link *link = link_at(t, addr);
	struct trial_breakpoint *bp = &native->trial->breakpoints[breakpoint];
	uint8_t text[LOCATION_TEXT];
	struct trap_place trap = { .addr = addr, .id = breakpoint, .text = text };
	_cleanup_close_ int fd = -1;
	struct library *library;
	struct symidx *symbols;
	const char *name;
	struct err *err;

	if (!link) {
		trial_contradict(native->trial, "breakpoint '%s': its resolver has chosen a function that is in no "
				 "library of rank %zu", bp->function, (size_t)t->task->index);
		return NULL;
	}
	library = link->data;
	symbols = library_symbols(native_libraries(native, t), library);
	name = symbols ? symidx_find_address(symbols, addr - link->bias) : NULL;
	trap.place = trial_place(bp, library->path, name ? name : bp->function, addr - link->bias,
				 PLACE_IMPLEMENTATION);
	err = library_open(library, &fd);
	if (err)
		return err;
	trap.n_text = segment_text(fd, addr - link->bias, text, sizeof(text));
	err = traps_insert(t->task, &trap, 1);
	if (!err && trap.fresh)
		bp->places[trap.place].planted++;
	if (!err && trap.differs)
		trial_contradict(native->trial, "breakpoint '%s' was not set where its resolver has it in rank %zu: "
				 "the memory there is not what the library's file has", bp->function,
				 (size_t)t->task->index);
	return err;
}

static bool is_awaited(const struct native_task *t, taddr returns_to)
{
	for (size_t i = 0; i < t->n_resolving; i++)
		if (t->resolving[i].returns_to == returns_to)
			return true;
	return false;
}

/* Threads that come past without having been in a resolver go on as if nothing were. */
struct err *native_resolved(struct native *native, struct native_task *t, struct thread *thread,
			    const struct trap *trap)
{
	struct user_regs_struct regs;
	taddr at = trap->addr;
	struct err *err = thread_regs_get(thread, &regs);

	for (size_t i = t->n_resolving; !err && i > 0; i--) {
		const struct native_resolving one = t->resolving[i - 1];

		if (one.tid != thread->tid || one.returns_to != at || one.sp != regs.rsp)
			continue;
		t->resolving[i - 1] = t->resolving[--t->n_resolving];
		err = plant_implementation(native, t, one.breakpoint, regs.rax);
		break;
	}
	if (!err)
		err = thread_step_over(thread, trap_find(&t->task->traps, at));
	if (!err && !is_awaited(t, at))
		err = trap_remove(t->task, at);
	return err ? err : thread_cont(thread, 0);
}
