/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of interfaces to load events. Invariant: one for each name of the scenario's key. */
#include "tool/observe/interface.h"

static const struct interface interfaces[] = {
	[LOAD_EVENTS_RBRK] = { "rbrk", "trap at the loader's hook, two stops per load", NULL },
	[LOAD_EVENTS_PROBES] = { "probes", "traps at the loader's SystemTap probes, one stop per load", NULL },
	[LOAD_EVENTS_UPROBE] = { "uprobe", "perf event at the loader's hook, no stop", &observer_uprobe },
	[LOAD_EVENTS_AUDIT] = { "audit", "audit library in the task, no stop", &observer_audit },
	[LOAD_EVENTS_NONE] = { "none", "link map polled from outside, no stop", &observer_poll },
};

const struct interface *interface_of(const struct scenario *scenario)
{
	return &interfaces[scenario->load_events];
}
