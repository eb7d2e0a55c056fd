/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm run: options and overrides make a scenario, runloop() measures it, and the
 * table goes to standard output. Every option is a scenario key under a shorter name.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/runloop.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"

enum group { GROUP_JOB = 1, GROUP_TOOL, GROUP_MEASURE, GROUP_OUTPUT };

#define KEY_SET 's'
#define KEY_QUIET 'q'
#define KEY_JSON 'j'
#define KEY_HELP_KEYS 0x100
#define KEY_FIRST 0x200 /* options without a letter: index into the table below */

/* Short names of scenario keys. A flag without an argument has its value here, and so has an
 * argument that may be left out. */
static const struct shortcut {
	const char *name;
	int letter;
	const char *arg;   /* NULL: a flag */
	const char *key;
	const char *value; /* of a flag, or without the argument; NULL: the argument is needed */
	enum group group;
	const char *help;
} shortcuts[] = {
	{ "target", 't', "DIR", "target", NULL, GROUP_JOB, "folder of a generated target" },
	{ "program", 'p', "LIST", "program", NULL, GROUP_JOB, "its program, or several: host,linked" },
	{ "bind-now", 0, "on|off", "bind_now", NULL, GROUP_JOB, "LD_BIND_NOW=1 for the tasks; off,on for both" },
	{ "tasks", 'n', "N", "tasks", NULL, GROUP_JOB, "MPI tasks" },
	{ "launcher", 'l', "NAME", "launcher", NULL, GROUP_JOB, "mpirun, or spawn for N processes without MPI" },
	{ "aslr", 0, "on|off", "aslr", NULL, GROUP_JOB, "address-space randomisation of the tasks" },
	{ "tool", 0, "NAME", "tool", NULL, GROUP_TOOL, "native, null for made-up events, or none" },
	{ "breakpoints", 'b', "N", "breakpoints.count", NULL, GROUP_TOOL,
	  "breakpoints per task, spread over the target's functions" },
	{ "break-at", 'B', "F,G,...", "breakpoints.names", NULL, GROUP_TOOL, "breakpoints at these functions instead" },
	{ "reinsert", 0, "HOW", "breakpoints.reinsert", NULL, GROUP_TOOL,
	  "at each load event: rewrite, remove-insert or none" },
	{ "wait", 0, "HOW", "wait", NULL, GROUP_TOOL, "how the tracer waits: block, spin, follow or adaptive" },
	{ "stacks", 0, "WHEN,...", "stacks", "start,end", GROUP_TOOL,
	  "show the tasks' stacks, merged: start (end of phase 1), events (each load event), end (of an unfinished "
	  "job); without WHEN start,end" },
	{ "repetitions", 'r', "N", "repetitions", NULL, GROUP_MEASURE, "how often each temperature is measured" },
	{ "temperature", 'T', "LIST", "temperature", NULL, GROUP_MEASURE, "cold, warm or both: cold,warm" },
	{ "counters", 0, "WHO", "counters", NULL, GROUP_MEASURE,
	  "cache misses, without a tool: auto, perf, papi or callgrind" },
	{ "no-baseline", 0, NULL, "baseline", "off", GROUP_MEASURE, "no untraced run beside each traced one" },
	{ "time-limit", 0, "TIME", "time_limit", NULL, GROUP_MEASURE, "of one execution of the job: 10min" },
	{ "results", 'o', "DIR", "results", NULL, GROUP_OUTPUT, "folder for the record" },
};

struct override {
	const char *key;   /* NULL: value is "key=value", from --set */
	const char *value;
	char *what;        /* heap: "--tasks" */
};

struct options {
	char *file;
	struct override *overrides;
	size_t n, cap;
	bool json;
};

static void override_add(struct options *options, const char *key, const char *value, const char *option)
{
	mem_grow(options->overrides, options->n, options->cap);
	options->overrides[options->n++] = (struct override){ key, value, mem_printf("--%s", option) };
}

static const struct shortcut *shortcut_find(int key)
{
	for (size_t i = 0; i < ARRAY_SIZE(shortcuts); i++)
		if (key == (shortcuts[i].letter ? shortcuts[i].letter : KEY_FIRST + (int)i))
			return &shortcuts[i];
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	const struct shortcut *shortcut;

	switch (key) {
	case KEY_SET:
		override_add(options, NULL, arg, "set");
		return 0;
	case KEY_QUIET:
		progress_quiet();
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_HELP_KEYS:
		conf_print_help(&scenario_table, stdout);
		exit(EXIT_OK);
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "one scenario at a time; a command to run stands behind '--'");
		options->file = arg;
		return 0;
	default:
		shortcut = shortcut_find(key);
		if (!shortcut)
			return ARGP_ERR_UNKNOWN;
		override_add(options, shortcut->key, arg ? arg : shortcut->value, shortcut->name);
		if (!strcmp(shortcut->key, "breakpoints.names"))
			override_add(options, "breakpoints.where", "names", shortcut->name);
		return 0;
	}
}

static void option_table(struct argp_option *table)
{
	static const struct argp_option own[] = {
		{ "set", KEY_SET, "KEY=VALUE", 0, "set any scenario key", GROUP_MEASURE },
		{ "help-keys", KEY_HELP_KEYS, NULL, 0, "list all scenario keys", -1 },
		{ "json", KEY_JSON, NULL, 0, "print the record instead of the table", GROUP_OUTPUT },
		{ "quiet", KEY_QUIET, NULL, 0, "no progress on standard error", GROUP_OUTPUT },
	};
	static const struct argp_option headings[] = {
		{ .doc = "Job:", .group = GROUP_JOB },
		{ .doc = "Tool:", .group = GROUP_TOOL },
		{ .doc = "Measurement:", .group = GROUP_MEASURE },
		{ .doc = "Output:", .group = GROUP_OUTPUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		*table++ = headings[i];
	for (size_t i = 0; i < ARRAY_SIZE(shortcuts); i++)
		*table++ = (struct argp_option){
			.name = shortcuts[i].name,
			.key = shortcuts[i].letter ? shortcuts[i].letter : KEY_FIRST + (int)i,
			.arg = shortcuts[i].arg,
			.flags = shortcuts[i].arg && shortcuts[i].value ? OPTION_ARG_OPTIONAL : 0,
			.doc = shortcuts[i].help,
			.group = (int)shortcuts[i].group,
		};
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		*table++ = own[i];
	*table = (struct argp_option){ 0 };
}

/* --- scenario --------------------------------------------------------------------- */

/* A command given behind "--" replaces what the file says of target and command. */
static void set_command(struct scenario *scenario, char **command, size_t n)
{
	struct conf_list *list = &scenario->command;

	for (size_t i = 0; i < list->n; i++)
		free(list->strings[i]);
	free(list->strings);
	list->strings = mem_calloc(n, sizeof(list->strings[0]));
	list->n = n;
	for (size_t i = 0; i < n; i++)
		list->strings[i] = mem_strdup(command[i]);
	free(scenario->target);
	scenario->target = NULL;
}

static struct err *scenario_make(const struct options *options, char **command, size_t n_command,
				 struct scenario *ret)
{
	struct err *err = scenario_read(options->file, ret);

	if (err && !fs_exists(options->file))
		err = err_hint(err, "a command to run stands behind '--': attachstorm run -- %s", options->file);
	for (size_t i = 0; !err && i < options->n; i++) {
		const struct override *o = &options->overrides[i];

		err = o->key ? conf_set_value(&scenario_table, o->key, o->value, o->what, ret) :
			       err_wrap(conf_set(&scenario_table, o->value, ret), "%s", o->what);
	}
	if (err)
		return err;
	if (n_command)
		set_command(ret, command, n_command);
	return scenario_check(ret);
}

/* --- running ---------------------------------------------------------------------- */

static struct err *run_and_print(const struct scenario *scenario, bool json, int *status_ret)
{
	_cleanup_free_ char *path = NULL;
	struct run run;
	struct err *err, *print_err;

	run_init(&run);
	err = runloop(scenario, interrupt_catch(), &run, &path, status_ret);
	/* What was measured before a failure is worth seeing too. */
	print_err = path ? run_print(&run, path, json) : NULL;
	run_deinit(&run);
	if (!err)
		return print_err;
	err_free(print_err);
	if (path)
		err = err_hint(err, "what was measured until then is in '%s'", path);
	return err;
}

struct err *cmd_run(int argc, char **argv, int *status_ret)
{
	struct argp_option table[ARRAY_SIZE(shortcuts) + 16];
	struct argp argp = {
		table, parse, "[SCENARIO.yaml]\n[SCENARIO.yaml] -- COMMAND [ARGS...]",
		"Run a scenario: each temperature of each repetition untraced and under the tool, timed phase by "
		"phase. The table goes to standard output, the record into the results folder.\v"
		"Options override the scenario's keys. With COMMAND any dynamically linked program is run instead "
		"of a target.",
		NULL, NULL, NULL,
	};
	struct options options = { 0 };
	struct scenario scenario = { 0 };
	int n_own = argc;
	struct err *err;

	/* Behind "--" nothing is ours. */
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			n_own = i;
			break;
		}
	}
	option_table(table);
	argp_parse(&argp, n_own, argv, 0, NULL, &options);
	if (n_own < argc && n_own + 1 == argc)
		err = err_hint(err_new("no command stands behind '--'"), "attachstorm run [OPTIONS] -- COMMAND [ARGS]");
	else
		err = scenario_make(&options, argv + n_own + 1, n_own < argc ? (size_t)(argc - n_own - 1) : 0,
				    &scenario);
	if (!err)
		err = run_and_print(&scenario, options.json, status_ret);
	for (size_t i = 0; i < options.n; i++)
		free(options.overrides[i].what);
	free(options.overrides);
	scenario_deinit(&scenario);
	return err;
}
