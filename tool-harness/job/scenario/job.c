/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the job and of its measurement: what is run, how often, and in which state
 * of the machine. Descriptions only; what a key does is with those that use it.
 */
#include "job/scenario/keys.h"

#include <string.h>

#include "lib/cleanup.h"
#include "lib/manifest/manifest.h"
#include "measure/trial.h"

static const char *const launcher_names[] = { "mpirun", "spawn", NULL };
static const char *const aslr_names[] = { "on", "off", NULL };
static const char *const bind_names[] = { "none", "core", NULL };
static const char *const binding_names[] = { "off", "on", NULL };

/* What a run has one of, so that it cannot be swept. */
static const char *const keys_of_a_run[] = { "name", "results", "repetitions", "temperature", "counters", NULL };

static const struct conf_option options[] = {
	{ .key = "name", .type = CONF_STRING, FIELD(name), .default_text = "",
	  .help = "name in the record; default: that of the scenario file, target or command", .group = "Job" },
	{ .key = "tool", .type = CONF_STRING, FIELD(tool), .default_text = "native",
	  .help = "what brings the tasks through start-up: native (the kit's own ptrace engine), null "
		  "(made-up events, no processes), none (untraced runs alone), gdb, lldb, or a "
		  "tool that a file describes, by its path or as NAME of scenarios/tools/NAME.yaml",
	  .group = "Job" },
	{ .key = "target", .type = CONF_STRING, FIELD(target), .default_text = "",
	  .help = "folder of a generated target", .group = "Job" },
	{ .key = "program", .type = CONF_CHOICES, FIELD(program), .default_text = "host", .choices = program_names,
	  .help = "programs of the target, each measured by itself: host (MPI and embedded Python), the same as "
		  "linked, linked_now, static or bigexe, plain (no Python) and its plain_linked, plain_linked_now, "
		  "plain_static, or python (the interpreter with the driver and mpi4py)",
	  .group = "Job" },
	{ .key = "bind_now", .type = CONF_CHOICES, FIELD(bind_now), .default_text = "off", .choices = binding_names,
	  .help = "whether the tasks run with LD_BIND_NOW=1, so that all is bound at start; with both, each "
		  "program is measured both ways",
	  .group = "Job" },
	{ .key = "command", .type = CONF_STRINGS, FIELD(command), .default_text = "",
	  .help = "any other program and its arguments, instead of a target", .group = "Job" },
	{ .key = "needs.programs", .type = CONF_STRINGS, FIELD(needs_programs), .default_text = "",
	  .help = "programs without which nothing is run: the exit status is 77", .group = "Job" },
	{ .key = "needs.modules", .type = CONF_STRINGS, FIELD(needs_modules), .default_text = "",
	  .help = "likewise modules of the interpreter: the tasks' program if that is a python, else python3",
	  .group = "Job" },
	{ .key = "needs.packages", .type = CONF_STRINGS, FIELD(needs_packages), .default_text = "",
	  .help = "what to install if one of these is missing, for the message", .group = "Job" },
	{ .key = "tasks", .type = CONF_INT, FIELD(tasks), .default_text = "4", .min = 1, .max = 100000,
	  .help = "number of tasks", .group = "Job" },
	{ .key = "launcher", .type = CONF_CHOICE, FIELD(launcher), .default_text = "mpirun",
	  .choices = launcher_names,
	  .help = "what starts the tasks: mpirun, or spawn for plain processes without MPI", .group = "Job" },
	{ .key = "mpirun", .type = CONF_STRING, FIELD(mpirun), .default_text = "mpirun",
	  .help = "command of the launcher mpirun", .group = "Job" },
	{ .key = "launcher_args", .type = CONF_STRINGS, FIELD(launcher_args), .default_text = "",
	  .help = "more arguments for mpirun", .group = "Job" },
	{ .key = "acquire", .type = CONF_CHOICE, FIELD(acquire), .default_text = "shim", .choices = acquire_names,
	  .help = "how the tool comes by the tasks: shim (stopped at exec), spawn (the same, N processes without "
		  "MPI), mpir-launch (the launcher's process table, tasks held in MPI_Init), mpir-attach (the table "
		  "once they run), environ (ranks in /proc/PID/environ) or list (of 'attachstorm attach' alone)",
	  .group = "Job" },
	{ .key = "acquire_hosts", .type = CONF_STRINGS, FIELD(acquire_hosts), .default_text = "",
	  .help = "more host names in a launcher's process table that mean this machine", .group = "Job" },
	{ .key = "aslr", .type = CONF_CHOICE, FIELD(aslr), .default_text = "on", .choices = aslr_names,
	  .help = "address space layout randomisation of the tasks: on leaves the system's setting, off "
		  "needs no privilege",
	  .group = "Job" },
	{ .key = "bind", .type = CONF_CHOICE, FIELD(bind), .default_text = "none", .choices = bind_names,
	  .help = "cores of each task, traced or not: none leaves what the launcher gives, core binds each task to one "
		  "of those, as launchers do on a cluster",
	  .group = "Job" },
	{ .key = "time_limit", .type = CONF_DURATION, FIELD(time_limit_ns), .default_text = "10min",
	  .min = NS_PER_MS, .max = MAX_TIME_NS,
	  .help = "longest time for one execution of the job", .group = "Job" },

	{ .key = "temperature", .type = CONF_CHOICES, FIELD(temperature), .default_text = "cold,warm",
	  .choices = temperature_names,
	  .help = "states of the page cache to measure, in this order", .group = "Measurement" },
	{ .key = "repetitions", .type = CONF_INT, FIELD(repetitions), .default_text = "3", .min = 1, .max = 100000,
	  .help = "executions for each temperature", .group = "Measurement" },
	{ .key = "baseline", .type = CONF_BOOL, FIELD(baseline), .default_text = "on",
	  .help = "for each traced execution run the job untraced, too", .group = "Measurement" },
	{ .key = "counters", .type = CONF_CHOICE, FIELD(counters), .default_text = "off",
	  .choices = counter_source_names,
	  .help = "cache misses of import and visit, with the tool none: perf (perf_event_open), papi, callgrind "
		  "(simulated; takes some fifty times as long), or auto, the first of them that this machine has",
	  .group = "Measurement" },
	{ .key = "matrix", .type = CONF_MATRIX, FIELD(matrix), .default_text = "", .choices = keys_of_a_run,
	  .help = "keys and the values that they take in turns, all combinations: {aslr: [on, off], tasks: [1, 4]}; "
		  "each combination is a variant of its own in tables and record",
	  .group = "Measurement" },
	{ .key = "cases", .type = CONF_CASES, FIELD(cases), .default_text = "", .choices = keys_of_a_run,
	  .help = "settings that belong together, each list member with a name: [{name: old, "
		  "breakpoints.reinsert: remove-insert}, {name: new, breakpoints.reinsert: rewrite}]; each is combined "
		  "with all of the matrix",
	  .group = "Measurement" },
	{ .key = "results", .type = CONF_STRING, FIELD(results), .default_text = "results/runs",
	  .help = "folder for the records", .group = "Measurement" },
	{ .key = "cold.drop_caches", .type = CONF_BOOL, FIELD(cold_drop_caches), .default_text = "off",
	  .help = "empty the whole machine's page cache, too (needs root)", .group = "Measurement" },
	{ .key = "cold.files", .type = CONF_STRINGS, FIELD(cold_files), .default_text = "",
	  .help = "more files and folders to evict from the page cache, besides the target's", .group = "Measurement" },
};

bool scenario_key_is_of_run(const char *key)
{
	for (size_t i = 0; keys_of_a_run[i]; i++)
		if (!strcmp(keys_of_a_run[i], key))
			return true;
	return false;
}

const struct conf_table scenario_job_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};
