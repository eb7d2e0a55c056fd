/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of policies, what each does with the breakpoints that are in, and an added cost that
 * plays a slower tool; what the policy and the way to write do at a run's begin, ticks and end.
 * Planting itself is plant.c's.
 *
 * Invariant: a policy that is not late has each breakpoint in before the library's code can run.
 */
#include <fnmatch.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "tool/native/native.h"
#include "tool/native/uprobes.h"

static bool always(const struct native *native, const struct loader_change *change)
{
	(void)native;
	return change->n_added > 0;
}

/* By file name, as a user of a debugger has it, or by the whole path if the pattern has a slash. */
static bool matches(const struct native *native, const struct loader_change *change)
{
	const struct conf_list *patterns = &native->request->scenario->breakpoints_pattern;

	for (size_t i = 0; i < change->n_added; i++) {
		const char *path = ((const struct library *)change->added[i]->data)->path;

		for (size_t j = 0; j < patterns->n; j++) {
			const char *pattern = patterns->strings[j];

			if (!fnmatch(pattern, strchr(pattern, '/') ? path : fs_basename(path), 0))
				return true;
		}
	}
	return false;
}

static struct err *write_again(struct native *native, struct native_task *t, struct event *event)
{
	bool remove_first = native->request->scenario->breakpoints_reinsert == REINSERT_REMOVE_INSERT;

	return native->way->again(native, t, remove_first, &event->reinserted);
}

/* Every name is looked for in every library, though the answer was known: only what is not in
 * yet is written. */
static struct err *resolve_again(struct native *native, struct native_task *t, struct event *event)
{
	const struct tool_request *request = native->request;
	struct native_place *places = NULL;
	struct loader_change all;
	size_t n = 0, cap = 0;
	struct err *err;

	namespaces_all(&t->loader.spaces, &all);
	for (size_t i = 0; i < all.n_added; i++) {
		struct library *library = all.added[i]->data;

		native->trial->lookups += library_resolve_again(native_libraries(native, t), library);
		for (size_t j = 0; j < library->n_locations; j++) {
			mem_grow(places, n, cap);
			places[n++] = (struct native_place){ library, all.added[i]->bias, &library->locations[j] };
		}
	}
	loader_change_deinit(&all);
	err = native_plant(native, t, places, n, &event->planted);
	event->reinserted = (uint32_t)request->n_breakpoints;
	free(places);
	return err;
}

static const struct policy policies[] = { POLICIES(ROW_ACTS) };

const struct policy *policy_get(enum bp_policy policy)
{
	return &policies[policy];
}

void native_slow(int64_t ns)
{
	int64_t until_ns = ns ? clock_now_ns() + ns : 0;

	/* A tool that is at work keeps its core. */
	while (clock_now_ns() < until_ns)
		;
}

bool native_is_deferred(const struct native *native)
{
	return !native->policy->hooked;
}

/* --- share of a run --------------------------------------------------------------- */

struct err *native_policy_init(struct native *native)
{
	const struct scenario *scenario = native->request->scenario;

	native->policy = policy_get((enum bp_policy)scenario->breakpoints_policy);
	native->way = trap_way_get((enum bp_write)scenario->breakpoints_write);
	native->trial->late = native->policy->late && native->request->n_breakpoints;
	native->trial->sampled = native_is_deferred(native);
	if (native->request->n_breakpoints && native->way->check) {
		struct err *err = native->way->check();

		if (err)
			return err;
	}
	if (scenario->breakpoints_write == BP_WRITE_UPROBE)
		native->uprobes = uprobes_create();
	return NULL;
}

/* Other processes of this machine, and the tasks' children, are none of ours. */
static void take_hit(void *data, uint32_t breakpoint, uint32_t place, pid_t pid)
{
	struct native *native = data;

	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];

		if (t->task && t->task->pid == pid) {
			native_count_hit(native, t, breakpoint, place);
			return;
		}
	}
}

void native_policy_tick(struct native *native)
{
	if (native->uprobes)
		uprobes_drain(native->uprobes, take_hit, native);
}

void native_policy_end(struct native *native)
{
	_cleanup_err_ struct err *err = NULL;
	uint64_t unheard = 0;

	if (!native->uprobes)
		return;
	err = uprobes_end(native->uprobes, take_hit, native, &unheard);
	if (err)
		trial_contradict(native->trial, "whether all hits of breakpoints were heard is not known: %s",
				 err_message(err));
	if (unheard)
		trial_contradict(native->trial, "%ju hits of breakpoints went unheard: a uprobe's buffer was full, or "
				 "the kernel held it back", (uintmax_t)unheard);
}

void native_policy_deinit(struct native *native)
{
	free(native->aliases);
	native->aliases = NULL;
	native->n_aliases = native->cap_aliases = 0;
	uprobes_destroy(native->uprobes);
	native->uprobes = NULL;
}
