/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of a scenario that span several keys; ranges of one key are conf's. A function
 * for each concern, in one table.
 *
 * Invariant: in a scenario that passed scenario_check no key is silently without effect
 * on a job that can be started.
 */
#include <math.h>
#include <string.h>

#include "job/scenario/keys.h"
#include "lib/mem.h"
#include "measure/trial.h"

#define NULL_MOST_LIBRARIES 1e5 /* of any target */

static bool is_null_tool(const struct scenario *scenario)
{
	return !strcmp(scenario->tool, "null");
}

static struct err *check_job(const struct scenario *scenario)
{
	const struct {
		const char *key;
		const char *value;
	} needed[] = {
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
	return NULL;
}

/* Without a launcher each process is an MPI job of its own, and all of them are rank 0. (The
 * first programs of the enumeration are of MPI; python may do without.) */
static struct err *check_spawn(const struct scenario *scenario)
{
	if (scenario->launcher != LAUNCHER_SPAWN || scenario->tasks == 1 || !scenario->target ||
	    is_null_tool(scenario))
		return NULL;
	for (size_t i = 0; i < scenario->program.n; i++)
		if (scenario->program.choices[i] < PROGRAM_PLAIN)
			return err_hint(err_new("the program '%s' is of MPI, but the launcher 'spawn' would start %jd "
						"processes that know nothing of each other",
						program_names[scenario->program.choices[i]],
						(intmax_t)scenario->tasks),
					"use the launcher mpirun, the program plain, or one task");
	return NULL;
}

/* Only launchers have a process table. */
static struct err *check_acquire(const struct scenario *scenario)
{
	if (scenario->launcher != LAUNCHER_SPAWN)
		return scenario->acquire != ACQUIRE_LIST ? NULL :
			err_hint(err_new("a list names tasks that run already: it starts none"),
				 "use 'attachstorm attach --list'");
	switch (scenario->acquire) {
	case ACQUIRE_SPAWN:
	case ACQUIRE_ENVIRON:
	case ACQUIRE_AUTO:
		return NULL;
	default:
		return err_hint(err_new("'acquire' is %s, but the launcher 'spawn' has no process table",
					scenario_chosen(scenario, "acquire")),
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
	if (scenario_is_untraced(scenario) && !scenario->baseline)
		return err_hint(err_new("nothing would be measured: the tool is none, and 'baseline' is off"),
				"set baseline to on");
	if (!scenario->temperature.n)
		return err_hint(err_new("'temperature' is empty"), "use cold, warm or both");
	return NULL;
}

/* What an interface that stops no task cannot do; keys that it does not heed are refused before. */
static struct err *check_load_events(const struct scenario *scenario)
{
	const char *name = scenario_chosen(scenario, "load_events");

	if (scenario_stops_tasks(scenario))
		return NULL;
	if (scenario->acquire != ACQUIRE_SHIM && scenario->acquire != ACQUIRE_SPAWN)
		return err_hint(err_new("'acquire' is %s, but load_events %s watches tasks from their start",
					scenario_chosen(scenario, "acquire"), name),
				"set acquire to shim, or load_events to rbrk");
	if (scenario->wait == WAIT_FOLLOW)
		return err_hint(err_new("'wait' is follow, but with load_events %s there is no stop to wait for", name),
				"set load_events to rbrk or probes, or wait to block or spin");
	return NULL;
}

static struct err *check_threads(const struct scenario *scenario)
{
	if (scenario->tracer_threads == 1 || scenario->stop != SCOPE_ALL)
		return NULL;
	return err_hint(err_new("'stop' is all, but with %jd tracer threads none can stop the others' tasks",
				(intmax_t)scenario->tracer_threads),
			"set stop to thread or task, or leave tracer_threads out");
}

/* The key that was given: event_work has set the other one by now. */
static const char *why_no_symbols(const struct scenario *scenario)
{
	return scenario->event_work == EVENT_WORK_LINKS ? "'event_work' is links" : "'symbols' is off";
}

static struct err *check_breakpoints(const struct scenario *scenario)
{
	const struct conf_list *names = &scenario->breakpoints_names;

	if (scenario->breakpoints_where == BP_NAMES && !names->n)
		return err_hint(err_new("'breakpoints.where' is names, but 'breakpoints.names' is empty"),
				"list the functions, or set breakpoints.where to spread");
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
	if (scenario->symbols == SYMBOLS_OFF && (scenario->breakpoints_count || names->n))
		return err_hint(err_new("%s, but breakpoints are asked for, which are found by name",
					why_no_symbols(scenario)),
				"set it to needed, or breakpoints.count to 0");
	return NULL;
}

static struct err *check_stacks(const struct scenario *scenario)
{
	const struct conf_list *stacks = &scenario->stacks;

	if (!stacks->n)
		return err_hint(err_new("'stacks' is empty"), "use off, or some of start, events and end");
	for (size_t i = 0; stacks->n > 1 && i < stacks->n; i++)
		if (stacks->choices[i] == STACKS_OFF)
			return err_hint(err_new("'stacks' is off and something else"), "leave one out");
	if (scenario_wants_stacks(scenario) && scenario->symbols == SYMBOLS_OFF)
		return err_hint(err_new("%s, but stacks are asked for, which name functions", why_no_symbols(scenario)),
				"set it to needed, or stacks to off");
	return NULL;
}

static struct err *check_outside(const struct scenario *scenario)
{
	if (!scenario_is_outside(scenario))
		return NULL;
	if (scenario->acquire != ACQUIRE_SHIM && scenario->acquire != ACQUIRE_SPAWN &&
	    scenario->acquire != ACQUIRE_MPIR_LAUNCH && scenario->acquire != ACQUIRE_AUTO)
		return err_hint(err_new("'acquire' is %s, but the tool '%s' is given tasks that are held at their "
					"start", scenario_chosen(scenario, "acquire"), scenario->tool),
				"set acquire to shim, mpir-launch or auto");
	return NULL;
}

/* Times must stay within 63 bits. */
static struct err *check_null(const struct scenario *scenario)
{
	double libraries = scenario->target ? NULL_MOST_LIBRARIES : (double)scenario->null_libraries + 10;
	double resolve_ns = (double)scenario->null_t2_resolve_ns * (double)scenario->breakpoints_count * libraries;

	if ((double)scenario->null_slope_ns * pow(libraries, scenario->null_exponent) + resolve_ns > MAX_TIME_NS)
		return err_hint(err_new("the null tool's load events would take more than a week at %.0f libraries",
					libraries),
				"lower null.slope, null.exponent or null.t2_resolve");
	return NULL;
}

static struct err *check_name(const struct scenario *scenario)
{
	if (!strchr(scenario->name, '/'))
		return NULL;
	return err_hint(err_new("the name of the scenario cannot be '%s'", scenario->name),
			"it names the record's folder; set 'results' for a path");
}

/* spawn as a way to acquire and as a launcher are the same thing under two keys. */
static void resolve_spawn(struct scenario *scenario)
{
	if (scenario->acquire == ACQUIRE_SPAWN)
		scenario->launcher = LAUNCHER_SPAWN;
	else if (scenario->launcher == LAUNCHER_SPAWN && scenario->acquire == ACQUIRE_SHIM)
		scenario->acquire = ACQUIRE_SPAWN;
}

struct check {
	struct err *(*run)(const struct scenario *scenario);
};

/* In this order: the first that fails is the one that is told. */
static const struct check checks[] = {
	{ check_acquire },     { check_job },     { check_spawn },       { check_variants }, { check_measurement },
	{ check_breakpoints }, { check_stacks },  { check_load_events }, { check_threads },  { scenario_check_work },
	{ check_outside },     { check_null },    { check_name },
};

/* Of a tracer whose job runs already. */
static const struct check tracer_checks[] = {
	{ check_breakpoints }, { check_stacks }, { check_threads }, { scenario_check_work },
};

static struct err *run_checks(const struct check *these, size_t n, struct scenario *scenario)
{
	struct err *err = scenario_resolve_work(scenario);

	for (size_t i = 0; !err && i < n; i++)
		err = these[i].run(scenario);
	if (err)
		return err;
	if (scenario->breakpoints_names.n)
		scenario->breakpoints_count = scenario->breakpoints_names.n;
	return scenario_check_policy(scenario);
}

struct err *scenario_check_tracer(struct scenario *scenario)
{
	return run_checks(tracer_checks, ARRAY_SIZE(tracer_checks), scenario);
}

struct err *scenario_check_attach(const struct scenario *scenario)
{
	static const struct conf_fact running = { "job", "running", "tasks that run already" };

	return conf_check_heeded(&scenario_table, scenario, &running);
}

struct err *scenario_check(struct scenario *scenario)
{
	struct err *err;

	resolve_spawn(scenario);
	if (!scenario->tool)
		return err_new("'tool' is empty");
	/* Before anything is filled in: only what was asked for can be without effect. */
	err = conf_check_heeded(&scenario_table, scenario, NULL);
	if (err)
		return err;
	if (!scenario->name)
		scenario->name = scenario_name(scenario->target      ? scenario->target :
					       scenario->command.n ? scenario->command.strings[0] :
								     scenario->tool);
	return run_checks(checks, ARRAY_SIZE(checks), scenario);
}
