/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the work that an event does: what is read of new libraries, for whom, and what a
 * tool remembers of it from run to run. What a key does is the tools'.
 *
 * Invariant: after scenario_resolve_work the keys `symbols` and `stacks` say what is read of a
 * library, and `event_work` only whether lines are read as well.
 */
#include "job/scenario/keys.h"

#include <string.h>

#include "lib/mem.h"
#include "measure/trial.h"

/* In the order of enum event_work. */
static const struct way {
	const char *name;
	enum symbols_mode symbols;
	bool stacks; /* of the thread, at each event */
} ways[] = {
	[EVENT_WORK_NEEDED] = { "needed", SYMBOLS_NEEDED, false },
	[EVENT_WORK_LINKS] = { "links", SYMBOLS_OFF, false },
	[EVENT_WORK_SYMBOLS] = { "symbols", SYMBOLS_ALL, false },
	[EVENT_WORK_LINES] = { "lines", SYMBOLS_ALL, false },
	[EVENT_WORK_STACK] = { "stack", SYMBOLS_NEEDED, true },
};

static const char *const work_names[] = { "needed", "links", "symbols", "lines", "stack", NULL };
static const char *const share_names[] = { "files", "none", "maps", NULL };
static const char *const index_names[] = { "off", "on", NULL };
static const char *const tool_temperature_names[] = { "same", "cold", "warm", NULL };

static const struct conf_option options[] = {
	{ .key = "event_work", .type = CONF_CHOICE, FIELD(event_work), .default_text = "needed", .choices = work_names,
	  .help = "what a load event does for each new library: what the keys symbols and stacks say (needed), nothing "
		  "beyond the link map (links), its symbol table read (symbols), also every function and line of its "
		  "debug information (lines), or the stack of the thread taken (stack)",
	  .group = "Tracer" },
	{ .key = "share", .type = CONF_CHOICE, FIELD(share), .default_text = "files", .choices = share_names,
	  .help = "what tasks share of that work: a library's file is read once for all that map it (files); also the "
		  "names of libraries, for tasks whose link maps grow by the same bytes, as without ASLR (maps); or "
		  "nothing, as if each task had a debugger of its own (none)",
	  .group = "Tracer" },
	{ .key = "index", .type = CONF_CHOICE, FIELD(index), .default_text = "off", .choices = index_names,
	  .help = "keep symbols on disk by build-id: a library that was seen before needs its symbol table no more",
	  .group = "Tracer" },
	{ .key = "index_folder", .type = CONF_STRING, FIELD(index_folder), .default_text = "",
	  .help = "where the index is; left out, in a folder of each variant that is removed after the run",
	  .group = "Tracer" },
	{ .key = "tool_temperature", .type = CONF_CHOICE, FIELD(tool_temperature), .default_text = "same",
	  .choices = tool_temperature_names,
	  .help = "what the tool remembers before each trial, the index or the caches of an outside tool: emptied "
		  "before cold trials and kept before warm ones (same), emptied before each (cold), or filled, if need "
		  "be by a run that is not measured (warm)",
	  .group = "Measurement" },
};

const struct conf_table scenario_work_keys = {
	.options = options,
	.n_options = ARRAY_SIZE(options),
};

/* --- checks ----------------------------------------------------------------------- */

static void add_stacks(struct conf_list *stacks, int moment)
{
	for (size_t i = 0; i < stacks->n; i++)
		if (stacks->choices[i] == moment)
			return;
	if (stacks->n == 1 && stacks->choices[0] == STACKS_OFF)
		stacks->n = 0;
	stacks->choices = mem_realloc(stacks->choices, stacks->n + 1, sizeof(stacks->choices[0]));
	stacks->choices[stacks->n++] = moment;
}

struct err *scenario_resolve_work(struct scenario *scenario)
{
	const struct way *way = &ways[scenario->event_work];

	if (scenario->event_work == EVENT_WORK_NEEDED)
		return NULL;
	if (scenario->symbols != SYMBOLS_NEEDED && scenario->symbols != (int)way->symbols)
		return err_hint(err_new("'event_work' is %s, but 'symbols' says otherwise", way->name),
				"leave symbols out: event_work says what is read");
	scenario->symbols = way->symbols;
	if (way->stacks)
		add_stacks(&scenario->stacks, STACKS_SCENARIO_FIRST + (int)STACKS_EVENTS);
	return NULL;
}

/* The first key that only the kit's own tracer heeds, or NULL. */
static const char *key_of_tracer(const struct scenario *scenario)
{
	return scenario->event_work != EVENT_WORK_NEEDED ? "event_work" :
	       scenario->share != SHARE_FILES		 ? "share" :
	       scenario->index != INDEX_OFF		 ? "index" :
							   NULL;
}

static struct err *check_index(const struct scenario *scenario)
{
	const char *temperature = tool_temperature_names[scenario->tool_temperature];

	if (scenario->index_folder && scenario->index == INDEX_OFF)
		return err_hint(err_new("'index_folder' is given, but 'index' is off"),
				"set index to on, or leave index_folder out");
	if (scenario->index == INDEX_ON && scenario->symbols == SYMBOLS_OFF)
		return err_hint(err_new("'index' is on, but no symbols are read"),
				"set event_work to symbols, or leave index out");
	if (scenario->tool_temperature == TOOL_TEMPERATURE_SAME || scenario_is_outside(scenario) ||
	    scenario->index == INDEX_ON)
		return NULL;
	return err_hint(err_new("'tool_temperature' is %s, but the tool remembers nothing", temperature),
			"set index to on, or leave tool_temperature out");
}

struct err *scenario_check_work(const struct scenario *scenario)
{
	const char *key = key_of_tracer(scenario);

	if (key && strcmp(scenario->tool, "native"))
		return err_hint(err_new("'%s' is set, but the tool is '%s', which does not heed it", key,
					scenario->tool),
				"set tool to native, or leave it out");
	if (key && !scenario_stops_tasks(scenario))
		return err_hint(err_new("'%s' is set, but with load_events %s no task is ever stopped", key,
					load_events_names[scenario->load_events]),
				"set load_events to rbrk, or leave it out");
	if (scenario->share == SHARE_NONE && scenario_wants_stacks(scenario))
		return err_hint(err_new("'share' is none, but stacks are asked for, which are named by one walker"),
				"set share to files, or stacks to off");
	return check_index(scenario);
}
