/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm run: runloop() measures the variants of a scenario, and the table goes to
 * standard output.
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/run/decide.h"
#include "cmd/interrupt.h"
#include "cmd/print.h"
#include "cmd/run/runloop.h"
#include "cmd/scenarioargs.h"

static struct err *run_and_print(const struct scenario_args *args, const struct decide *decide, int *status_ret)
{
	const struct runloop_more more = { decide_wanted, (void *)decide };
	_cleanup_free_ char *path = NULL;
	struct run run;
	struct err *err, *print_err;

	run_init(&run);
	err = runloop(&args->scenario, args->variants, args->n_variants, interrupt_catch(),
		      args->compares ? &more : NULL, &run, &path, status_ret);
	/* What was measured before a failure is worth seeing too. */
	print_err = path || run.n_trials ? print_run(&run, path, args->form) : NULL;
	/* B against A decides the exit status; it is printed behind the table, not behind JSON. */
	if (!err && !print_err && args->compares && run.complete)
		decide_judge(decide, &run, args->form != PRINT_JSON, status_ret);
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
	struct scenario_args args = { 0 };
	struct decide decide = { 0 };
	struct err *err = scenario_args_parse(
		argc, argv, SCENARIO_ARGS_RUN, "[SCENARIO.yaml]\n[SCENARIO.yaml] -- COMMAND [ARGS...]",
		"Run a scenario: each temperature of each repetition untraced and under the tool, timed phase by "
		"phase. The table goes to standard output, the record into the results folder.\v"
		"Options override the scenario's keys. With COMMAND any dynamically linked program is run instead "
		"of a target.",
		&args);

	if (!err)
		err = decide_init(&args.comparing, &decide);
	if (!err)
		err = run_and_print(&args, &decide, status_ret);
	decide_deinit(&decide);
	scenario_args_deinit(&args);
	return err;
}
