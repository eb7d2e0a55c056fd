/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of what tools do differently: when breakpoints go in, what stands still at an
 * event, an added cost; and which of them go together. What a key does is the tools'.
 */
#include "job/scenario/keys.h"

#include "lib/cleanup.h"
#include "measure/trial.h"

#define ROW_MARK(constant, name, help, ...) [DEFERRED_MARK_FIRST + (int)constant] = { name, "the mark: " help },
static const struct conf_choice untils[] = {
	[DEFERRED_STOP] = { "stop", "at each stop for another reason, as a breakpoint that is in" },
	[DEFERRED_INTERVAL] = { "interval", "every breakpoints.deferred_interval" },
	MARKS(ROW_MARK)
	{ 0 },
};
static const struct conf_choice policies[] = { POLICIES(ROW_CHOICE) { 0 } };
static const struct conf_choice lookups[] = {
	[BP_LOOKUP_HASH] = { "hash", "a library's own hash table, and of .symtab the local symbols: the whole only "
				     "where these do not have all" },
	[BP_LOOKUP_TABLE] = { "table", "all of .symtab" },
	{ 0 },
};
static const struct conf_choice scopes[] = { EVENT_SCOPES(ROW_CHOICE) { 0 } };

static const struct conf_option options[] = {
	{ .key = "breakpoints.policy", .type = CONF_CHOICE, FIELD(breakpoints_policy), .default_text = "reinsert-all",
	  .choices = policies,
	  .help = "what is done with breakpoints at each load event",
	  .group = "Breakpoints", .heeded_by = OF_STOPS },
	{ .key = "breakpoints.pattern", .type = CONF_STRINGS, FIELD(breakpoints_pattern), .default_text = "",
	  .help = "file names of libraries (as libmodule*.so, or with a slash whole paths) "
		  "whose load has all new libraries searched",
	  .group = "Breakpoints", .heeded_by = OF_NATIVE " breakpoints.policy=pattern" },
	{ .key = "breakpoints.deferred_until", .type = CONF_CHOICE, FIELD(breakpoints_deferred_until),
	  .default_text = "import_end", .choices = untils,
	  .help = "when a task is searched",
	  .group = "Breakpoints", .heeded_by = OF_NATIVE " breakpoints.policy=deferred" },
	{ .key = "breakpoints.deferred_interval", .type = CONF_DURATION, FIELD(breakpoints_deferred_interval_ns),
	  .default_text = "100ms", .min = 50 * NS_PER_MS, .max = 3600.0 * NS_PER_S,
	  .help = "time between looks at a task, at least 50ms",
	  .group = "Breakpoints",
	  .heeded_by = OF_NATIVE " breakpoints.policy=deferred breakpoints.deferred_until=interval" },
	{ .key = "breakpoints.lookup", .type = CONF_CHOICE, FIELD(breakpoints_lookup), .default_text = "hash",
	  .choices = lookups,
	  .help = "what is read of a new library to find the breakpoints' names; the places are the same",
	  .group = "Breakpoints", .heeded_by = OF_STOPS " symbols=needed" },
	{ .key = "stop", .type = CONF_CHOICE, FIELD(stop), .default_text = "thread", .choices = scopes,
	  .help = "what stands still while a load event is handled",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "slow.event", .type = CONF_DURATION, FIELD(slow_event_ns), .default_text = "0s",
	  .max = 60.0 * NS_PER_S,
	  .help = "time to spend in addition at each load event, to play a slower tool",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "slow.breakpoint", .type = CONF_DURATION, FIELD(slow_breakpoint_ns), .default_text = "0s",
	  .max = 60.0 * NS_PER_S,
	  .help = "time to spend in addition for each breakpoint that is put in, put in again or looked up again",
	  .group = "Tracer", .heeded_by = OF_STOPS },
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

static struct err *check_when(const struct scenario *scenario)
{
	if (scenario->slow_breakpoint_ns && !n_breakpoints(scenario))
		return err_hint(err_new("'slow.breakpoint' is set, but there are no breakpoints"),
				"set breakpoints.count");
	if (scenario->breakpoints_policy == POLICY_PATTERN && !scenario->breakpoints_pattern.n)
		return err_hint(err_new("'breakpoints.policy' is pattern, but 'breakpoints.pattern' is empty"),
				"give names, as libmodule*.so");
	if (scenario->breakpoints_reinsert == REINSERT_REMOVE_INSERT &&
	    scenario->breakpoints_policy != POLICY_REINSERT_ALL)
		return err_hint(err_new("'breakpoints.reinsert' is remove-insert, but with policy %s nothing is put in "
					"again", scenario_chosen(scenario, "breakpoints.policy")),
				"set breakpoints.policy to reinsert-all, or leave it out");
	if (scenario->breakpoints_policy == POLICY_DEFERRED && scenario->load_events != LOAD_EVENTS_RBRK)
		return err_hint(err_new("'breakpoints.policy' is deferred, but 'load_events' is %s",
					scenario_chosen(scenario, "load_events")),
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
	err = check_when(scenario);
	return err ? err : check_how(scenario);
}
