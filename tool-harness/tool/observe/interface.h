/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces to load events: how a tool hears that a task's libraries change. One table, by
 * the scenario's key load_events; docs/loader.md compares them.
 */
#ifndef TOOL_OBSERVE_INTERFACE_H
#define TOOL_OBSERVE_INTERFACE_H

#include "job/scenario/scenario.h"
#include "tool/observe/observe.h"

struct interface {
	const char *name;
	const struct observer_ops *observer; /* NULL: the task is stopped at each event, by native.c */
	const char *not_late;                /* why tasks that run already cannot be followed by it; NULL: they can */
};

const struct interface *interface_of(const struct scenario *scenario);

#endif
