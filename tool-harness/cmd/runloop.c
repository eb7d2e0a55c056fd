/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The repetitions of a run. Each temperature of each repetition is an untraced execution
 * of the job (the baseline) and a traced one; the page cache is put into its state, and
 * that is proved, before each. Invariant: the record on disk holds every trial that ended.
 */
#include "cmd/runloop.h"

#include <assert.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/calibrate.h"
#include "cmd/prepare.h"
#include "job/counters.h"
#include "job/hostfacts.h"
#include "job/job.h"
#include "job/pagecache.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "measure/check.h"
#include "measure/missed.h"
#include "report/stacks.h"
#include "report/table.h"
#include "tool/breakpoints.h"
#include "tool/tool.h"

#define CALIBRATION_SAMPLES 1000

struct loop {
	const struct scenario *scenario;
	const volatile bool *stop;
	const struct tool_ops *tool;
	struct run *run;
	struct manifest manifest;
	bool has_manifest;
	struct prepared_list variants;
	char **breakpoints;
	size_t n_breakpoints;
	char *dir;          /* raw files of this run: RESULTS/ID */
	char *path;         /* of the record, once written */
};

/* A tool that makes up its baseline makes up everything: no job, no files, no marks. */
static bool makes_up(const struct loop *loop)
{
	return loop->tool->run_baseline;
}

/* --- preparation ------------------------------------------------------------------ */

void run_name(struct run *run, const char *name)
{
	char text[64];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	run->started_utc = mem_strdup(text);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	run->kit_version = mem_strdup(KIT_VERSION);
	run->id = mem_printf("%s-%s-%d", name, text, (int)getpid());
}

static struct err *calibrate(struct loop *loop)
{
	enum trap_write way = loop->scenario->breakpoints_write == BP_WRITE_POKE ? TRAP_WRITE_POKE :
										   TRAP_WRITE_MEM;

	progress_note("calibrating: bare ptrace stops on this machine");
	return calibrate_json(CALIBRATION_SAMPLES, way, &loop->run->calibration);
}

static struct err *prepare(struct loop *loop)
{
	const struct scenario *scenario = loop->scenario;
	struct run *run = loop->run;
	struct err *err;

	err = tool_find(scenario->tool, &loop->tool);
	if (!err && loop->tool->check)
		err = loop->tool->check(scenario);
	if (!err && scenario->target) {
		err = manifest_read(scenario->target, &loop->manifest);
		loop->has_manifest = !err;
		if (!err)
			err = manifest_check_files(&loop->manifest);
	}
	if (!err)
		err = prepared_make(scenario, loop->has_manifest ? &loop->manifest : NULL, !makes_up(loop),
				    &loop->variants);
	if (!err)
		err = breakpoints_choose(scenario, loop->has_manifest ? &loop->manifest : NULL, &loop->breakpoints,
					 &loop->n_breakpoints);
	if (!err)
		err = run_check_results_dir(scenario->results);
	if (err)
		return err;

	run_name(run, scenario->name);
	run->scenario = conf_to_json(&scenario_table, scenario);
	run->host = hostfacts_read(scenario->launcher == LAUNCHER_MPIRUN ? scenario->mpirun : NULL);
	if (loop->has_manifest)
		run->target = run_target_json(&loop->manifest, loop->variants.v[0].program);
	for (size_t i = 0; i < loop->variants.n; i++) {
		const struct variant *variant = &loop->variants.v[i].variant;
		_cleanup_free_ char *name = variant_name(variant->program, variant->bind_now);

		run_add_variant(run, name, variant->program, variant->bind_now);
	}
	run->counters = json_incref(loop->variants.counters);
	loop->dir = fs_join(scenario->results, run->id);
	return makes_up(loop) || !loop->tool->run ? NULL : calibrate(loop);
}

/* --- one trial -------------------------------------------------------------------- */

static struct err *set_temperature(struct loop *loop, const struct file_set *files, struct trial *trial)
{
	const struct scenario *scenario = loop->scenario;
	struct err *err;

	if (trial->temperature == TEMPERATURE_COLD)
		err = pagecache_evict(files, scenario->cold_drop_caches);
	else
		err = pagecache_load(files);
	if (!err)
		err = pagecache_residency(files, &trial->residency);
	trial->residency.dropped_caches = trial->temperature == TEMPERATURE_COLD && scenario->cold_drop_caches;
	return err;
}

static void expect_hits(const struct loop *loop, struct trial *trial)
{
	for (size_t i = 0; loop->has_manifest && i < trial->n_breakpoints && trial_from_start(trial); i++) {
		struct trial_breakpoint *bp = &trial->breakpoints[i];
		int64_t calls = expectation_calls(&loop->manifest, bp->function);

		if (calls >= 0)
			bp->expected_hits = calls * (int64_t)trial->n_tasks;
	}
}

/* A job that did not come to its end is no measurement; the record says why. */
static void note_end(const struct loop *loop, struct trial *trial)
{
	_cleanup_free_ char *limit = conf_duration_text(loop->scenario->time_limit_ns);

	if (trial->timed_out)
		trial_contradict(trial, "the time limit of %s was reached before the job ended", limit);
	if (trial->interrupted)
		trial_contradict(trial, "interrupted before the job ended");
}

/* Of a tool's own process: its caches are as cold, or as warm, as the target's pages. */
static char *home_of(const struct loop *loop, const struct prepared *p)
{
	_cleanup_free_ char *variant = variant_name(p->variant.program, p->variant.bind_now);
	_cleanup_free_ char *name = mem_printf("home-%s", variant);

	return fs_join(loop->dir, name);
}

static struct err *execute(struct loop *loop, const struct prepared *p, struct trial *trial, const char *dir)
{
	const struct scenario *scenario = loop->scenario;
	_cleanup_free_ char *home = home_of(loop, p);
	const struct job_plan plan = {
		.argv = (const char *const *)p->argv,
		.env = p->env,
		.n_tasks = (size_t)scenario->tasks,
		.launcher = (enum launcher)scenario->launcher,
		.mpirun = scenario->mpirun,
		.launcher_args = &scenario->launcher_args,
		.acquire = (enum acquire)scenario->acquire,
		.hosts_here = &scenario->acquire_hosts,
		/* Simulated caches see addresses: the same in all runs, the counts are, too. */
		.aslr = scenario->aslr == ASLR_ON && trial->counter_source != COUNTERS_CALLGRIND,
		.dir = dir,
	};
	const struct tool_request request = {
		.scenario = scenario,
		.manifest = loop->has_manifest ? &loop->manifest : NULL,
		.plan = &plan,
		.breakpoints = loop->breakpoints,
		.n_breakpoints = loop->n_breakpoints,
		.stop = loop->stop,
		.home = home,
	};
	struct err *err = NULL;

	if (makes_up(loop))
		return trial->traced ? loop->tool->run(&request, trial) : loop->tool->run_baseline(&request, trial);
	if (p->program)
		manifest_select_program(&loop->manifest, p->program);
	err = fs_mkdirs(dir);
	if (!err)
		err = set_temperature(loop, &p->files, trial);
	if (!err && trial->traced && trial->temperature == TEMPERATURE_COLD)
		err = fs_remove_tree(home);
	if (err)
		return err;
	if (trial->traced)
		err = loop->tool->run(&request, trial);
	else
		err = job_run_untraced(&plan, scenario->time_limit_ns, loop->stop, trial);
	if (!trial->n_tasks)
		return err;
	if (!err)
		err = marks_read(dir, trial);
	if (!err && trial->counter_source == COUNTERS_CALLGRIND)
		callgrind_read(dir, trial);
	return err;
}

static struct err *run_trial(struct loop *loop, const struct prepared *p, uint32_t repetition,
			     enum temperature temperature, bool traced)
{
	struct trial *trial = run_add_trial(loop->run);
	const char *tool = traced ? loop->tool->name : "none";
	_cleanup_free_ char *variant = variant_name(p->variant.program, p->variant.bind_now);
	_cleanup_free_ char *name = mem_printf("%u-%s-%s%s%s", repetition, temperature_names[temperature], tool,
					       loop->variants.n > 1 ? "-" : "", loop->variants.n > 1 ? variant : "");
	_cleanup_free_ char *dir = fs_join(loop->dir, name);
	struct err *err, *write_err;

	trial->repetition = repetition;
	trial->temperature = temperature;
	trial->traced = traced;
	trial->tool = mem_strdup(tool);
	trial->variant = (uint32_t)(p - loop->variants.v);
	trial->counter_source = loop->variants.counter_source;
	progress_note("repetition %u of %lld, %s, %s%s%s", repetition + 1, (long long)loop->scenario->repetitions,
		      temperature_names[temperature], traced ? tool : "untraced", loop->variants.n > 1 ? ", " : "",
		      loop->variants.n > 1 ? variant : "");
	err = execute(loop, p, trial, dir);
	if (err && !trial->n_tasks) {
		/* Nothing was started: there is no trial to record. */
		trial_deinit(trial);
		loop->run->n_trials--;
		return err;
	}
	if (err)
		trial_contradict(trial, "%s", err_message(err));
	note_end(loop, trial);
	expect_hits(loop, trial);
	missed_compute(trial);
	if (!trial->n_contradictions)
		check_trial(trial, &p->expectation);
	free(loop->path);
	loop->path = NULL;
	write_err = run_write(loop->run, loop->scenario->results, &loop->path);
	if (!err)
		return write_err;
	err_free(write_err);
	return err;
}

/* --- all of them ------------------------------------------------------------------ */

/* One repetition of one temperature: all variants in turns, so that a machine that changes with
 * time changes for all. *ret_ended: a trial did not come to its end, which ends the run. */
static struct err *run_turn(struct loop *loop, uint32_t repetition, enum temperature temperature, bool *ret_ended,
			    int *status_ret)
{
	for (size_t i = 0; i < loop->variants.n; i++) {
		for (int traced = !loop->scenario->baseline; traced <= (loop->tool->run != NULL); traced++) {
			struct err *err = run_trial(loop, &loop->variants.v[i], repetition, temperature, traced);
			const struct trial *trial;

			if (err)
				return err;
			trial = &loop->run->trials[loop->run->n_trials - 1];
			if (trial->interrupted || trial->timed_out) {
				*status_ret = trial->timed_out ? EXIT_TIMED_OUT : EXIT_INTERRUPTED;
				*ret_ended = true;
				return NULL;
			}
		}
	}
	return NULL;
}

static struct err *run_all(struct loop *loop, int *status_ret)
{
	const struct conf_list *temperatures = &loop->scenario->temperature;
	bool ended = false;

	for (uint32_t repetition = 0; repetition < loop->scenario->repetitions; repetition++) {
		for (size_t i = 0; i < temperatures->n; i++) {
			struct err *err = run_turn(loop, repetition, (enum temperature)temperatures->choices[i],
						   &ended, status_ret);

			if (err || ended)
				return err;
		}
	}
	loop->run->complete = true;
	*status_ret = run_is_valid(loop->run) ? EXIT_OK : EXIT_INVALID;
	return NULL;
}

struct err *runloop(const struct scenario *scenario, const volatile bool *stop, struct run *run, char **path_ret,
		    int *status_ret)
{
	struct loop loop = { .scenario = scenario, .stop = stop, .run = run };
	struct err *err = prepare(&loop);

	if (!err)
		err = run_all(&loop, status_ret);
	if (!err)
		err = run_write(run, scenario->results, &loop.path);
	progress_end();
	for (size_t i = 0; i < loop.variants.n; i++) {
		_cleanup_free_ char *home = home_of(&loop, &loop.variants.v[i]);

		err_free(fs_remove_tree(home)); /* caches may be large, and are of no use any more */
	}
	*path_ret = loop.path;
	breakpoints_free(loop.breakpoints, loop.n_breakpoints);
	prepared_deinit(&loop.variants);
	free(loop.dir);
	if (loop.has_manifest)
		manifest_deinit(&loop.manifest);
	return err;
}

struct err *run_print(const struct run *run, const char *path, bool json)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (json) {
		struct err *err = fs_read(path, &text);

		if (err)
			return err;
	} else {
		table_format(run, &text);
		stacks_put(run, &text);
		strbuf_printf(&text, "\nrecord: %s\n", path);
	}
	fputs(text.text, stdout);
	return NULL;
}
