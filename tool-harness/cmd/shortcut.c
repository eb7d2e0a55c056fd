/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of options that stand for scenario keys.
 * Invariant: among the shortcuts of one subcommand no name and no letter is there twice.
 */
#include "cmd/shortcut.h"

#include <assert.h>
#include <string.h>

#include "lib/mem.h"

#define KEY_FIRST 0x200 /* options without a letter: index into the table below */

static const struct shortcut shortcuts[] = {
	{ "target", 't', "DIR", "target", NULL, GROUP_JOB, OF_RUN | OF_ATTACH,
	  "folder of the generated target that the tasks run" },
	{ "program", 'p', "LIST", "program", NULL, GROUP_JOB, OF_RUN, "its program, or several: host,linked" },
	{ "bind-now", 0, "on|off", "bind_now", NULL, GROUP_JOB, OF_RUN,
	  "LD_BIND_NOW=1 for the tasks; off,on for both" },
	{ "tasks", 'n', "N", "tasks", NULL, GROUP_JOB, OF_RUN, "MPI tasks" },
	{ "launcher", 'l', "NAME", "launcher", NULL, GROUP_JOB, OF_RUN,
	  "mpirun, or spawn for N processes without MPI" },
	{ "aslr", 0, "on|off", "aslr", NULL, GROUP_JOB, OF_RUN, "address-space randomisation of the tasks" },
	{ "here", 0, "NAME,...", "acquire_hosts", NULL, GROUP_JOB, OF_ATTACH,
	  "more host names that mean this machine" },
	{ "tool", 0, "NAME", "tool", NULL, GROUP_TOOL, OF_RUN,
	  "native, gdb, lldb, null for made-up events, none, or one with a description in scenarios/tools" },
	{ "breakpoints", 'b', "N", "breakpoints.count", NULL, GROUP_TOOL, OF_RUN | OF_ATTACH,
	  "breakpoints per task, spread over the target's functions" },
	{ "break-at", 'B', "F,G,...", "breakpoints.names", NULL, GROUP_TOOL, OF_RUN | OF_ATTACH,
	  "breakpoints at these functions instead" },
	{ "reinsert", 0, "HOW", "breakpoints.reinsert", NULL, GROUP_TOOL, OF_RUN | OF_ATTACH,
	  "at each load event: rewrite, remove-insert or none" },
	{ "wait", 0, "HOW", "wait", NULL, GROUP_TOOL, OF_RUN | OF_ATTACH,
	  "how the tracer waits: block, spin, follow or adaptive" },
	{ "stacks", 0, "WHEN,...", "stacks", "start,end", GROUP_TOOL, OF_RUN,
	  "show the tasks' stacks, merged: start (end of phase 1), events (each load event), end (of an unfinished "
	  "job); without WHEN start,end" },
	{ "repetitions", 'r', "N", "repetitions", NULL, GROUP_MEASURE, OF_RUN,
	  "how often each temperature is measured" },
	{ "temperature", 'T', "LIST", "temperature", NULL, GROUP_MEASURE, OF_RUN, "cold, warm or both: cold,warm" },
	{ "counters", 0, "WHO", "counters", NULL, GROUP_MEASURE, OF_RUN,
	  "cache misses, without a tool: auto, perf, papi or callgrind" },
	{ "matrix", 0, "KEY=V1,V2,...", "matrix", NULL, GROUP_MEASURE, OF_RUN,
	  "measure all of these values of a scenario key, in turns; again for another key" },
	{ "no-baseline", 0, NULL, "baseline", "off", GROUP_MEASURE, OF_RUN, "no untraced run beside each traced one" },
	{ "time-limit", 0, "TIME", "time_limit", NULL, GROUP_MEASURE, OF_RUN, "of one execution of the job: 10min" },
	{ "results", 'o', "DIR", "results", NULL, GROUP_OUTPUT, OF_RUN | OF_ATTACH, "folder for the record" },
};
_Static_assert(ARRAY_SIZE(shortcuts) <= SHORTCUTS_MOST, "room in a table of argp's");

static int argp_key(const struct shortcut *shortcut)
{
	return shortcut->letter ? shortcut->letter : KEY_FIRST + (int)(shortcut - shortcuts);
}

struct argp_option *shortcut_options(enum shortcut_of of, struct argp_option *table)
{
	for (const struct shortcut *s = shortcuts; s < shortcuts + ARRAY_SIZE(shortcuts); s++) {
		if (!(s->of & of))
			continue;
		*table++ = (struct argp_option){
			.name = s->name,
			.key = argp_key(s),
			.arg = s->arg,
			.flags = s->arg && s->value ? OPTION_ARG_OPTIONAL : 0,
			.doc = s->help,
			.group = (int)s->group,
		};
	}
	return table;
}

const struct shortcut *shortcut_find(enum shortcut_of of, int key)
{
	for (const struct shortcut *s = shortcuts; s < shortcuts + ARRAY_SIZE(shortcuts); s++)
		if (s->of & of && key == argp_key(s))
			return s;
	return NULL;
}

const struct shortcut *shortcut_named(const char *option)
{
	for (const struct shortcut *s = shortcuts; s < shortcuts + ARRAY_SIZE(shortcuts); s++) {
		bool is = !strncmp(option, "--", 2) ?
				  !strcmp(option + 2, s->name) :
				  option[0] == '-' && option[1] == s->letter && s->letter && !option[2];

		if (is && s->of & OF_RUN)
			return s;
	}
	return NULL;
}

/* Several values of a key that has one: an axis of the matrix. */
static bool is_axis(const struct shortcut *shortcut, const char *arg)
{
	const struct conf_option *option = conf_find(&scenario_table, shortcut->key);

	return arg && strchr(arg, ',') && option && !option->fixed && conf_is_single(option->type);
}

struct err *shortcut_set(const struct shortcut *shortcut, const char *arg, bool sweeps, struct scenario *scenario)
{
	_cleanup_free_ char *what = mem_printf("--%s", shortcut->name);
	struct err *err;

	if (sweeps && is_axis(shortcut, arg)) {
		_cleanup_free_ char *axis = mem_printf("%s=%s", shortcut->key, arg);

		return conf_set_value(&scenario_table, "matrix", axis, what, scenario);
	}
	err = conf_set_value(&scenario_table, shortcut->key, arg ? arg : shortcut->value, what, scenario);

	if (!err && !strcmp(shortcut->key, "breakpoints.names"))
		scenario->breakpoints_where = BP_NAMES;
	return err;
}
