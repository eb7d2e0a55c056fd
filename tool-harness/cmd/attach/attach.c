/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm attach: the tasks of a job that runs already, found by one of the strategies
 * of job/acquire/acquire.h, are traced for a time or to their end, and left running and clean. With
 * --repair nothing is traced: what a killed tracer left in them is taken out.
 *
 * Invariant: the job is never ended by us.
 */
#include <argp.h>
#include <limits.h>
#include <string.h>

#include "cmd/attach/attach.h"
#include "cmd/cmd.h"
#include "cmd/shortcut.h"
#include "job/acquire/acquire.h"
#include "job/acquire/choose.h"
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/observe/interface.h"

enum { OPT_PIDS = 0x300, OPT_LIST, OPT_FOR, OPT_REPAIR, OPT_ENVIRON, OPT_LOCAL, OPT_DETAILS };

struct attach_args {
	struct scenario scenario;
	const char *pids, *list;
	bool environ, local;
	int64_t launcher; /* 0: not given */
	int64_t for_ns;
	bool repair;
	enum print_form form;
	struct err *err;
};

static struct err *set_launcher(struct attach_args *args, const char *text)
{
	char *end;
	long pid = strtol(text, &end, 10);

	if (end == text || *end || pid < 1 || pid > INT_MAX)
		return err_new("--launcher: '%s' is not a pid", text);
	args->launcher = pid;
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct shortcut *shortcut = shortcut_find(OF_ATTACH, key);
	struct attach_args *args = state->input;

	if (args->err)
		return 0; /* the first one is told */
	if (shortcut) {
		args->err = shortcut_set(shortcut, arg, false, &args->scenario);
		return 0;
	}
	switch (key) {
	case 'l':
		args->err = set_launcher(args, arg);
		return 0;
	case OPT_PIDS:
		args->pids = arg;
		return 0;
	case OPT_LIST:
		args->list = arg;
		return 0;
	case OPT_ENVIRON:
		args->environ = true;
		return 0;
	case OPT_LOCAL:
		args->local = true;
		return 0;
	case OPT_FOR:
		args->err = conf_parse_duration(arg, "--for", &args->for_ns);
		if (!args->err && !args->for_ns)
			args->err = err_new("--for: must be longer than 0");
		return 0;
	case OPT_REPAIR:
		args->repair = true;
		return 0;
	case 's':
		args->err = err_wrap(conf_set(&scenario_table, arg, &args->scenario), "--set");
		return 0;
	case 'j':
		args->form = PRINT_JSON;
		return 0;
	case OPT_DETAILS:
		args->form = PRINT_DETAILS;
		return 0;
	case 'q':
		progress_quiet();
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void option_table(struct argp_option *table)
{
	static const struct argp_option own[] = {
		{ .doc = "Job, one of --launcher, --environ, --pids, --list:", .group = GROUP_JOB },
		{ "launcher", 'l', "PID", 0, "by what this launcher tells (mpirun, prterun, srun)", GROUP_JOB },
		{ "environ", OPT_ENVIRON, NULL, 0,
		  "by ranks in the processes' environment; with --launcher only below that", GROUP_JOB },
		{ "pids", OPT_PIDS, "PID,...", 0, "these processes, ranks in this order", GROUP_JOB },
		{ "list", OPT_LIST, "FILE", 0, "lines 'RANK HOST PID'; - is standard input", GROUP_JOB },
		{ "local", OPT_LOCAL, NULL, 0,
		  "of a table or list with tasks on other machines only those here are wanted; without it that is no "
		  "valid measurement", GROUP_JOB },
		{ "for", OPT_FOR, "TIME", 0, "let them go after this time, as 10s; default: follow them to their end",
		  GROUP_JOB },
		{ .doc = "Tool:", .group = GROUP_TOOL },
		{ "repair", OPT_REPAIR, NULL, 0, "only take out traps that a killed tracer left in them", GROUP_TOOL },
		{ "set", 's', "KEY=VALUE", 0, "set a key of tracer or breakpoints, see 'run --help-keys'", GROUP_TOOL },
		{ .doc = "Output:", .group = GROUP_OUTPUT },
		{ "details", OPT_DETAILS, NULL, 0, "print all tables, not just the answer", GROUP_OUTPUT },
		{ "json", 'j', NULL, 0, "print the record instead of the table", GROUP_OUTPUT },
		{ "quiet", 'q', NULL, 0, "no progress on standard error", GROUP_OUTPUT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		*table++ = own[i];
	table = shortcut_options(OF_ATTACH, table);
	*table = (struct argp_option){ 0 };
}

/* --- the job ---------------------------------------------------------------------- */

static struct err *choose_strategy(struct attach_args *args, struct tasklist *list)
{
	struct scenario *scenario = &args->scenario;
	int ways = (args->pids != NULL) + (args->list != NULL) + (args->environ || args->launcher);

	if (ways != 1)
		return err_hint(err_new(ways ? "the tasks are told in more than one way" : "which tasks?"),
				"give one of --launcher PID, --environ, --pids PID,... and --list FILE");
	scenario->acquire = args->environ  ? ACQUIRE_ENVIRON :
			    args->launcher ? acquire_choose_running((pid_t)args->launcher) :
					     ACQUIRE_LIST;
	if (args->pids)
		return err_wrap(tasklist_pids(args->pids, list), "--pids");
	return args->list ? tasklist_read(args->list, list) : NULL;
}

/* What a scenario's own check asks for, as far as it is about a job that runs. */
static struct err *check(struct attach_args *args)
{
	struct scenario *scenario = &args->scenario;
	const struct interface *interface = interface_of(scenario);
	struct err *err;

	if (strcmp(scenario->tool, "native") != 0)
		return err_new("only the tool native can attach, not '%s'", scenario->tool);
	if (!scenario->results)
		return err_new("'results' is empty");
	if (interface->not_late)
		return err_hint(err_new("tasks that run already cannot be followed by load_events %s: %s",
					interface->name, interface->not_late),
				"leave load_events out, or set it to rbrk or probes");
	err = scenario_check_tracer(scenario);
	if (err)
		return err;
	if (scenario->index == INDEX_ON && !scenario->index_folder)
		return err_hint(err_new("'index' is on, but an attached tool has no home to keep it in"),
				"set index_folder");
	scenario->baseline = false;
	scenario->repetitions = 1;
	if (!scenario->name)
		scenario->name = mem_strdup("attach");
	/* Its libraries are mapped, and so in the page cache. */
	return conf_set(&scenario_table, "temperature=warm", scenario);
}

struct err *cmd_attach(int argc, char **argv, int *status_ret)
{
	struct argp_option table[SHORTCUTS_MOST + 16];
	struct argp argp = {
		table, parse, "",
		"Trace the tasks of a job that runs already: read their link maps, plant breakpoints, follow their "
		"load events for a time or to their end, and leave them running and clean. Table and record as for "
		"'run'.\v"
		"Ctrl-C lets the tasks go. If a tracer was killed (SIGKILL), its traps stay in the tasks it was "
		"attached to: 'attachstorm attach --repair' takes them out.",
		NULL, NULL, NULL,
	};
	struct attach_args args = { 0 };
	struct tasklist list = { 0 };
	struct job_plan plan = { .attach = true, .list = &list };
	struct err *err;

	option_table(table);
	conf_defaults(&scenario_table, &args.scenario);
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	err = args.err;
	if (!err)
		err = scenario_check_attach(&args.scenario);
	if (!err)
		err = choose_strategy(&args, &list);
	if (!err)
		err = check(&args);
	plan.acquire = (enum acquire)args.scenario.acquire;
	plan.hosts_here = &args.scenario.acquire_hosts;
	plan.attach_launcher = (pid_t)args.launcher;
	plan.attach_ns = args.for_ns;
	plan.attach_local = args.local;
	if (!err)
		err = args.repair ? attach_repair(&plan) :
				    attach_trace(&args.scenario, &plan, args.form, status_ret);
	tasklist_deinit(&list);
	conf_deinit(&scenario_table, &args.scenario);
	return err;
}
