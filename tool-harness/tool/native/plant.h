/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a breakpoint gets into a task: what the rows of breakpoints.write do (job/scenario/choices.h). The
 * trap at the loader's hook and those of the tracer's own are bytes in any case.
 */
#ifndef TOOL_NATIVE_PLANT_H
#define TOOL_NATIVE_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "trace/bp.h"

struct library;
struct location;
struct native;
struct native_task;

/* A breakpoint's address in a task: bias and the location's value. */
struct native_place {
	const struct library *library;
	taddr bias;
	struct location *location; /* the library's */
};

struct trap_way {
	const char *name;
	enum trap_write bytes; /* of traps that are bytes, the tracer's own included */
	/* Puts in those that are not in yet, and tells native_planted of each. */
	struct err *(*plant)(struct native *native, struct native_task *t, const struct native_place *places, size_t n);
	/* Writes those that are in again; their number in n_ret. NULL: there is nothing to write again. */
	struct err *(*again)(struct native *native, struct native_task *t, bool remove_first, uint32_t *n_ret);
	/* Once, before anything is started: why this machine cannot. NULL: any can. */
	struct err *(*check)(void);
};

const struct trap_way *trap_way_get(enum bp_write write);

#endif
