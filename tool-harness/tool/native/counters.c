/* SPDX-License-Identifier: BSD-3-Clause */
/* What the handling of an event costs in requests, bytes and traps: differences of the tracer's own counters. */
#include "tool/native/native.h"

struct native_counters native_counters_now(const struct native *native, const struct native_task *t)
{
	return (struct native_counters){
		.nodes = namespaces_nodes_read(&t->loader.spaces),
		.bytes = native->tracer.bytes_read,
		.traps = native->tracer.traps_written,
		.calls = native->tracer.ptrace_calls,
	};
}

void native_event_count(struct event *event, const struct native *native, const struct native_task *t,
			const struct native_counters *since)
{
	struct native_counters now = native_counters_now(native, t);

	event->nodes_read += (uint32_t)(now.nodes - since->nodes);
	event->bytes_read += (uint32_t)(now.bytes - since->bytes);
	event->traps_written += (uint32_t)(now.traps - since->traps);
	event->ptrace_calls += (uint32_t)(now.calls - since->calls);
}
