/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command-line options that are scenario keys under a shorter name: one table for the subcommands that launch a
 * job and for the one that attaches to it. Each has its own options beside them, in the same groups.
 */
#ifndef CMD_SHORTCUT_H
#define CMD_SHORTCUT_H

#include <argp.h>

#include "job/scenario/scenario.h"
#include "lib/err.h"

enum option_group { GROUP_JOB = 1, GROUP_TOOL, GROUP_MEASURE, GROUP_OUTPUT };

/* Who has a shortcut. */
enum shortcut_of { OF_RUN = 1, OF_ATTACH = 2 };

struct shortcut {
	const char *name;
	int letter;        /* 0: none */
	const char *arg;   /* NULL: a flag */
	const char *key;   /* of the scenario */
	const char *value; /* of a flag, or without the argument; NULL: the argument is needed */
	enum option_group group;
	unsigned int of;   /* enum shortcut_of */
	const char *help;
};

#define SHORTCUTS_MOST 32 /* entries that shortcut_options adds at most */

/* Appends the shortcuts of one to a table of argp's that is not ended yet; returns its new end. */
struct argp_option *shortcut_options(enum shortcut_of of, struct argp_option *table);

/* The shortcut behind argp's key; NULL: none of these. */
const struct shortcut *shortcut_find(enum shortcut_of of, int key);

/* That of run under the name "--tasks" or "-n"; NULL: none. */
const struct shortcut *shortcut_named(const char *option);

/* Sets the key, and what goes with it. arg may be NULL where the argument may be left out. With `sweeps` several
 * values, as "1,2,4", of a key that has one are an axis of the matrix. */
MUST_CHECK struct err *shortcut_set(const struct shortcut *shortcut, const char *arg, bool sweeps,
				    struct scenario *scenario);

#endif
