/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of what tools do differently: when breakpoints go in, what stands still at an
 * event, an added cost; and which of them go together. What a key does is the tools'.
 */
#include "job/scenario/keys.h"

#include <string.h>

#include "lib/cleanup.h"

/* In the order of enum bp_policy. */
static const char *const policy_names[] = { "reinsert-all", "re-resolve-all", "new-only", "pattern", "deferred", NULL };
/* In the order of enum event_scope. */
static const char *const scope_names[] = { "thread", "task", "all", NULL };
/* Behind interval: the marks of measure/trial.h, in their order. */
static const char *const until_names[] = { "stop",         "interval",   "main",        "mpi_init",  "python",
					   "driver",       "import_begin", "import_end", "visit_begin", "visit_end",
					   "mpi_begin",    "mpi_end",    "exit",        NULL };

static const struct conf_option options[] = {
	{ .key = "breakpoints.policy", .type = CONF_CHOICE, FIELD(breakpoints_policy), .default_text = "reinsert-all",
	  .choices = policy_names,
	  .help = "what is done with breakpoints at each load event: all put in again (reinsert-all, as "
		  "breakpoints.reinsert says), all names looked up again in all libraries (re-resolve-all), "
		  "nothing but the new libraries searched (new-only), these only once one matches "
		  "breakpoints.pattern (pattern), or nothing, as the tasks are not stopped at loads and "
		  "searched later (deferred)",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.pattern", .type = CONF_STRINGS, FIELD(breakpoints_pattern), .default_text = "",
	  .help = "of the policy pattern: file names of libraries (as libmodule*.so, or with a slash whole paths) "
		  "whose load has all new libraries searched",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.deferred_until", .type = CONF_CHOICE, FIELD(breakpoints_deferred_until),
	  .default_text = "import_end", .choices = until_names,
	  .help = "of the policy deferred: when a task is searched: at a phase mark of its target, at each stop "
		  "for another reason, as a breakpoint that is in (stop), or every "
		  "breakpoints.deferred_interval (interval)",
	  .group = "Breakpoints" },
	{ .key = "breakpoints.deferred_interval", .type = CONF_DURATION, FIELD(breakpoints_deferred_interval_ns),
	  .default_text = "100ms", .min = 50 * NS_PER_MS, .max = 3600.0 * NS_PER_S,
	  .help = "time between looks at a task, at least 50ms", .group = "Breakpoints" },
	{ .key = "stop", .type = CONF_CHOICE, FIELD(stop), .default_text = "thread", .choices = scope_names,
	  .help = "what stands still while a load event is handled: the thread that stopped, all threads of its "
		  "task, or those of all tasks",
	  .group = "Tracer" },
	{ .key = "slow.event", .type = CONF_DURATION, FIELD(slow_event_ns), .default_text = "0s",
	  .max = 60.0 * NS_PER_S,
	  .help = "time to spend in addition at each load event, to play a slower tool", .group = "Tracer" },
	{ .key = "slow.breakpoint", .type = CONF_DURATION, FIELD(slow_breakpoint_ns), .default_text = "0s",
	  .max = 60.0 * NS_PER_S,
	  .help = "time to spend in addition for each breakpoint that is put in, put in again or looked up again",
	  .group = "Tracer" },
};

const struct conf_table scenario_policy_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* --- checks ----------------------------------------------------------------------- */

static int64_t n_breakpoints(const struct scenario *scenario)
{
	return scenario->breakpoints_names.n ? (int64_t)scenario->breakpoints_names.n : scenario->breakpoints_count;
}

/* Reinserting by leaving all as it is, as older scenarios have it, is the policy that does so. */
static void resolve(struct scenario *scenario)
{
	if (scenario->breakpoints_reinsert == REINSERT_NONE && scenario->breakpoints_policy == POLICY_REINSERT_ALL)
		scenario->breakpoints_policy = POLICY_NEW_ONLY;
}

/* The first key that only a tool that stops tasks heeds, or NULL. */
static const char *key_of_stops(const struct scenario *scenario)
{
	const struct {
		const char *key;
		bool set;
	} keys[] = {
		{ "breakpoints.policy", scenario->breakpoints_policy > POLICY_NEW_ONLY },
		{ "stop", scenario->stop != SCOPE_THREAD },
		{ "slow.event", scenario->slow_event_ns > 0 },
		{ "slow.breakpoint", scenario->slow_breakpoint_ns > 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].set)
			return keys[i].key;
	return NULL;
}

static struct err *check_heeded(const struct scenario *scenario)
{
	const char *key = key_of_stops(scenario);

	if (!key)
		return NULL;
	if (strcmp(scenario->tool, "native"))
		return err_hint(err_new("'%s' is set, but the tool is '%s', which does not heed it", key,
					scenario->tool),
				"set tool to native, or leave it out");
	if (!scenario_stops_tasks(scenario))
		return err_hint(err_new("'%s' is set, but with load_events %s no task is ever stopped", key,
					load_events_names[scenario->load_events]),
				"set load_events to rbrk, or leave it out");
	if (scenario->slow_breakpoint_ns && !n_breakpoints(scenario))
		return err_hint(err_new("'slow.breakpoint' is set, but there are no breakpoints"),
				"set breakpoints.count");
	return NULL;
}

static struct err *check_when(const struct scenario *scenario)
{
	const char *policy = policy_names[scenario->breakpoints_policy];

	if (scenario->breakpoints_policy == POLICY_PATTERN && !scenario->breakpoints_pattern.n)
		return err_hint(err_new("'breakpoints.policy' is pattern, but 'breakpoints.pattern' is empty"),
				"give names, as libmodule*.so");
	if (scenario->breakpoints_policy != POLICY_PATTERN && scenario->breakpoints_pattern.n)
		return err_hint(err_new("'breakpoints.pattern' is given, but 'breakpoints.policy' is %s", policy),
				"set breakpoints.policy to pattern, or leave it out");
	if (scenario->breakpoints_policy != POLICY_DEFERRED &&
	    !conf_is_default(&scenario_table, "breakpoints.deferred_until", scenario))
		return err_hint(err_new("'breakpoints.deferred_until' is set, but 'breakpoints.policy' is %s", policy),
				"set breakpoints.policy to deferred, or leave it out");
	if (!conf_is_default(&scenario_table, "breakpoints.deferred_interval", scenario) &&
	    (scenario->breakpoints_policy != POLICY_DEFERRED ||
	     scenario->breakpoints_deferred_until != DEFERRED_INTERVAL))
		return err_hint(err_new("'breakpoints.deferred_interval' is set, but no task is looked at by "
					"the clock"),
				"set breakpoints.deferred_until to interval, or leave it out");
	if (scenario->breakpoints_reinsert == REINSERT_REMOVE_INSERT &&
	    scenario->breakpoints_policy != POLICY_REINSERT_ALL)
		return err_hint(err_new("'breakpoints.reinsert' is remove-insert, but with policy %s nothing is put in "
					"again", policy),
				"set breakpoints.policy to reinsert-all, or leave it out");
	if (scenario->breakpoints_policy == POLICY_DEFERRED && scenario->load_events != LOAD_EVENTS_RBRK)
		return err_hint(err_new("'breakpoints.policy' is deferred, but 'load_events' is %s",
					load_events_names[scenario->load_events]),
				"set load_events to rbrk: its trap is taken out after start-up");
	return NULL;
}

static struct err *check_how(const struct scenario *scenario)
{
	int64_t n = n_breakpoints(scenario);

	if (scenario->breakpoints_write == BP_WRITE_DEBUG_REGISTERS && n > 4)
		return err_hint(err_new("%jd breakpoints are asked for, but a thread has 4 debug registers",
					(intmax_t)n),
				"lower breakpoints.count, or set breakpoints.write to mem");
	if (scenario->breakpoints_write == BP_WRITE_DEBUG_REGISTERS &&
	    scenario->breakpoints_reinsert == REINSERT_REMOVE_INSERT)
		return err_hint(err_new("'breakpoints.reinsert' is remove-insert, but a debug register is written in "
					"one go"),
				"set breakpoints.reinsert to rewrite");
	if (scenario->breakpoints_write != BP_WRITE_UPROBE)
		return NULL;
	if (scenario->breakpoints_policy == POLICY_REINSERT_ALL)
		return err_hint(err_new("'breakpoints.policy' is reinsert-all, but a uprobe is the file's, and is "
					"never put in again"),
				"set breakpoints.policy to new-only or re-resolve-all");
	if (scenario->breakpoints_policy == POLICY_DEFERRED && scenario->breakpoints_deferred_until == DEFERRED_STOP)
		return err_hint(err_new("'breakpoints.deferred_until' is stop, but no task stops at a uprobe"),
				"set it to interval or to a phase mark");
	return NULL;
}

struct err *scenario_check_policy(struct scenario *scenario)
{
	struct err *err;

	resolve(scenario);
	err = check_heeded(scenario);
	if (!err)
		err = check_when(scenario);
	return err ? err : check_how(scenario);
}
