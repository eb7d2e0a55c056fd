/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of tools that trace: breakpoints, and how the tracer does its work.
 * Descriptions only; what a key does is the tools'.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"

static const char *const where_names[] = { "spread", "names", NULL };
static const char *const reinsert_names[] = { "rewrite", "remove-insert", "none", NULL };
static const char *const write_names[] = { "mem", "poke", "page", "debug-registers", "uprobe", NULL };
static const char *const linkmap_names[] = { "incremental", "full", NULL };
static const char *const symbols_names[] = { "needed", "all", "off", NULL };
static const char *const stacks_names[] = { "off", "start", "events", "end", NULL };

const char *const load_events_names[] = { "rbrk", "probes", "uprobe", "audit", "none", NULL };

static const struct conf_option options[] = {
	{ .key = "breakpoints.count", .type = CONF_INT, FIELD(breakpoints_count), .default_text = "0",
	  .min = 0, .max = 1000000,
	  .help = "breakpoints in each task; with breakpoints.where names their number", .group = "Breakpoints" },
	{ .key = "breakpoints.where", .type = CONF_CHOICE, FIELD(breakpoints_where), .default_text = "spread",
	  .choices = where_names,
	  .help = "spread evenly over the target's functions, or at the functions in breakpoints.names",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.names", .type = CONF_STRINGS, FIELD(breakpoints_names), .default_text = "",
	  .help = "functions to break at, pending until a library has them", .group = "Breakpoints" },
	{ .key = "breakpoints.reinsert", .type = CONF_CHOICE, FIELD(breakpoints_reinsert),
	  .default_text = "rewrite", .choices = reinsert_names,
	  .help = "how the policy reinsert-all puts a breakpoint in again: written once more (rewrite), or removed "
		  "and inserted (remove-insert); none is the policy new-only",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.write", .type = CONF_CHOICE, FIELD(breakpoints_write), .default_text = "mem",
	  .choices = write_names,
	  .help = "how a breakpoint gets into a task: one byte through /proc/PID/mem (mem), a word by PTRACE_POKETEXT "
		  "(poke), all of a page by one read and one write (page), by the processor's four "
		  "debug registers in each thread (debug-registers), or as a perf event that serves all tasks "
		  "and stops none (uprobe)",
	  .group = "Breakpoints" },

	{ .key = "load_events", .type = CONF_CHOICE, FIELD(load_events), .default_text = "rbrk",
	  .choices = load_events_names,
	  .help = "how the tracer hears of libraries: a trap at the loader's hook _dl_debug_state (rbrk) or at its "
		  "SystemTap probes (probes), or without ever stopping a task by a perf event at the hook (uprobe), by "
		  "an LD_AUDIT library (audit), or by looking at the link map every poll_interval (none)",
	  .group = "Tracer" },
	{ .key = "poll_interval", .type = CONF_DURATION, FIELD(poll_interval_ns), .default_text = "1ms",
	  .min = NS_PER_US, .max = NS_PER_S,
	  .help = "how often a tracer that does not stop the tasks looks for what is new", .group = "Tracer" },
	{ .key = "link_map", .type = CONF_CHOICE, FIELD(linkmap), .default_text = "incremental",
	  .choices = linkmap_names,
	  .help = "at each load event read the new part of the link map, or walk all of it", .group = "Tracer" },
	{ .key = "symbols", .type = CONF_CHOICE, FIELD(symbols), .default_text = "needed", .choices = symbols_names,
	  .help = "which libraries' symbol tables are read when they appear: needed (all while there are breakpoints "
		  "to find, else those of libraries on stacks that are asked for), all, or off",
	  .group = "Tracer" },
	{ .key = "wait", .type = CONF_CHOICE, FIELD(wait), .default_text = "adaptive", .choices = wait_names,
	  .help = "between stops sleep (block), poll all the time (spin, which costs a core), sleep on the core of the "
		  "task that stopped last (follow), or choose among these by the last waits (adaptive)",
	  .group = "Tracer" },
	{ .key = "tracer_threads", .type = CONF_INT, FIELD(tracer_threads), .default_text = "1", .min = 1, .max = 1024,
	  .help = "threads of the tracer, each with a share of the tasks; no more than there are tasks",
	  .group = "Tracer" },
	{ .key = "stacks", .type = CONF_CHOICES, FIELD(stacks), .default_text = "off", .choices = stacks_names,
	  .help = "take the stacks of all tasks and merge them into one tree: when phase 1 ends (start), at each "
		  "load event (events), and of all threads when a job is ended by the time limit or an interrupt "
		  "(end)",
	  .group = "Tracer" },
};

const struct conf_table scenario_tracer_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
