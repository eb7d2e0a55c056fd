/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stop of one thread, handled and measured: load events, breakpoints hit, traps of
 * the task's own. The path of a load event is what T1 and T2 are made of, so every call
 * on it is there for a reason: instruction pointer, one batched read, continue.
 * Invariant: the thread runs again, or its death is left to the wait to tell.
 */
#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "tool/native.h"

static struct trial_task *trial_task(struct native *native, const struct native_task *t)
{
	return &native->trial->tasks[t->task->index];
}

/* --- link map --------------------------------------------------------------------- */

/* The loader has "" for the program itself; debuggers ask /proc. */
static struct library *library_of(struct native *native, struct native_task *t, const struct link *link)
{
	struct library *library;

	library = library_get(native->libraries, link->name[0] ? link->name : trial_task(native, t)->exe);
	if (library->trial_id == UINT32_MAX)
		library->trial_id = trial_library_id(native->trial, library->path);
	return library;
}

static void note_change(struct native *native, struct native_task *t, struct loader_change *change,
			struct event *event)
{
	struct trial_task *task = trial_task(native, t);

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
static void forget_removed(struct native_task *t, const struct loader_change *change)
{
	for (size_t i = 0; i < change->n_removed; i++) {
		const struct link *link = &change->removed[i];
		const struct library *library = link->data;

		if (loader_is_link(&t->loader, link) ||
		    !trap_forget_range(&t->task->traps, link->bias + library->low, link->bias + library->high))
			continue;
		for (size_t j = 0; j < library->n_locations; j++)
			t->planted[library->locations[j].breakpoint]--;
	}
}

static void resolve_added(struct native *native, const struct loader_change *change)
{
	for (size_t i = 0; i < change->n_added; i++)
		library_resolve(native->libraries, change->added[i]->data);
}

/* --- breakpoints ------------------------------------------------------------------ */

static struct err *reinsert(struct native *native, struct native_task *t, uint32_t *n_ret)
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

static struct err *plant_added(struct native *native, struct native_task *t, const struct loader_change *change,
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

/* --- load events ------------------------------------------------------------------ */

/* What the counters stood at when the handling of an event began. */
struct counters {
	uint64_t nodes, bytes, traps, calls;
};

static struct counters counters_now(const struct native *native, const struct native_task *t)
{
	return (struct counters){
		.nodes = namespaces_nodes_read(&t->loader.spaces),
		.bytes = native->tracer.bytes_read,
		.traps = native->tracer.traps_written,
		.calls = native->tracer.ptrace_calls,
	};
}

static void event_count(struct event *event, const struct native *native, const struct native_task *t,
			const struct counters *since)
{
	struct counters now = counters_now(native, t);

	event->nodes_read += (uint32_t)(now.nodes - since->nodes);
	event->bytes_read += (uint32_t)(now.bytes - since->bytes);
	event->traps_written += (uint32_t)(now.traps - since->traps);
	event->ptrace_calls += (uint32_t)(now.calls - since->calls);
}

static struct event *event_begin(struct native *native, struct native_task *t, const struct stop *stop,
				 int64_t begin_ns)
{
	struct event *event = trial_add_event(native->trial);

	event->task = t->task->index;
	event->tid = stop->thread->tid;
	event->seen_ns = stop->seen_ns;
	event->begin_ns = begin_ns;
	return event;
}

/* The first consistent stop: the task waits here until all tasks have come so far. */
static void hold_started(struct native *native, struct native_task *t, const struct stop *stop,
			 const struct loader_stop *loader_stop)
{
	t->event = native->trial->n_events - 1;
	t->state = NATIVE_STARTED;
	t->waiting = stop->thread;
	t->stop = *loader_stop;
}

/* Lets a thread go on from the hook or the probe. */
static struct err *hook_return(const struct native_task *t, struct thread *thread, const struct loader_stop *stop)
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

/* The stack pointer, where it is needed to find the return address. */
static struct err *stack_pointer(const struct native_task *t, struct thread *thread, taddr *ret)
{
	struct user_regs_struct regs = { 0 };
	bool needed = t->loader.trap == LOADER_TRAP_HOOK && !t->loader.returning;
	struct err *err = needed ? thread_regs_get(thread, &regs) : NULL;

	if (!err)
		*ret = regs.rsp;
	return err;
}

static void count_stop(struct trial_task *task, struct event *event, enum event_class class)
{
	event->class = class;
	task->stops[class]++;
	task->load_events += class != EVENT_ADD && class != EVENT_DELETE;
}

static struct err *load_event(struct native *native, struct native_task *t, const struct stop *stop, taddr at,
			      int64_t begin_ns)
{
	const struct counters before = { namespaces_nodes_read(&t->loader.spaces), native->tracer.bytes_read,
					 native->tracer.traps_written, native->tracer.ptrace_calls - 1 };
	struct loader_change change = { 0 };
	struct loader_stop loader_stop;
	struct trial_task *task = trial_task(native, t);
	struct event *event;
	int64_t now_ns;
	taddr sp;
	struct err *err;

	err = stack_pointer(t, stop->thread, &sp);
	if (!err)
		err = loader_read_stop(&t->loader, t->task, at, sp, &loader_stop);
	if (err)
		return err;
	event = event_begin(native, t, stop, begin_ns);
	if (t->state == NATIVE_STARTING && loader_stop.state == LOADER_CONSISTENT) {
		event_count(event, native, t, &before);
		event->linkmap_ns = clock_now_ns() - begin_ns;
		count_stop(task, event, loader_stop.class);
		hold_started(native, t, stop, &loader_stop);
		return NULL;
	}
	if (loader_stop.state == LOADER_CONSISTENT) {
		err = loader_update(&t->loader, t->task, &loader_stop,
				    native->request->scenario->linkmap == LINKMAP_FULL, &change);
		if (!err)
			note_change(native, t, &change, event);
	}
	count_stop(task, event, loader_stop.class);
	now_ns = clock_now_ns();
	event->linkmap_ns = now_ns - begin_ns;
	if (!err && change.n_removed)
		forget_removed(t, &change);
	if (!err && change.n_added) {
		resolve_added(native, &change);
		event->symbols_ns = -now_ns;
		now_ns = clock_now_ns();
		event->symbols_ns += now_ns;
	}
	if (!err && loader_stop.state == LOADER_CONSISTENT && native->request->n_breakpoints) {
		err = reinsert(native, t, &event->reinserted);
		event->breakpoints_ns = -now_ns;
		now_ns = clock_now_ns();
		event->breakpoints_ns += now_ns;
	}
	if (!err && change.n_added && native->request->n_breakpoints) {
		err = plant_added(native, t, &change, &event->planted);
		event->plant_ns = clock_now_ns() - now_ns;
	}
	loader_change_deinit(&change);
	if (!err && loader_stop.state == LOADER_CONSISTENT)
		err = native_event_stack(native, t, stop->thread, event);
	if (!err)
		err = hook_return(t, stop->thread, &loader_stop);
	event->done_ns = clock_now_ns();
	event_count(event, native, t, &before);
	return err;
}

/* --- start-up stop ---------------------------------------------------------------- */

/*
 * The start-up event is handled in three rounds over all tasks (link maps, symbols,
 * breakpoints), each timed. Its begin and done are as if the parts had followed one
 * another, so that handling times add up; the wait between rounds is no handling.
 */
static struct event *start_event(struct native *native, const struct native_task *t)
{
	return &native->trial->events[t->event];
}

struct err *native_start_linkmap(struct native *native, struct native_task *t)
{
	const struct counters before = counters_now(native, t);
	struct event *event = start_event(native, t);
	struct loader_change change = { 0 };
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	err = loader_update(&t->loader, t->task, &t->stop, true, &change);
	if (err)
		return err;
	/* Names belong to the event they follow: these events were logged before others began. */
	event->names_at = (uint32_t)native->trial->n_names;
	note_change(native, t, &change, event);
	trial_task(native, t)->libraries_at_start = namespaces_count(&t->loader.spaces);
	loader_change_deinit(&change);
	event->linkmap_ns += clock_now_ns() - begin_ns;
	event_count(event, native, t, &before);
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

	resolve_added(native, &change);
	loader_change_deinit(&change);
	start_event(native, t)->symbols_ns += clock_now_ns() - begin_ns;
	return NULL;
}

struct err *native_start_plant(struct native *native, struct native_task *t)
{
	const struct counters before = counters_now(native, t);
	struct loader_change change = whole_map(t);
	struct event *event = start_event(native, t);
	int64_t begin_ns = clock_now_ns();
	struct err *err = plant_added(native, t, &change, &event->planted);

	loader_change_deinit(&change);
	event->plant_ns += clock_now_ns() - begin_ns;
	event_count(event, native, t, &before);
	return err;
}

struct err *native_start_continue(struct native *native, struct native_task *t)
{
	const struct counters before = counters_now(native, t);
	struct event *event = start_event(native, t);
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	err = t->waiting ? hook_return(t, t->waiting, &t->stop) : threads_release(t->task);
	t->waiting = NULL;
	t->state = NATIVE_RUNNING;
	event->done_ns = event->begin_ns + event->linkmap_ns + event->symbols_ns + event->plant_ns +
			 (clock_now_ns() - begin_ns);
	event_count(event, native, t, &before);
	return err;
}

/* --- traps and exec --------------------------------------------------------------- */

static struct err *breakpoint_hit(struct native *native, struct native_task *t, struct thread *thread,
				  const struct trap *trap)
{
	struct err *err;

	native->trial->breakpoints[trap->id].hits++;
	trial_task(native, t)->breakpoint_hits++;
	err = thread_step_over(thread, trap);
	return err ? err : thread_cont(thread, 0);
}

/* A trap where we have none: the task's own int3 or SIGTRAP, which it gets; or one of ours
 * that went away (its library was unmapped and mapped again) while the signal was under way. */
static struct err *foreign_trap(struct native_task *t, struct thread *thread)
{
	struct user_regs_struct regs;
	siginfo_t info;
	uint8_t byte = TRAP_BYTE;
	struct err *err = thread_siginfo_get(thread, &info);

	if (!err)
		err = thread_regs_get(thread, &regs);
	if (!err && info.si_code == SI_KERNEL)
		err = memory_read(&t->task->memory, regs.rip - 1, &byte, 1);
	if (err)
		return err;
	if (byte == TRAP_BYTE)
		return thread_cont(thread, SIGTRAP);
	regs.rip -= 1;
	err = thread_regs_set(thread, &regs);
	return err ? err : thread_cont(thread, 0);
}

struct err *native_trap(struct native *native, struct native_task *t, const struct stop *stop)
{
	int64_t begin_ns = clock_now_ns();
	const struct trap *trap;
	taddr ip;
	struct err *err;

	err = thread_ip_get(stop->thread, &ip);
	if (err)
		return err;
	trap = trap_find(&t->task->traps, ip - 1);
	if (!trap)
		return foreign_trap(t, stop->thread);
	if (trap->id == TRAP_ID_LOADER)
		return load_event(native, t, stop, trap->addr, begin_ns);
	return breakpoint_hit(native, t, stop->thread, trap);
}

struct err *native_find_loader(struct native *native, struct native_task *t)
{
	struct symcache *symbols = library_set_symbols(native->libraries);
	struct err *err = loader_find(t->task->pid, symbols, &t->loader);

	if (!err && native->request->scenario->load_events == LOAD_EVENTS_PROBES)
		err = loader_use_probes(&t->loader);
	if (!err)
		err = loader_hook_in(&t->loader, t->task);
	if (!err && !native->trial->loader.path)
		err = loader_offer(t->loader.path, symbols, &native->trial->loader);
	return err;
}

struct err *native_exec(struct native *native, struct native_task *t)
{
	struct trial_task *task = trial_task(native, t);
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", t->task->pid);
	char exe[4096];
	ssize_t len = readlink(link, exe, sizeof(exe) - 1);

	if (len > 0) {
		exe[len] = '\0';
		free(task->exe);
		task->exe = mem_strdup(exe);
	}
	loader_deinit(&t->loader);
	memset(t->planted, 0, native->request->n_breakpoints * sizeof(t->planted[0]));
	return native_find_loader(native, t);
}
