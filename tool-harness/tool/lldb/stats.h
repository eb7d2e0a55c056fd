/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What LLDB prints of itself: the JSON of its command `statistics dump`, and the list of its
 * command `breakpoint list`. Seen with LLDB 14; unknown keys are passed over.
 */
#ifndef TOOL_LLDB_STATS_H
#define TOOL_LLDB_STATS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * An object with LLDB's own names: times in seconds and counts of the whole process
 * ("totalSymbolTableParseTime"), of its target ("launchOrAttachTime", "stopCount"), and "modules",
 * their number. Numbers that are none, or below 0, and a text that is no such statistics, are
 * errors. modules: an object that has the modules' file names as keys. New references.
 */
MUST_CHECK struct err *lldbstats_parse(const char *text, size_t len, json_t **report_ret, json_t **modules_ret);

/* One line of `breakpoint list`. */
struct lldb_line {
	bool is_location; /* "  1.2: where = ..."; else "1: name = ..." */
	uint32_t id;      /* of the breakpoint, from 1 */
	uint64_t hits;
	char library[256]; /* of a location: the file name of its module; else "" */
};

/* False: it is another line. */
bool lldb_line_parse(const char *line, struct lldb_line *ret);

/* Major version in what 'lldb --version' prints ("lldb version 14.0.6", "Debian LLDB version 19.1.7"); 0: none. */
long lldb_major(const char *version);

#endif
