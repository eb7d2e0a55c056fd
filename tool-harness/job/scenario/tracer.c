/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of tools that trace: breakpoints, and how the tracer does its work.
 * Descriptions only; what a key does is the tools'.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"
#include "measure/trial.h"

static const struct conf_choice wheres[] = {
	[BP_SPREAD] = { "spread", "spread evenly over the target's functions" },
	[BP_NAMES] = { "names", "at the functions in breakpoints.names" },
	{ 0 },
};
static const struct conf_choice reinserts[] = {
	[REINSERT_REWRITE] = { "rewrite", "written once more" },
	[REINSERT_REMOVE_INSERT] = { "remove-insert", "removed and inserted" },
	[REINSERT_NONE] = { "none", "not at all: this is the policy new-only" },
	{ 0 },
};
static const struct conf_choice linkmaps[] = {
	[LINKMAP_INCREMENTAL] = { "incremental", "its new part" },
	[LINKMAP_FULL] = { "full", "all of it" },
	{ 0 },
};
static const struct conf_choice symbols[] = {
	[SYMBOLS_NEEDED] = { "needed", "all while there are breakpoints to find, else those of libraries on stacks "
				       "that are asked for" },
	[SYMBOLS_ALL] = { "all", "all" },
	[SYMBOLS_OFF] = { "off", "none" },
	{ 0 },
};
#define ROW_MOMENT(constant, name, help, ...) [STACKS_SCENARIO_FIRST + (int)constant] = { name, help },
static const struct conf_choice stacks[] = { [STACKS_OFF] = { "off", "never" }, STACKS_MOMENTS(ROW_MOMENT) { 0 } };
static const struct conf_choice writes[] = { BP_WRITES(ROW_CHOICE) { 0 } };
static const struct conf_choice load_interfaces[] = { LOAD_INTERFACES(ROW_CHOICE) { 0 } };
static const struct conf_choice waits[] = { WAIT_MODES(ROW_CHOICE) { 0 } };

static const struct conf_option options[] = {
	{ .key = "breakpoints.count", .type = CONF_INT, FIELD(breakpoints_count), .default_text = "0",
	  .min = 0, .max = 1000000,
	  .help = "breakpoints in each task; with breakpoints.where names their number",
	  .group = "Breakpoints", .heeded_by = OF_BREAKPOINTS },
	{ .key = "breakpoints.where", .type = CONF_CHOICE, FIELD(breakpoints_where), .default_text = "spread",
	  .choices = wheres,
	  .help = "where they are",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.names", .type = CONF_STRINGS, FIELD(breakpoints_names), .default_text = "",
	  .help = "functions to break at, pending until a library has them",
	  .group = "Breakpoints", .heeded_by = OF_BREAKPOINTS " breakpoints.where=names" },
	{ .key = "breakpoints.reinsert", .type = CONF_CHOICE, FIELD(breakpoints_reinsert),
	  .default_text = "rewrite", .choices = reinserts,
	  .help = "how the policy reinsert-all puts a breakpoint in again",
	  .group = "Breakpoints", .heeded_by = OF_NATIVE },
	{ .key = "breakpoints.write", .type = CONF_CHOICE, FIELD(breakpoints_write), .default_text = "mem",
	  .choices = writes,
	  .help = "how a breakpoint gets into a task",
	  .group = "Breakpoints", .heeded_by = OF_NATIVE },

	{ .key = "load_events", .type = CONF_CHOICE, FIELD(load_events), .default_text = "rbrk",
	  .choices = load_interfaces,
	  .help = "how the tracer hears of libraries",
	  .group = "Tracer", .heeded_by = OF_NATIVE },
	{ .key = "poll_interval", .type = CONF_DURATION, FIELD(poll_interval_ns), .default_text = "1ms",
	  .min = NS_PER_US, .max = NS_PER_S,
	  .help = "how often a tracer that does not stop the tasks looks for what is new",
	  .group = "Tracer", .heeded_by = OF_NATIVE " load_events=uprobe,audit,none" },
	{ .key = "link_map", .type = CONF_CHOICE, FIELD(linkmap), .default_text = "incremental",
	  .choices = linkmaps,
	  .help = "what is read of the link map at each load event", .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "symbols", .type = CONF_CHOICE, FIELD(symbols), .default_text = "needed", .choices = symbols,
	  .help = "which libraries' symbol tables are read when they appear",
	  .group = "Tracer", .heeded_by = OF_NATIVE },
	{ .key = "wait", .type = CONF_CHOICE, FIELD(wait), .default_text = "adaptive", .choices = waits,
	  .help = "what the tracer does between stops",
	  .group = "Tracer", .heeded_by = OF_NATIVE },
	{ .key = "tracer_threads", .type = CONF_INT, FIELD(tracer_threads), .default_text = "1", .min = 1, .max = 1024,
	  .help = "threads of the tracer, each with a share of the tasks; no more than there are tasks",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "stacks", .type = CONF_CHOICES, FIELD(stacks), .default_text = "off", .choices = stacks,
	  .help = "when the stacks of all tasks are taken and merged into one tree",
	  .group = "Tracer", .heeded_by = OF_STOPS },
};

const struct conf_table scenario_tracer_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
