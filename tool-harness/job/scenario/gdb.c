/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the tool gdb: which GDB, how many, and its settings. Descriptions only.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"

static const struct conf_choice modes[] = {
	[GDB_PER_TASK] = { "per-task", "one for each task" },
	[GDB_INFERIORS] = { "inferiors", "one with all tasks as its inferiors, each of which it stops by itself "
					   "(non-stop)" },
	{ 0 },
};
static const struct conf_choice solib_events[] = {
	[GDB_SOLIB_FOLLOW] = { "follow", "GDB handles load events by itself and tells of each library" },
	[GDB_SOLIB_STOP] = { "stop", "it stops the task for its user at each, so that load events are counted "
				       "and timed" },
	{ 0 },
};

static const struct conf_option options[] = {
	{ .key = "gdb.path", .type = CONF_STRING, FIELD(gdb_path), .default_text = "gdb",
	  .help = "the GDB to run: a command, or the path of any build that speaks MI3",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.mode", .type = CONF_CHOICE, FIELD(gdb_mode), .default_text = "per-task", .choices = modes,
	  .help = "how many GDBs there are",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.solib_events", .type = CONF_CHOICE, FIELD(gdb_solib_events), .default_text = "follow",
	  .choices = solib_events,
	  .help = "what GDB does at a load event",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.auto_solib_add", .type = CONF_BOOL, FIELD(gdb_auto_solib_add), .default_text = "on",
	  .help = "read the symbols of each library as it is loaded; off finds no breakpoints in libraries",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.index_cache", .type = CONF_BOOL, FIELD(gdb_index_cache), .default_text = "off",
	  .help = "keep indices of symbols in a folder of the run, which is empty in cold runs",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.worker_threads", .type = CONF_INT, FIELD(gdb_worker_threads), .default_text = "0", .min = 0,
	  .max = 1024, .help = "threads with which it reads symbols; 0 leaves it to GDB",
	  .group = "GDB", .heeded_by = "tool=gdb" },
	{ .key = "gdb.commands", .type = CONF_STRINGS, FIELD(gdb_commands), .default_text = "",
	  .help = "more commands at its start, as 'set auto-load off'; one that fails ends the trial",
	  .group = "GDB", .heeded_by = "tool=gdb" },
};

const struct conf_table scenario_gdb_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
