/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario keys of the work that an event does: what is read of new libraries, for whom, and what a
 * tool remembers of it from run to run. What a key does is the tools'.
 *
 * Invariant: after scenario_resolve_work the keys `symbols` and `stacks` say what is read of a
 * library, and `event_work` only whether lines are read as well.
 */
#include "job/scenario/keys.h"

#include "lib/mem.h"
#include "measure/trial.h"

static const struct way {
	const char *name;
	enum symbols_mode symbols;
	bool stacks; /* of the thread, at each event */
} ways[] = { EVENT_WORKS(ROW_ACTS) };

static const struct conf_choice works[] = { EVENT_WORKS(ROW_CHOICE) { 0 } };
static const struct conf_choice shares[] = {
	[SHARE_FILES] = { "files", "a library's file is read once for all that map it" },
	[SHARE_NONE] = { "none", "nothing, as if each task had a debugger of its own" },
	[SHARE_MAPS] = { "maps", "also the names of libraries, for tasks whose link maps grow by the same bytes, as "
				 "without ASLR" },
	{ 0 },
};
static const struct conf_choice indices[] = { [INDEX_OFF] = { "off", NULL }, [INDEX_ON] = { "on", NULL }, { 0 } };
static const struct conf_choice tool_temperatures[] = {
	[TOOL_TEMPERATURE_SAME] = { "same", "emptied before cold trials and kept before warm ones" },
	[TOOL_TEMPERATURE_COLD] = { "cold", "emptied before each" },
	[TOOL_TEMPERATURE_WARM] = { "warm", "filled, if need be by a run that is not measured" },
	{ 0 },
};

static const struct conf_option options[] = {
	{ .key = "event_work", .type = CONF_CHOICE, FIELD(event_work), .default_text = "needed", .choices = works,
	  .help = "what a load event does for each new library",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "share", .type = CONF_CHOICE, FIELD(share), .default_text = "files", .choices = shares,
	  .help = "what tasks share of that work",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "index", .type = CONF_CHOICE, FIELD(index), .default_text = "off", .choices = indices,
	  .help = "keep symbols on disk by build-id: a library that was seen before needs its symbol table no more",
	  .group = "Tracer", .heeded_by = OF_STOPS },
	{ .key = "index_folder", .type = CONF_STRING, FIELD(index_folder), .default_text = "",
	  .help = "where the index is; left out, in a folder of each variant that is removed after the run",
	  .group = "Tracer", .heeded_by = "index=on" },
	{ .key = "tool_temperature", .type = CONF_CHOICE, FIELD(tool_temperature), .default_text = "same",
	  .choices = tool_temperatures,
	  .help = "what the tool remembers before each trial: the index, or the caches of an outside tool",
	  .group = "Measurement", .heeded_by = OF_LAUNCH },
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

struct err *scenario_check_work(const struct scenario *scenario)
{
	if (scenario->share == SHARE_NONE && scenario_wants_stacks(scenario))
		return err_hint(err_new("'share' is none, but stacks are asked for, which are named by one walker"),
				"set share to files, or stacks to off");
	if (scenario->index == INDEX_ON && scenario->symbols == SYMBOLS_OFF)
		return err_hint(err_new("'index' is on, but no symbols are read"),
				"set event_work to symbols, or leave index out");
	if (scenario->tool_temperature == TOOL_TEMPERATURE_SAME || scenario_is_outside(scenario) ||
	    scenario->index == INDEX_ON)
		return NULL;
	return err_hint(err_new("'tool_temperature' is %s, but the tool remembers nothing",
				scenario_chosen(scenario, "tool_temperature")),
			"set index to on, or leave tool_temperature out");
}
