/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints into a task by each way of writing them: those of libraries that appeared, and
 * those that were in before, put in again.
 *
 * Invariant: t->planted counts what is in the task, by breakpoint.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/mem.h"
#include "tool/native/native.h"
#include "tool/native/uprobes.h"

static void planted(struct native *native, struct native_task *t, uint32_t breakpoint, uint32_t place)
{
	native->trial->breakpoints[breakpoint].places[place].planted++;
	t->planted[breakpoint]++;
	t->n_planted++;
}

/* A function by two names (memmove, and an old memcpy) has one trap. */
static void share_trap(struct native *native, struct native_task *t, const struct trap_place *place)
{
	const struct trap *trap = trap_find(&t->task->traps, place->addr);

	if (!trap || trap->id == place->id || trap->id >= native->request->n_breakpoints)
		return;
	if (!t->planted[place->id])
		planted(native, t, place->id, place->place);
	for (size_t i = 0; i < native->n_aliases; i++)
		if (native->aliases[i].breakpoint == trap->id && native->aliases[i].place == trap->place &&
		    native->aliases[i].other == place->id && native->aliases[i].other_place == place->place)
			return;
	mem_grow(native->aliases, native->n_aliases, native->cap_aliases);
	native->aliases[native->n_aliases++] =
		(struct native_alias){ trap->id, trap->place, place->id, place->place };
}

/* The trial does not say what its scenario asked for. */
static void refuse(struct native *native, struct native_task *t, uint32_t breakpoint, taddr addr)
{
	trial_contradict(native->trial, "breakpoint '%s' was not set at 0x%" PRIx64 " of rank %zu (pid %d): the memory "
			 "there is not what the library's file has", native->trial->breakpoints[breakpoint].function,
			 addr, (size_t)t->task->index, (int)t->task->pid);
}

/* True if the memory is as the file has it. */
static struct err *check_text(struct native_task *t, const struct native_place *place, bool *ret)
{
	const struct location *location = place->location;
	uint8_t text[LOCATION_TEXT];
	struct err *err = memory_read(&t->task->memory, place->bias + location->value, text, location->n_text);

	if (!err)
		*ret = !memcmp(text, location->text, location->n_text);
	return err;
}

/* --- bytes ------------------------------------------------------------------------ */

static struct err *bytes_plant(struct native *native, struct native_task *t, const struct native_place *places,
			       size_t n)
{
	_cleanup_free_ struct trap_place *traps = mem_calloc(n, sizeof(traps[0]));
	struct err *err;

	for (size_t i = 0; i < n; i++) {
		const struct location *location = places[i].location;

		traps[i] = (struct trap_place){ .addr = places[i].bias + location->value,
						.id = location->breakpoint,
						.place = location->place,
						.text = location->text,
						.n_text = location->n_text };
	}
	err = traps_insert(t->task, traps, n);
	for (size_t i = 0; !err && i < n; i++) {
		if (traps[i].fresh)
			planted(native, t, traps[i].id, traps[i].place);
		else if (!traps[i].differs)
			share_trap(native, t, &traps[i]);
		if (traps[i].differs)
			refuse(native, t, traps[i].id, traps[i].addr);
	}
	return err;
}

static struct err *bytes_again(struct native *native, struct native_task *t, bool remove_first, uint32_t *n_ret)
{
	return traps_rewrite(t->task, (uint32_t)native->request->n_breakpoints, remove_first, n_ret);
}

/* --- debug registers -------------------------------------------------------------- */

/* Threads that run cannot be given any. Those that are held already, for the event's or the
 * start-up's sake, are let go by whoever holds them. */
static struct err *registers_hold(struct native *native, struct native_task *t, bool *ours_ret)
{
	*ours_ret = t->state == NATIVE_RUNNING && native->request->scenario->stop == SCOPE_THREAD;
	return threads_hold(t->task, NULL);
}

static struct err *registers_release(struct native_task *t, bool ours, struct err *err)
{
	struct err *release_err = ours ? threads_release(t->task) : NULL;

	if (!err)
		return release_err;
	err_free(release_err);
	return err;
}

static struct err *registers_plant(struct native *native, struct native_task *t, const struct native_place *places,
				   size_t n)
{
	bool ours, fresh, same = true;
	struct err *err = registers_hold(native, t, &ours);

	for (size_t i = 0; !err && i < n; i++) {
		const struct location *location = places[i].location;
		taddr addr = places[i].bias + location->value;

		err = check_text(t, &places[i], &same);
		if (!err && !same)
			refuse(native, t, location->breakpoint, addr);
		if (err || !same)
			continue;
		err = debugreg_add(t->task, addr, location->breakpoint, &fresh);
		if (err || !fresh)
			continue;
		planted(native, t, location->breakpoint, location->place);
		for (int j = 0; j < DEBUGREGS; j++) /* the task's own are as many, and one that was given up is free */
			if (t->task->debug.used >> j & 1u && t->task->debug.addr[j] == addr)
				t->registers[j] = (struct native_register){ addr, location->place };
	}
	return registers_release(t, ours, err);
}

static struct err *registers_again(struct native *native, struct native_task *t, bool remove_first, uint32_t *n_ret)
{
	bool ours;
	struct err *err = registers_hold(native, t, &ours);

	(void)remove_first; /* refused by the scenario: nothing lies between the two */
	if (!err)
		err = debugregs_rewrite(t->task);
	for (int i = 0; !err && i < DEBUGREGS; i++)
		*n_ret += t->task->debug.used >> i & 1u;
	return registers_release(t, ours, err);
}

/* --- uprobes ---------------------------------------------------------------------- */

/* One that is open serves all tasks, those that have not mapped the file yet included. */
static struct err *uprobes_plant(struct native *native, struct native_task *t, const struct native_place *places,
				 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct location *location = places[i].location;
		bool fresh;
		struct err *err = uprobes_add(native->uprobes, places[i].library, location, &fresh);

		if (err)
			return err;
		t->task->tracer->traps_written += fresh;
		if (!t->planted[location->breakpoint])
			planted(native, t, location->breakpoint, location->place);
	}
	return NULL;
}

/* --- all ways --------------------------------------------------------------------- */

static const struct trap_way ways[] = { BP_WRITES(ROW_ACTS) };

const struct trap_way *trap_way_get(enum bp_write write)
{
	return &ways[write];
}

struct err *native_plant(struct native *native, struct native_task *t, const struct native_place *places, size_t n,
			 uint32_t *n_ret)
{
	uint64_t before = t->n_planted;
	struct err *err;

	for (size_t i = 0; i < n; i++) {
		struct location *location = places[i].location;
		struct trial_breakpoint *bp = &native->trial->breakpoints[location->breakpoint];

		if (location->place == UINT32_MAX)
			location->place = trial_place(bp, places[i].library->path, location->symbol, location->value,
						      location->is_resolver ? PLACE_RESOLVER : PLACE_FUNCTION);
		if (!bp->library)
			bp->library = mem_strdup(places[i].library->path);
	}
	err = n ? native->way->plant(native, t, places, n) : NULL;
	if (!err)
		*n_ret += (uint32_t)(t->n_planted - before);
	return err;
}

struct err *native_plant_added(struct native *native, struct native_task *t, const struct loader_change *change,
			       uint32_t *n_ret)
{
	struct native_place *places = NULL;
	size_t n = 0, cap = 0;
	struct err *err;

	for (size_t i = 0; i < change->n_added; i++) {
		const struct link *link = change->added[i];
		const struct library *library = link->data;

		for (size_t j = 0; j < library->n_locations; j++) {
			mem_grow(places, n, cap);
			places[n++] = (struct native_place){ library, link->bias, &library->locations[j] };
		}
	}
	err = native_plant(native, t, places, n, n_ret);
	free(places);
	return err;
}

void native_unplant(const struct native *native, struct native_task *t, const struct library *library, taddr bias)
{
	size_t n = trap_forget_range(&t->task->traps, bias + library->low, bias + library->high) +
		   debugregs_forget_range(t->task, bias + library->low, bias + library->high);

	/* A uprobe stays with the file. */
	for (size_t i = 0; (n || native->uprobes) && i < library->n_locations; i++) {
		uint64_t *planted_here = &t->planted[library->locations[i].breakpoint];

		if (!*planted_here)
			continue;
		--*planted_here;
		t->n_planted--;
	}
}

static void count_one(struct native *native, struct native_task *t, uint32_t breakpoint, uint32_t place)
{
	struct trial_breakpoint *bp = &native->trial->breakpoints[breakpoint];

	bp->places[place].hits++;
	if (bp->places[place].kind == PLACE_RESOLVER)
		return;
	bp->hits++;
	bp->rank_hits[t->task->index]++;
	native_trial_task(native, t)->breakpoint_hits++;
}

void native_count_hit(struct native *native, struct native_task *t, uint32_t breakpoint, uint32_t place)
{
	count_one(native, t, breakpoint, place);
	for (size_t i = 0; i < native->n_aliases; i++) {
		const struct native_alias *alias = &native->aliases[i];

		if (alias->breakpoint == breakpoint && alias->place == place)
			count_one(native, t, alias->other, alias->other_place);
	}
}
