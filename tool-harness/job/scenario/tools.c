/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of tools that are processes of their own. Descriptions only; what a key does
 * is the adapters'.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"

static const struct conf_choice parallel[] = { { "default", NULL }, { "on", NULL }, { "off", NULL }, { 0 } };

static const struct conf_option options[] = {
	{ .key = "tools.count_ptrace", .type = CONF_BOOL, FIELD(tools_count_ptrace), .default_text = "off",
	  .help = "run the tool under strace -c, which counts its ptrace calls; times are longer, so count in runs of "
		  "their own",
	  .group = "Other tools", .heeded_by = OF_OUTSIDE },
	{ .key = "lldb.path", .type = CONF_STRING, FIELD(lldb_path), .default_text = "lldb",
	  .help = "command of LLDB", .group = "Other tools", .heeded_by = "tool=lldb" },
	{ .key = "lldb.index_cache", .type = CONF_BOOL, FIELD(lldb_index_cache), .default_text = "off",
	  .help = "keep LLDB's symbol indexes in its cache (symbols.enable-lldb-index-cache); cold ones are empty",
	  .group = "Other tools", .heeded_by = "tool=lldb" },
	{ .key = "lldb.parallel", .type = CONF_CHOICE, FIELD(lldb_parallel), .default_text = "default",
	  .choices = parallel,
	  .help = "load libraries in parallel (target.parallel-module-load, where this LLDB has it)",
	  .group = "Other tools", .heeded_by = "tool=lldb" },
};

const struct conf_table scenario_tools_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
