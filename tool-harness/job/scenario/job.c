/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the job and of its measurement: what is run, how often, and in which state
 * of the machine. Descriptions only; what a key does is with those that use it.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"
#include "lib/manifest/manifest.h"
#include "measure/trial.h"

static const struct conf_choice launchers[] = {
	[LAUNCHER_MPIRUN] = { "mpirun", "the command of the key mpirun" },
	[LAUNCHER_SPAWN] = { "spawn", "nothing: plain processes without MPI" },
	{ 0 },
};
static const struct conf_choice aslr_choices[] = {
	[ASLR_ON] = { "on", "the system's setting" },
	[ASLR_OFF] = { "off", "none; needs no privilege" },
	{ 0 },
};
static const struct conf_choice binds[] = {
	[BIND_NONE] = { "none", "what the launcher gives" },
	[BIND_CORE] = { "core", "one of those for each task, as launchers do on a cluster" },
	{ 0 },
};
static const struct conf_choice bindings[] = {
	[BIND_NOW_OFF] = { "off", "symbols are bound when they are first used" },
	[BIND_NOW_ON] = { "on", "LD_BIND_NOW=1: all at start" },
	{ 0 },
};
static const struct conf_choice acquires[] = { ACQUIRES(ROW_CHOICE) { 0 } };
static const struct conf_choice programs[] = { PROGRAMS(ROW_CHOICE) { 0 } };
static const struct conf_choice temperatures[] = { TEMPERATURES(ROW_CHOICE) { 0 } };
static const struct conf_choice counter_sources[] = { COUNTER_SOURCES(ROW_CHOICE) { 0 } };

static const struct conf_option options[] = {
	{ .key = "name", .type = CONF_STRING, FIELD(name), .default_text = "",
	  .help = "name in the record; default: that of the scenario file, target or command",
	  .group = "Job", .fixed = true },
	{ .key = "tool", .type = CONF_STRING, FIELD(tool), .default_text = "native",
	  .help = "what brings the tasks through start-up: native (the kit's own ptrace engine), null "
		  "(made-up events, no processes), none (untraced runs alone), gdb, lldb, or a "
		  "tool that a file describes, by its path or as NAME of scenarios/tools/NAME.yaml",
	  .group = "Job" },
	{ .key = "target", .type = CONF_STRING, FIELD(target), .default_text = "",
	  .help = "folder of a generated target", .group = "Job" },
	{ .key = "program", .type = CONF_CHOICES, FIELD(program), .default_text = "host", .choices = programs,
	  .help = "programs of the target, each measured by itself",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "bind_now", .type = CONF_CHOICES, FIELD(bind_now), .default_text = "off", .choices = bindings,
	  .help = "when the tasks' symbols are bound; with both, each program is measured both ways",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "command", .type = CONF_STRINGS, FIELD(command), .default_text = "",
	  .help = "any other program and its arguments, instead of a target",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "needs.programs", .type = CONF_STRINGS, FIELD(needs_programs), .default_text = "",
	  .help = "programs without which nothing is run: the exit status is 77",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "needs.modules", .type = CONF_STRINGS, FIELD(needs_modules), .default_text = "",
	  .help = "likewise modules of the interpreter: the tasks' program if that is a python, else python3",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "needs.packages", .type = CONF_STRINGS, FIELD(needs_packages), .default_text = "",
	  .help = "what to install if one of these is missing, for the message",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "tasks", .type = CONF_INT, FIELD(tasks), .default_text = "4", .min = 1, .max = 100000,
	  .help = "number of tasks", .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "launcher", .type = CONF_CHOICE, FIELD(launcher), .default_text = "mpirun",
	  .choices = launchers,
	  .help = "what starts the tasks", .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "mpirun", .type = CONF_STRING, FIELD(mpirun), .default_text = "mpirun",
	  .help = "command of the launcher mpirun", .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "launcher_args", .type = CONF_STRINGS, FIELD(launcher_args), .default_text = "",
	  .help = "more arguments for mpirun", .group = "Job", .heeded_by = OF_LAUNCH " launcher=mpirun" },
	{ .key = "acquire", .type = CONF_CHOICE, FIELD(acquire), .default_text = "shim", .choices = acquires,
	  .help = "how the tool comes by the tasks",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "acquire_hosts", .type = CONF_STRINGS, FIELD(acquire_hosts), .default_text = "",
	  .help = "more host names in a launcher's process table that mean this machine", .group = "Job" },
	{ .key = "aslr", .type = CONF_CHOICE, FIELD(aslr), .default_text = "on", .choices = aslr_choices,
	  .help = "address space layout randomisation of the tasks",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "bind", .type = CONF_CHOICE, FIELD(bind), .default_text = "none", .choices = binds,
	  .help = "cores of each task, traced or not",
	  .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "time_limit", .type = CONF_DURATION, FIELD(time_limit_ns), .default_text = "10min",
	  .min = NS_PER_MS, .max = MAX_TIME_NS,
	  .help = "longest time for one execution of the job", .group = "Job", .heeded_by = OF_LAUNCH },
	{ .key = "expect_status", .type = CONF_INT, FIELD(expect_status), .default_text = "0", .min = 0, .max = 255,
	  .help = "exit status of the job, that of its first task to fail (128 and N: killed by signal N): any other "
		  "one makes a run invalid",
	  .group = "Job" },

	{ .key = "temperature", .type = CONF_CHOICES, FIELD(temperature), .default_text = "cold,warm",
	  .choices = temperatures,
	  .help = "states of the page cache to measure, in this order",
	  .group = "Measurement", .fixed = true, .heeded_by = OF_LAUNCH },
	{ .key = "repetitions", .type = CONF_INT, FIELD(repetitions), .default_text = "3", .min = 1, .max = 100000,
	  .help = "executions for each temperature",
	  .group = "Measurement", .fixed = true, .heeded_by = OF_LAUNCH },
	{ .key = "baseline", .type = CONF_BOOL, FIELD(baseline), .default_text = "on",
	  .help = "for each traced execution run the job untraced, too",
	  .group = "Measurement", .heeded_by = OF_LAUNCH },
	{ .key = "counters", .type = CONF_CHOICE, FIELD(counters), .default_text = "off",
	  .choices = counter_sources,
	  .help = "who counts cache misses of import and visit, in runs without a tool",
	  .group = "Measurement", .fixed = true, .heeded_by = OF_LAUNCH " tool=none" },
	{ .key = "matrix", .type = CONF_MATRIX, FIELD(matrix), .default_text = "",
	  .help = "keys and the values that they take in turns, all combinations: {aslr: [on, off], tasks: [1, 4]}; "
		  "each combination is a variant of its own in tables and record",
	  .group = "Measurement", .heeded_by = OF_LAUNCH },
	{ .key = "cases", .type = CONF_CASES, FIELD(cases), .default_text = "",
	  .help = "settings that belong together, each list member with a name: [{name: old, "
		  "breakpoints.reinsert: remove-insert}, {name: new, breakpoints.reinsert: rewrite}]; each is combined "
		  "with all of the matrix",
	  .group = "Measurement", .heeded_by = OF_LAUNCH },
	{ .key = "results", .type = CONF_STRING, FIELD(results), .default_text = "results/runs",
	  .help = "folder for the records", .group = "Measurement", .fixed = true },
	{ .key = "cold.drop_caches", .type = CONF_BOOL, FIELD(cold_drop_caches), .default_text = "off",
	  .help = "empty the whole machine's page cache, too (needs root)",
	  .group = "Measurement", .heeded_by = OF_LAUNCH " temperature=cold" },
	{ .key = "cold.files", .type = CONF_STRINGS, FIELD(cold_files), .default_text = "",
	  .help = "more files and folders to evict from the page cache, besides the target's",
	  .group = "Measurement", .heeded_by = OF_LAUNCH " temperature=cold" },
};

const struct conf_table scenario_job_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
