/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracing the tasks of a job that runs already, and the record of it: one trial, warm, without
 * a baseline.
 *
 * Invariant: the job is never ended by us.
 */
#include <string.h>

#include "cmd/attach/attach.h"
#include "cmd/calibrate.h"
#include "cmd/interrupt.h"
#include "cmd/run/runloop.h"
#include "job/acquire/acquire.h"
#include "job/hostfacts.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "measure/check.h"
#include "tool/breakpoints.h"
#include "tool/tool.h"

#define CALIBRATION_SAMPLES 300

/* The tasks' own marks, where their environment tells the folder. */
static struct err *read_marks(struct trial *trial)
{
	static const char name[] = "ATTACHSTORM_PHASE_DIR=";

	for (size_t i = 0; i < trial->n_tasks; i++) {
		_cleanup_free_ char *path = mem_printf("/proc/%d/environ", (int)trial->tasks[i].pid);
		_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
		_cleanup_err_ struct err *err = fs_read(path, &env);

		if (err)
			continue;
		for (const char *p = env.text; p < env.text + env.len; p += strlen(p) + 1)
			if (!strncmp(p, name, strlen(name)))
				return fs_exists(p + strlen(name)) ? marks_read(p + strlen(name), trial) : NULL;
	}
	return NULL;
}

struct attach {
	const struct scenario *scenario;
	struct manifest manifest;
	bool has_manifest;
	char **breakpoints;
	size_t n_breakpoints;
	struct run run;
	char *path;
};

static struct err *follow(struct attach *attach, const struct job_plan *plan, const volatile bool *stop)
{
	const struct tool_request request = {
		.scenario = attach->scenario,
		.manifest = attach->has_manifest ? &attach->manifest : NULL,
		.plan = plan,
		.breakpoints = attach->breakpoints,
		.n_breakpoints = attach->n_breakpoints,
		.stop = stop,
	};
	struct trial *trial = run_add_trial(&attach->run);
	struct expectation expectation;
	struct err *err;

	trial->temperature = TEMPERATURE_WARM;
	trial->traced = true;
	trial->tool = mem_strdup(tool_native.name);
	progress_note("attaching by %s", acquire_get(plan->acquire)->name);
	err = tool_native.run(&request, trial);
	if (err && !trial->phases.continued_ns) {
		trial_deinit(trial);
		attach->run.n_trials--;
		return err;
	}
	if (!err)
		err = read_marks(trial);
	expectation_init(&expectation, NULL, NULL);
	expectation.exit_status = (int)attach->scenario->expect_status;
	if (err)
		trial_contradict(trial, "%s", err_message(err));
	else if (!trial->interrupted)
		check_trial(trial, &expectation);
	return err;
}

static struct err *trace(struct attach *attach, const struct job_plan *plan, int *status_ret)
{
	struct scenario scenario = *attach->scenario;
	const struct manifest *manifest = NULL;
	struct run *run = &attach->run;
	const struct trial *trial;
	struct err *err = NULL, *write_err;

	if (scenario.target) {
		err = manifest_read(scenario.target, &attach->manifest);
		attach->has_manifest = !err;
		manifest = err ? NULL : &attach->manifest;
	}
	if (!err)
		err = breakpoints_choose(&scenario, manifest, &attach->breakpoints, &attach->n_breakpoints);
	if (!err)
		err = run_check_results_dir(scenario.results);
	if (!err)
		err = calibrate_json(CALIBRATION_SAMPLES,
				     scenario.breakpoints_write == BP_WRITE_POKE ? TRAP_WRITE_POKE : TRAP_WRITE_MEM,
				     &run->calibration);
	if (err)
		return err;
	run_name(run, scenario.name);
	run->host = hostfacts_read(NULL);
	run_add_variant(run, scenario.name, NULL, false);
	err = follow(attach, plan, interrupt_catch());
	if (!run->n_trials)
		return err;
	trial = &run->trials[0];
	scenario.tasks = (int64_t)trial->n_tasks;
	run->scenario = conf_to_json(&scenario_table, &scenario);
	run->complete = !trial->timed_out;
	write_err = run_write(run, scenario.results, &attach->path);
	if (write_err)
		run_rescue(run, &attach->path);
	*status_ret = trial->interrupted  ? EXIT_INTERRUPTED :
		      trial->timed_out	  ? EXIT_TIMED_OUT :
		      run_is_valid(run)	  ? EXIT_OK :
					    EXIT_INVALID;
	if (!err)
		return write_err;
	err_free(write_err);
	return err;
}

struct err *attach_trace(const struct scenario *scenario, const struct job_plan *plan, enum print_form form,
			int *status_ret)
{
	struct attach attach = { .scenario = scenario };
	struct err *err, *print_err;

	run_init(&attach.run);
	err = trace(&attach, plan, status_ret);
	progress_end();
	print_err = attach.path || attach.run.n_trials ? print_run(&attach.run, attach.path, form) : NULL;
	run_deinit(&attach.run);
	breakpoints_free(attach.breakpoints, attach.n_breakpoints);
	if (attach.has_manifest)
		manifest_deinit(&attach.manifest);
	free(attach.path);
	if (!err)
		return print_err;
	err_free(print_err);
	return err;
}
