/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm model: the options of its plain form, and the way to the others. Computes
 * and prints nothing itself.
 */
#include <argp.h>
#include <math.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/model/model.h"
#include "lib/conf/conf.h"
#include "report/store/store.h"

#define NUMBER_MAX 1e9 /* far above any job, far below where doubles lose count */

enum { OPT_LIBRARIES = 1000, OPT_TASKS, OPT_BREAKPOINTS, OPT_T1, OPT_T2, OPT_JSON };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "The job to predict for:", 1 },
	{ "load-events", OPT_LIBRARIES, "M", 0, "Load events of each task after it was let go", 1 },
	{ "libraries", OPT_LIBRARIES, "M", OPTION_ALIAS, NULL, 1 },
	{ "tasks", OPT_TASKS, "N", 0, "Tasks", 1 },
	{ "breakpoints", OPT_BREAKPOINTS, "B", 0, "Breakpoints reinserted at each load event (default 0)", 1 },
	{ NULL, 0, NULL, 0, "The tool, without a record:", 2 },
	{ "t1", OPT_T1, "TIME", 0, "Handling of one load event without reinsertion, as 10ms", 2 },
	{ "t2", OPT_T2, "TIME", 0, "Reinsertion of one breakpoint, as 1ms", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "json", OPT_JSON, NULL, 0, "JSON instead of text", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char doc[] =
	"Predict what a tool's handling of load events costs a job: M x N x (T1 + B x T2)."
	"\vThe paper's libraries are load events here: one comes for each library only if they come one by one, and "
	"--libraries is another name for --load-events. With RECORD, a file, a name in " STORE_DEFAULT_DIR
	" or 'latest', of several variants each or the one behind '#', T1 and T2 are what it measured, cold and warm, "
	"with the range from their 10th to their 90th percentile; M, N and B are its own unless given. For example\n\n"
	"  attachstorm model --load-events 500 --tasks 500 --breakpoints 10 \\\n"
	"      --t1 10ms --t2 1ms\n\n"
	"says 83.3 minutes, of which 41.7 for the events alone.\n\n"
	"'attachstorm model fit' and 'attachstorm model predict' fit laws to several records: see their --help.";

struct err *model_parse_number(const char *text, const char *what, double min, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value))
		return err_new("%s: '%s' is not a number", what, text);
	if (value < min || value > NUMBER_MAX)
		return err_new("%s: %s is not from %g to %g", what, text, min, NUMBER_MAX);
	*ret = value;
	return NULL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct model_args *args = state->input;

	switch (key) {
	case OPT_LIBRARIES:
		args->err = model_parse_number(arg, "--load-events", 0, &args->libraries);
		break;
	case OPT_TASKS:
		args->err = model_parse_number(arg, "--tasks", 1, &args->tasks);
		break;
	case OPT_BREAKPOINTS:
		args->err = model_parse_number(arg, "--breakpoints", 0, &args->breakpoints);
		break;
	case OPT_T1:
		args->err = conf_parse_duration(arg, "--t1", &args->t1_ns);
		break;
	case OPT_T2:
		args->err = conf_parse_duration(arg, "--t2", &args->t2_ns);
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARG:
		if (args->record)
			args->err = err_new("more than one record: '%s'", arg);
		args->record = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return args->err ? EINVAL : 0;
}

static struct err *check_args(const struct model_args *args)
{
	bool times = args->t1_ns >= 0 || args->t2_ns >= 0;

	if (args->record && times)
		return err_hint(err_new("--t1 and --t2 do not go with a record"), "the record has its own, measured");
	if (args->record)
		return NULL;
	if (args->t1_ns < 0 || args->libraries < 0 || args->tasks < 0)
		return err_hint(err_new("without a record, --load-events, --tasks and --t1 are needed"),
				"see 'attachstorm model --help'");
	if (args->breakpoints > 0 && args->t2_ns < 0)
		return err_new("--breakpoints without a record needs --t2");
	return NULL;
}

struct err *cmd_model(int argc, char **argv, int *status_ret)
{
	static const struct argp argp = { options, parse_option, "[RECORD]", doc, NULL, NULL, NULL };
	struct model_args args = { .libraries = -1, .tasks = -1, .breakpoints = -1, .t1_ns = -1, .t2_ns = -1 };
	struct err *err = NULL;

	if (argc > 1 && !strcmp(argv[1], "fit"))
		return model_fit(argc - 1, argv + 1, false, status_ret);
	if (argc > 1 && !strcmp(argv[1], "predict"))
		return model_fit(argc - 1, argv + 1, true, status_ret);
	if (argp_parse(&argp, argc, argv, 0, NULL, &args) && !args.err)
		return err_new("cannot read the options");
	err = args.err ? args.err : check_args(&args);
	if (err)
		return err;
	if (args.record)
		err = model_measured(&args);
	else
		model_given(&args);
	if (!err)
		*status_ret = EXIT_OK;
	return err;
}
