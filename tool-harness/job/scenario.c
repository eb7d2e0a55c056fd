/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option table of a scenario and the checks that span several keys. Reading,
 * ranges and messages are conf's; what the keys do is the tools'.
 *
 * Invariant: in a scenario that passed scenario_check no key is silently without effect
 * on a job that can be started.
 */
#include "job/scenario.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "measure/trial.h"

static const char *const launcher_names[] = { "mpirun", "spawn", NULL };
static const char *const aslr_names[] = { "on", "off", NULL };
static const char *const where_names[] = { "spread", "names", NULL };
static const char *const reinsert_names[] = { "rewrite", "remove-insert", "none", NULL };
static const char *const write_names[] = { "mem", "poke", NULL };
static const char *const load_events_names[] = { "rbrk", "probes", "uprobe", "audit", "none", NULL };
static const char *const linkmap_names[] = { "incremental", "full", NULL };
static const char *const symbols_names[] = { "needed", "all", "off", NULL };
static const char *const wait_names[] = { "block", "spin", NULL };
static const char *const stacks_names[] = { "off", "start", "events", "end", NULL };
static const char *const binding_names[] = { "off", "on", NULL };

#define FIELD(field) .offset = offsetof(struct scenario, field)
#define MAX_TIME_NS (7.0 * 24 * 3600 * NS_PER_S)

static const struct conf_option options[] = {
	{ .key = "name", .type = CONF_STRING, FIELD(name), .default_text = "",
	  .help = "name in the record; default: that of the scenario file, target or command", .group = "Job" },
	{ .key = "tool", .type = CONF_STRING, FIELD(tool), .default_text = "native",
	  .help = "what brings the tasks through start-up: native (the kit's own ptrace engine), null "
		  "(made-up events, no processes) or none (untraced runs alone)",
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
	{ .key = "results", .type = CONF_STRING, FIELD(results), .default_text = "results/runs",
	  .help = "folder for the records", .group = "Measurement" },
	{ .key = "cold.drop_caches", .type = CONF_BOOL, FIELD(cold_drop_caches), .default_text = "off",
	  .help = "empty the whole machine's page cache, too (needs root)", .group = "Measurement" },
	{ .key = "cold.files", .type = CONF_STRINGS, FIELD(cold_files), .default_text = "",
	  .help = "more files and folders to evict from the page cache, besides the target's", .group = "Measurement" },

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
	  .help = "at each load event write each breakpoint again (rewrite), remove and insert it "
		  "(remove-insert), or leave it (none)",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.write", .type = CONF_CHOICE, FIELD(breakpoints_write), .default_text = "mem",
	  .choices = write_names,
	  .help = "how a trap gets into a task: one byte through /proc/PID/mem, or a word by PTRACE_POKETEXT",
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
	{ .key = "wait", .type = CONF_CHOICE, FIELD(wait), .default_text = "block", .choices = wait_names,
	  .help = "between stops sleep (block) or poll all the time (spin), which costs a core", .group = "Tracer" },
	{ .key = "stacks", .type = CONF_CHOICES, FIELD(stacks), .default_text = "off", .choices = stacks_names,
	  .help = "take the stacks of all tasks and merge them into one tree: when phase 1 ends (start), at each "
		  "load event (events), and of all threads when a job is ended by the time limit or an interrupt "
		  "(end)",
	  .group = "Tracer" },

	{ .key = "null.libraries", .type = CONF_INT, FIELD(null_libraries), .default_text = "100", .min = 0,
	  .max = 1000000, .help = "libraries that the null tool makes up for each task", .group = "Null tool" },
	{ .key = "null.t1", .type = CONF_DURATION, FIELD(null_t1_ns), .default_text = "10ms", .min = 0,
	  .max = MAX_TIME_NS, .help = "made-up time of one load event", .group = "Null tool" },
	{ .key = "null.t2", .type = CONF_DURATION, FIELD(null_t2_ns), .default_text = "1ms", .min = 0,
	  .max = MAX_TIME_NS, .help = "made-up time of one reinserted breakpoint", .group = "Null tool" },
	{ .key = "null.noise", .type = CONF_DOUBLE, FIELD(null_noise), .default_text = "0", .min = 0, .max = 1,
	  .help = "relative standard deviation of the made-up times", .group = "Null tool" },
	{ .key = "null.seed", .type = CONF_SEED, FIELD(null_seed), .default_text = "1",
	  .help = "seed of the made-up times", .group = "Null tool" },
};

const struct conf_table scenario_table = {
	.what = "scenario",
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* A relative path that exists in the scenario's folder is meant there. */
static void path_resolve(const char *folder, char **path)
{
	_cleanup_free_ char *there = fs_join(folder, *path);

	if (**path == '/' || !fs_exists(there))
		return;
	free(*path);
	*path = no_free_ptr(there);
}

/* "scenarios/demo.yaml" -> "demo" */
static char *name_from_path(const char *path)
{
	_cleanup_free_ char *own = mem_strdup(path);
	size_t n = strlen(own);
	const char *base, *dot;

	while (n > 1 && own[n - 1] == '/')
		own[--n] = '\0';
	base = fs_basename(own);
	dot = strrchr(base, '.');
	return dot && dot != base ? mem_strndup(base, dot - base) : mem_strdup(base);
}

struct err *scenario_read(const char *path, struct scenario *ret)
{
	struct scenario scenario = { 0 };
	struct err *err;

	conf_defaults(&scenario_table, &scenario);
	if (path) {
		_cleanup_free_ char *folder = fs_dirname(path);

		err = conf_read_file(&scenario_table, path, &scenario);
		if (err) {
			scenario_deinit(&scenario);
			return err;
		}
		if (scenario.target)
			path_resolve(folder, &scenario.target);
		for (size_t i = 0; i < scenario.cold_files.n; i++)
			path_resolve(folder, &scenario.cold_files.strings[i]);
		if (!scenario.name)
			scenario.name = name_from_path(path);
	}
	*ret = scenario;
	return NULL;
}

static bool is_null_tool(const struct scenario *scenario)
{
	return !strcmp(scenario->tool, "null");
}

bool scenario_is_untraced(const struct scenario *scenario)
{
	return !strcmp(scenario->tool, "none");
}

static struct err *check_job(const struct scenario *scenario)
{
	const struct {
		const char *key;
		const char *value;
	} needed[] = {
		{ "tool", scenario->tool },
		{ "results", scenario->results },
		{ "mpirun", scenario->launcher == LAUNCHER_MPIRUN ? scenario->mpirun : "not asked for" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!needed[i].value)
			return err_new("'%s' is empty", needed[i].key);
	if (scenario->target && scenario->command.n)
		return err_hint(err_new("both a target and a command are given"),
				"leave one out: a target has its own program, see the key 'program'");
	if (!scenario->target && !scenario->command.n && !is_null_tool(scenario))
		return err_hint(err_new("nothing to run: neither a target nor a command is given"),
				"set 'target' to a folder made by pynamic-gen, or give a command after '--'");
	if (scenario->command.n && !*scenario->command.strings[0])
		return err_new("the first word of the command is empty");
	if (scenario->launcher == LAUNCHER_SPAWN && scenario->launcher_args.n)
		return err_hint(err_new("'launcher_args' are given, but the launcher 'spawn' takes none"),
				"set the launcher to mpirun, or leave them out");
	return NULL;
}

/* spawn is the launcher of that name by another; only launchers have a process table. */
static struct err *check_acquire(struct scenario *scenario)
{
	if (scenario->acquire == ACQUIRE_SPAWN)
		scenario->launcher = LAUNCHER_SPAWN;
	if (scenario->launcher != LAUNCHER_SPAWN)
		return scenario->acquire != ACQUIRE_LIST ? NULL :
			err_hint(err_new("a list names tasks that run already: it starts none"),
				 "use 'attachstorm attach --list'");
	switch (scenario->acquire) {
	case ACQUIRE_SHIM:
		scenario->acquire = ACQUIRE_SPAWN;
		return NULL;
	case ACQUIRE_SPAWN:
	case ACQUIRE_ENVIRON:
		return NULL;
	default:
		return err_hint(err_new("'acquire' is %s, but the launcher 'spawn' has no process table",
					acquire_names[scenario->acquire]),
				"use the launcher mpirun, or acquire by environ");
	}
}

/* Several programs only of a target, counters only of programs that can count. */
static struct err *check_variants(const struct scenario *scenario)
{
	if (!scenario->program.n || !scenario->bind_now.n)
		return err_hint(err_new("'%s' is empty", scenario->program.n ? "bind_now" : "program"),
				"leave it out for %s", scenario->program.n ? "off" : "host");
	if (scenario->program.n > 1 && !scenario->target)
		return err_hint(err_new("several programs are asked for, but there is no target that has them"),
				"set 'target', or leave 'program' out");
	if (scenario->counters == COUNTERS_OFF)
		return NULL;
	if (!scenario_is_untraced(scenario))
		return err_hint(err_new("'counters' are of untraced runs, but the tool is '%s'", scenario->tool),
				"set tool to none");
	if (!scenario->target)
		return err_hint(err_new("'counters' are of the phases of a target, but there is none"), "set 'target'");
	for (size_t i = 0; i < scenario->program.n; i++)
		if (scenario->program.choices[i] == PROGRAM_PYTHON)
			return err_hint(err_new("the program 'python' cannot count its phases"),
					"use host, which is the same with the interpreter inside");
	return NULL;
}

static struct err *check_measurement(const struct scenario *scenario)
{
	bool cold = false;

	if (scenario_is_untraced(scenario) && !scenario->baseline)
		return err_hint(err_new("nothing would be measured: the tool is none, and 'baseline' is off"),
				"set baseline to on");

	if (!scenario->temperature.n)
		return err_hint(err_new("'temperature' is empty"), "use cold, warm or both");
	for (size_t i = 0; i < scenario->temperature.n; i++)
		cold |= scenario->temperature.choices[i] == TEMPERATURE_COLD;
	if (!cold && (scenario->cold_drop_caches || scenario->cold_files.n))
		return err_hint(err_new("'%s' is set, but 'temperature' has no cold",
					scenario->cold_drop_caches ? "cold.drop_caches" : "cold.files"),
				"add cold to the temperatures, or leave it out");
	return NULL;
}

bool scenario_stops_tasks(const struct scenario *scenario)
{
	return scenario->load_events == LOAD_EVENTS_RBRK || scenario->load_events == LOAD_EVENTS_PROBES;
}

/* Only a stopped task can be given breakpoints, and only a real tool hears of anything. */
static struct err *check_load_events(const struct scenario *scenario)
{
	const char *name = load_events_names[scenario->load_events];

	if (scenario->load_events == LOAD_EVENTS_RBRK)
		return NULL;
	if (strcmp(scenario->tool, "native"))
		return err_hint(err_new("'load_events' is %s, but the tool is '%s', which hears of none", name,
					scenario->tool),
				"set tool to native, or leave load_events out");
	if (scenario_stops_tasks(scenario))
		return NULL;
	if (scenario->acquire != ACQUIRE_SHIM && scenario->acquire != ACQUIRE_SPAWN)
		return err_hint(err_new("'acquire' is %s, but load_events %s watches tasks from their start",
					acquire_names[scenario->acquire], name),
				"set acquire to shim, or load_events to rbrk");
	if (scenario_wants_stacks(scenario))
		return err_hint(err_new("stacks are asked for, but with load_events %s no task is ever stopped", name),
				"set load_events to rbrk or probes, or leave stacks out");
	if (scenario->breakpoints_count || scenario->breakpoints_names.n)
		return err_hint(err_new("breakpoints are asked for, but with load_events %s no task is ever stopped",
					name),
				"set load_events to rbrk or probes, or breakpoints.count to 0");
	if (scenario->linkmap == LINKMAP_FULL)
		return err_hint(err_new("'link_map' is full, but with load_events %s there is no stop to walk it at",
					name),
				"set load_events to rbrk or probes, or leave link_map out");
	return NULL;
}

static struct err *check_breakpoints(const struct scenario *scenario)
{
	const struct conf_list *names = &scenario->breakpoints_names;

	if (scenario->breakpoints_where == BP_NAMES && !names->n)
		return err_hint(err_new("'breakpoints.where' is names, but 'breakpoints.names' is empty"),
				"list the functions, or set breakpoints.where to spread");
	if (scenario->breakpoints_where == BP_SPREAD && names->n)
		return err_hint(err_new("'breakpoints.names' are given, but 'breakpoints.where' is spread"),
				"set breakpoints.where to names, or leave them out");
	for (size_t i = 0; i < names->n; i++) {
		if (!*names->strings[i])
			return err_new("'breakpoints.names' has an empty name");
		for (size_t j = 0; j < i; j++)
			if (!strcmp(names->strings[i], names->strings[j]))
				return err_new("'breakpoints.names' has '%s' twice", names->strings[i]);
	}
	if (names->n && scenario->breakpoints_count && (size_t)scenario->breakpoints_count != names->n)
		return err_hint(err_new("'breakpoints.count' is %jd, but 'breakpoints.names' has %zu",
					(intmax_t)scenario->breakpoints_count, names->n),
				"leave breakpoints.count out: the names are counted");
	if (scenario->breakpoints_where == BP_SPREAD && scenario->breakpoints_count && scenario->command.n)
		return err_hint(err_new("breakpoints cannot be spread over a command, whose functions are not known"),
				"name functions: breakpoints.where names, and breakpoints.names");
	if (scenario_is_untraced(scenario) && (scenario->breakpoints_count || names->n))
		return err_hint(err_new("breakpoints are asked for, but the tool is none"),
				"set tool to native, or breakpoints.count to 0");
	if (scenario->symbols == SYMBOLS_OFF && (scenario->breakpoints_count || names->n))
		return err_hint(err_new("'symbols' is off, but breakpoints are asked for, which are found by name"),
				"set symbols to needed, or breakpoints.count to 0");
	return NULL;
}

bool scenario_wants_stacks(const struct scenario *scenario)
{
	return scenario->stacks.n && scenario->stacks.choices[0] != STACKS_OFF;
}

static struct err *check_stacks(const struct scenario *scenario)
{
	const struct conf_list *stacks = &scenario->stacks;

	if (!stacks->n)
		return err_hint(err_new("'stacks' is empty"), "use off, or some of start, events and end");
	for (size_t i = 0; stacks->n > 1 && i < stacks->n; i++)
		if (stacks->choices[i] == STACKS_OFF)
			return err_hint(err_new("'stacks' is off and something else"), "leave one out");
	if (!scenario_wants_stacks(scenario))
		return NULL;
	if (strcmp(scenario->tool, "native") != 0)
		return err_hint(err_new("stacks are asked for, but the tool is '%s'", scenario->tool),
				"set tool to native, or stacks to off");
	if (scenario->symbols == SYMBOLS_OFF)
		return err_hint(err_new("'symbols' is off, but stacks are asked for, which name functions"),
				"set symbols to needed, or stacks to off");
	return NULL;
}

struct err *scenario_check(struct scenario *scenario)
{
	struct err *err;

	err = check_acquire(scenario);
	if (!err)
		err = check_job(scenario);
	if (!err)
		err = check_variants(scenario);
	if (!err)
		err = check_measurement(scenario);
	if (!err)
		err = check_breakpoints(scenario);
	if (!err)
		err = check_stacks(scenario);
	if (!err)
		err = check_load_events(scenario);
	if (err)
		return err;
	if (scenario->breakpoints_names.n)
		scenario->breakpoints_count = scenario->breakpoints_names.n;
	if (!scenario->name)
		scenario->name = name_from_path(scenario->target      ? scenario->target :
						scenario->command.n ? scenario->command.strings[0] :
								      scenario->tool);
	if (strchr(scenario->name, '/'))
		return err_hint(err_new("the name of the scenario cannot be '%s'", scenario->name),
				"it names the record's folder; set 'results' for a path");
	return NULL;
}

void scenario_deinit(struct scenario *scenario)
{
	conf_deinit(&scenario_table, scenario);
}
