/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options and overrides make a scenario, and the scenario its variants. Every option of the job
 * is a scenario key under a shorter name.
 *
 * Invariant: options are applied in their order, behind the file.
 */
#include "cmd/scenarioargs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/shortcut.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/process/description.h"

#define KEY_SET 's'
#define KEY_QUIET 'q'
#define KEY_JSON 'j'
#define KEY_HELP_KEYS 0x100
#define KEY_COMPARE_TO 0x101
#define KEY_DETAILS 0x102
#define KEY_HELP_TOOL_KEYS 0x103
#define KEY_TOLERANCES 0x104
#define KEY_METRICS 0x105
#define KEY_UNTIL_DECIDED 0x106
#define KEY_AT_MOST 0x107

#define AT_MOST_DEFAULT "1h"

struct override {
	const struct shortcut *shortcut; /* NULL: value is "key=value", from --set */
	const char *value;
};

struct options {
	char *file;
	struct override *overrides;
	size_t n, cap;
	const char **compare_to;
	size_t n_compare_to, cap_compare_to;
	struct scenario_comparing comparing;
	const char *at_most, *needs_other; /* --at-most; an option that only --compare-to gives a meaning */
	enum print_form form;
};

static void override_add(struct options *options, const struct shortcut *shortcut, const char *value)
{
	mem_grow(options->overrides, options->n, options->cap);
	options->overrides[options->n++] = (struct override){ shortcut, value };
}

/* False: it is none of those that say how A and B are compared. */
static bool parse_comparing(int key, const char *arg, struct options *options)
{
	switch (key) {
	case KEY_TOLERANCES:
		options->comparing.tolerances = arg;
		options->needs_other = "--tolerances";
		return true;
	case KEY_METRICS:
		options->comparing.metrics = arg;
		options->needs_other = "--metrics";
		return true;
	case KEY_UNTIL_DECIDED:
		options->comparing.until_decided = true;
		options->needs_other = "--until-decided";
		return true;
	case KEY_AT_MOST:
		options->at_most = arg;
		return true;
	default:
		return false;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	const struct shortcut *shortcut;

	switch (key) {
	case KEY_SET:
		override_add(options, NULL, arg);
		return 0;
	case KEY_QUIET:
		progress_quiet();
		return 0;
	case KEY_JSON:
		options->form = PRINT_JSON;
		return 0;
	case KEY_DETAILS:
		options->form = PRINT_DETAILS;
		return 0;
	case KEY_COMPARE_TO:
		mem_grow(options->compare_to, options->n_compare_to, options->cap_compare_to);
		options->compare_to[options->n_compare_to++] = arg;
		return 0;
	case KEY_HELP_KEYS:
		conf_print_help(&scenario_table, stdout);
		exit(EXIT_OK);
	case KEY_HELP_TOOL_KEYS:
		conf_print_help(&template_table, stdout);
		exit(EXIT_OK);
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "one scenario at a time; a command to run stands behind '--'");
		options->file = arg;
		return 0;
	default:
		if (parse_comparing(key, arg, options))
			return 0;
		shortcut = shortcut_find(OF_RUN, key);
		if (!shortcut)
			return ARGP_ERR_UNKNOWN;
		override_add(options, shortcut, arg);
		return 0;
	}
}

static void option_table(int flags, struct argp_option *table)
{
	static const struct argp_option always[] = {
		{ "set", KEY_SET, "KEY=VALUE", 0, "set any scenario key", GROUP_MEASURE },
		{ "compare-to", KEY_COMPARE_TO, "KEY=VALUE|SCENARIO.yaml", 0,
		  "measure two variants in turns: A, the scenario, and B, the same with this setting (again for "
		  "another key), or another scenario; 12 repetitions, unless others are set", GROUP_MEASURE },
		{ "help-keys", KEY_HELP_KEYS, NULL, 0, "list all scenario keys", -1 },
		{ "help-tool-keys", KEY_HELP_TOOL_KEYS, NULL, 0, "list the keys of a tool's description", -1 },
	};
	static const struct argp_option of_run[] = {
		{ "tolerances", KEY_TOLERANCES, "FILE", 0, "of --compare-to: tolerances per metric, as YAML",
		  GROUP_MEASURE },
		{ "metrics", KEY_METRICS, "LIST", 0, "of --compare-to: compare these alone, as phase1,total",
		  GROUP_MEASURE },
		{ "until-decided", KEY_UNTIL_DECIDED, NULL, 0,
		  "of --compare-to: measure on while nothing can be told and more runs would help", GROUP_MEASURE },
		{ "at-most", KEY_AT_MOST, "TIME", 0, "of --until-decided: for as long (default " AT_MOST_DEFAULT ")",
		  GROUP_MEASURE },
		{ "details", KEY_DETAILS, NULL, 0, "print all tables, not just the answer", GROUP_OUTPUT },
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
	table = shortcut_options(OF_RUN, table);
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		*table++ = always[i];
	for (size_t i = 0; flags & SCENARIO_ARGS_RUN && i < ARRAY_SIZE(of_run); i++)
		*table++ = of_run[i];
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
	struct err *err = scenario_read_repeated(options->file, options->n_compare_to ? COMPARING_REPETITIONS : 0, ret);

	if (err && !fs_exists(options->file))
		err = err_hint(err, "a command to run stands behind '--': attachstorm run -- %s", options->file);
	for (size_t i = 0; !err && i < options->n; i++) {
		const struct override *o = &options->overrides[i];

		err = o->shortcut ? shortcut_set(o->shortcut, o->value, true, ret) :
				    err_wrap(conf_set(&scenario_table, o->value, ret), "--set");
	}
	if (err)
		return err;
	if (n_command)
		set_command(ret, command, n_command);
	return NULL;
}

/* B of a comparison: a scenario of its own, or A with other settings. */
static struct err *make_other(const struct options *options, const struct scenario *scenario, struct scenario *ret)
{
	struct err *err = NULL;

	if (options->n_compare_to == 1 && !strchr(options->compare_to[0], '='))
		return err_wrap(scenario_read(options->compare_to[0], ret), "--compare-to");
	conf_copy(&scenario_table, scenario, ret);
	for (size_t i = 0; !err && i < options->n_compare_to; i++) {
		const char *setting = options->compare_to[i];
		size_t len = strcspn(setting, "=");
		_cleanup_free_ char *key = mem_strndup(setting, len);
		const struct conf_option *option = conf_find(&scenario_table, key);

		if (!setting[len])
			err = err_hint(err_new("--compare-to: '%s' is not of the form KEY=VALUE", setting),
				       "give several settings, or one scenario");
		else if (option && option->fixed)
			err = err_hint(err_new("--compare-to: a run has one '%s' for both sides", key),
				       "use --set for both");
		else
			err = err_wrap(conf_set(&scenario_table, setting, ret), "--compare-to");
	}
	return err;
}

static struct err *check_comparing(const struct options *options, struct scenario_args *args)
{
	const char *at_most = options->at_most ? options->at_most : AT_MOST_DEFAULT;

	args->compares = options->n_compare_to;
	args->comparing = options->comparing;
	if (options->needs_other && !args->compares)
		return err_hint(err_new("%s is of a comparison, and there is none", options->needs_other),
				"--compare-to KEY=VALUE makes one; 'attachstorm compare' is for records");
	if (options->at_most && !args->comparing.until_decided)
		return err_new("--at-most says how long --until-decided may take, which is not given");
	return conf_parse_duration(at_most, "--at-most", &args->comparing.at_most_ns);
}

static struct err *make_variants(const struct options *options, struct scenario_args *args)
{
	struct scenario other = { 0 };
	struct err *err = check_comparing(options, args);

	if (err)
		return err;
	if (!args->compares)
		return variants_make(&args->scenario, &args->variants, &args->n_variants);
	err = make_other(options, &args->scenario, &other);
	if (!err)
		err = variants_pair(&args->scenario, &other, &args->variants, &args->n_variants);
	scenario_deinit(&other);
	return err;
}

/* --- the whole -------------------------------------------------------------------- */

struct err *scenario_args_parse(int argc, char **argv, int flags, const char *usage, const char *doc,
				struct scenario_args *ret)
{
	struct argp_option table[SHORTCUTS_MOST + 20];
	struct argp argp = { table, parse, usage, doc, NULL, NULL, NULL };
	struct options options = { 0 };
	int n_own = argc;
	struct err *err;

	/* Behind "--" nothing is ours. */
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			n_own = i;
			break;
		}
	}
	option_table(flags, table);
	argp_parse(&argp, n_own, argv, 0, NULL, &options);
	if (n_own < argc && n_own + 1 == argc)
		err = err_hint(err_new("no command stands behind '--'"), "%s [OPTIONS] -- COMMAND [ARGS]", argv[0]);
	else
		err = scenario_make(&options, argv + n_own + 1, n_own < argc ? (size_t)(argc - n_own - 1) : 0,
				    &ret->scenario);
	if (!err)
		err = make_variants(&options, ret);
	ret->form = options.form;
	free(options.overrides);
	free(options.compare_to);
	return err;
}

void scenario_args_deinit(struct scenario_args *args)
{
	variants_free(args->variants, args->n_variants);
	scenario_deinit(&args->scenario);
}
