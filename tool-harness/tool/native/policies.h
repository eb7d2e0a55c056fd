/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When breakpoints go in: what the rows of breakpoints.policy do (job/scenario/choices.h). A policy acts
 * at a load event, once the link map is up to date and before the thread goes on; how a trap is
 * written is not its business (tool/native/plant.h). docs/strategies.md says who does it so.
 */
#ifndef TOOL_NATIVE_POLICIES_H
#define TOOL_NATIVE_POLICIES_H

#include <stdbool.h>

#include "job/scenario/scenario.h"
#include "lib/err.h"

struct event;
struct loader_change;
struct native;
struct native_task;

struct policy {
	const char *name;
	bool late;        /* calls may come before their breakpoint: missed hits are a result, no error */
	bool hooked;      /* the trap at the loader's hook stays in once start-up is over */
	bool whole;       /* a search goes through all of the task's libraries, not only the new ones */
	/* Whether what a load brought is searched at once. */
	bool (*searches)(const struct native *native, const struct loader_change *change);
	/* What is done to the breakpoints of before at each load event, timed as their reinsertion;
	 * counts into the event. NULL: nothing. */
	struct err *(*again)(struct native *native, struct native_task *t, struct event *event);
};

const struct policy *policy_get(enum bp_policy policy);

#endif
