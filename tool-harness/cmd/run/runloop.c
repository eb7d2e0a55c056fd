/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The repetitions of a run. Each temperature of each repetition is for each variant an untraced
 * execution of the job (the baseline) and a traced one; the page cache is put into its state, and
 * that is proved, before each.
 *
 * Invariant: at the end the record on disk holds
 * every trial that ended, however the run ends; in between it lacks the last ones only if they were
 * short beside what writing them takes.
 */
#include "cmd/run/runloop.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/calibrate.h"
#include "cmd/run/estimate.h"
#include "cmd/run/prepare.h"
#include "cmd/run/temperature.h"
#include "job/counts/counters.h"
#include "job/hostfacts.h"
#include "job/job.h"
#include "job/pagecache.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/json/text.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "measure/check.h"
#include "measure/missed.h"
#include "measure/unfinished.h"
#include "tool/tool.h"

#define CALIBRATION_SAMPLES 1000
#define SAVE_SHARE 20 /* the record is written in between for at most one part in so many of the run's time */

struct loop {
	const struct scenario *scenario; /* of the run: repetitions, temperatures, results */
	const struct variant *variants;
	const volatile bool *stop;
	const struct runloop_more *more;
	int64_t repetitions; /* to be made, as known by now */
	struct run *run;
	struct prepared_list prepared;
	struct estimate *estimate;
	char *dir;          /* raw files of this run: RESULTS/ID */
	char *path;         /* of the record, once written */
	int64_t saved_ns;   /* when that was; and how long it took */
	int64_t save_took_ns;
};

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
	/* It names files and is in the record: what is no printable ASCII there is no loss. */
	for (char *c = run->id; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '/')
			*c = '_';
}

/* All ways of waiting and writing are measured, whichever the variants use. */
static struct err *calibrate(struct loop *loop)
{
	enum trap_write way = loop->scenario->breakpoints_write == BP_WRITE_POKE ? TRAP_WRITE_POKE :
										   TRAP_WRITE_MEM;
	bool traced = false;

	for (size_t i = 0; i < loop->prepared.n; i++)
		traced |= loop->prepared.v[i].tool->run && !prepared_makes_up(&loop->prepared.v[i]);
	if (!traced)
		return NULL;
	progress_note("calibrating: bare ptrace stops on this machine");
	return calibrate_json(CALIBRATION_SAMPLES, way, &loop->run->calibration);
}

static void describe_variants(struct loop *loop)
{
	struct run *run = loop->run;

	for (size_t i = 0; i < loop->prepared.n; i++) {
		const struct prepared *p = &loop->prepared.v[i];
		const struct variant *variant = p->variant;
		struct run_variant *described =
			run_add_variant(run, variant->name, variant->program, variant->bind_now);

		for (size_t j = 0; j < variant->n_settings; j++)
			json_object_set_new(described->settings, variant->settings[j].key,
					    json_text(variant->settings[j].value));
		if (!p->manifest)
			continue;
		if (!i)
			run->target = run_target_json(p->manifest, p->program);
		else if (p->manifest != loop->prepared.v[0].manifest)
			described->target = run_target_json(p->manifest, p->program);
	}
}

/* What all variants ran alike replaces what was written: a check may have resolved it (acquire, by the
 * launcher), and the same run with and without a sweep is the same scenario. */
static void take_common(json_t *written, json_t *const *ran, size_t n)
{
	_cleanup_free_ json_t **inner = mem_calloc(n, sizeof(json_t *));
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(written, next, key, value) {
		size_t alike = 1;

		if (!strcmp(key, "matrix") || !strcmp(key, "cases"))
			continue;
		for (size_t i = 0; i < n; i++)
			inner[i] = json_object_get(ran[i], key);
		while (alike < n && json_equal(inner[alike], inner[0]))
			alike++;
		if (json_is_object(value))
			take_common(value, inner, n);
		else if (alike == n)
			json_object_set(written, key, inner[0]);
	}
}

/* The scenario as it is recorded: of several variants, what they were made of. */
static json_t *recorded_scenario(const struct loop *loop, size_t n_variants)
{
	const struct scenario *first = &loop->variants[0].scenario;
	json_t *written = conf_to_json(&scenario_table, n_variants == 1 ? first : loop->scenario);
	_cleanup_free_ json_t **ran = mem_calloc(n_variants, sizeof(json_t *));

	for (size_t i = 0; i < n_variants; i++)
		ran[i] = conf_to_json(&scenario_table, &loop->variants[i].scenario);
	take_common(written, ran, n_variants);
	for (size_t i = 0; i < n_variants; i++)
		json_decref(ran[i]);
	return written;
}

static struct err *prepare(struct loop *loop, size_t n_variants)
{
	const struct scenario *scenario = loop->scenario, *first = &loop->variants[0].scenario;
	struct run *run = loop->run;
	struct err *err = prepared_make(loop->variants, n_variants, false, &loop->prepared);

	if (!err)
		err = run_check_results_dir(scenario->results);
	if (err)
		return err;
	run_name(run, scenario->name ? scenario->name : first->name);
	run->scenario = recorded_scenario(loop, n_variants);
	json_object_set_new(run->scenario, "name", json_text(scenario->name ? scenario->name : first->name));
	run->host = hostfacts_read(first->launcher == LAUNCHER_MPIRUN ? first->mpirun : NULL);
	describe_variants(loop);
	run->counters = json_incref(loop->prepared.counters);
	loop->dir = fs_join(scenario->results, run->id);
	return calibrate(loop);
}

/* --- one trial -------------------------------------------------------------------- */

static void expect_hits(const struct prepared *p, struct trial *trial)
{
	for (size_t i = 0; p->manifest && i < trial->n_breakpoints && trial_from_start(trial); i++) {
		struct trial_breakpoint *bp = &trial->breakpoints[i];
		int64_t calls = expectation_calls(p->manifest, bp->function);

		if (calls >= 0)
			bp->expected_hits = calls * (int64_t)trial->n_tasks;
	}
}

/* A job that did not come to its end is no measurement; the record says why. */
static void note_end(const struct prepared *p, struct trial *trial)
{
	_cleanup_free_ char *limit = conf_duration_text(p->scenario->time_limit_ns);
	_cleanup_free_ char *came_to = trial->timed_out || trial->interrupted ? unfinished_text(trial) : NULL;
	const char *before = came_to ? ": " : "";

	if (trial->timed_out)
		trial_contradict(trial, "the time limit of %s was reached before the job ended%s%s", limit, before,
				 came_to ? came_to : "");
	if (trial->interrupted)
		trial_contradict(trial, "interrupted before the job ended%s%s", before, came_to ? came_to : "");
}

/* A variant's name as part of a file's: it may hold paths, and any number of settings. */
static char *variant_file_name(const struct loop *loop, const struct prepared *p)
{
	size_t index = (size_t)(p - loop->prepared.v);
	char *name = mem_printf("%zu-%.80s", index, p->variant->name);

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("+-=._,", *c))
			*c = '_';
	return name;
}

/* Of a tool's own process: its caches are as cold, or as warm, as the target's pages. */
static char *home_of(const struct loop *loop, const struct prepared *p)
{
	_cleanup_free_ char *variant = variant_file_name(loop, p);
	_cleanup_free_ char *name = mem_printf("home-%s", variant);

	return fs_join(loop->dir, name);
}

static struct err *read_what_it_left(const char *dir, struct trial *trial)
{
	struct err *err = marks_read(dir, trial);

	if (!err && trial->counter_source == COUNTERS_CALLGRIND)
		callgrind_read(dir, trial);
	return err;
}

static struct err *execute(struct loop *loop, const struct prepared *p, struct trial *trial, const char *dir)
{
	const struct scenario *scenario = p->scenario;
	_cleanup_free_ char *home = home_of(loop, p);
	const struct job_plan plan = {
		.argv = (const char *const *)p->argv,
		.env = p->env,
		.n_tasks = (size_t)scenario->tasks,
		.launcher = (enum launcher)scenario->launcher,
		.mpirun = scenario->mpirun,
		.launcher_args = &scenario->launcher_args,
		.acquire = p->acquire,
		.hosts_here = &scenario->acquire_hosts,
		/* Simulated caches see addresses: the same in all runs, the counts are, too. */
		.aslr = scenario->aslr == ASLR_ON && trial->counter_source != COUNTERS_CALLGRIND,
		.bind = scenario->bind == BIND_CORE,
		.dir = dir,
	};
	const struct tool_request request = {
		.scenario = scenario,
		.manifest = p->manifest,
		.plan = &plan,
		.breakpoints = p->breakpoints,
		.n_breakpoints = p->n_breakpoints,
		.stop = loop->stop,
		.home = home,
	};
	struct err *err = NULL;

	if (prepared_makes_up(p))
		return trial->traced ? p->tool->run(&request, trial) : p->tool->run_baseline(&request, trial);
	if (p->program)
		manifest_select_program(p->manifest, p->program);
	err = fs_mkdirs(dir);
	if (!err && trial->traced)
		err = temperature_set_tool(p, &request, trial);
	if (!err)
		err = temperature_set_pages(p, home, trial);
	if (err)
		return err;
	if (trial->traced)
		err = p->tool->run(&request, trial);
	else
		err = job_run_untraced(&plan, scenario->time_limit_ns, loop->stop, trial);
	return err || !trial->n_tasks ? err : read_what_it_left(dir, trial);
}

/* The record as it is by now. */
static struct err *save(struct loop *loop)
{
	int64_t begin_ns = clock_now_ns();
	char *path = NULL;
	struct err *err = run_write(loop->run, loop->scenario->results, &path);

	loop->saved_ns = clock_now_ns();
	loop->save_took_ns = loop->saved_ns - begin_ns;
	if (err)
		return err;
	free(loop->path);
	loop->path = path;
	return NULL;
}

/* The last time: what does not get into its folder goes where there is room, or *path_ret is NULL. */
static struct err *save_at_end(struct loop *loop)
{
	struct err *err = save(loop);
	char *path = NULL;

	if (!err)
		return NULL;
	run_rescue(loop->run, &path);
	free(loop->path); /* an earlier one, of fewer trials */
	loop->path = path;
	return err;
}

/* After every trial, unless trials are so short that writing, which takes longer as the run grows, would take more
 * than a part of the run's time. */
static struct err *save_in_between(struct loop *loop)
{
	return clock_now_ns() - loop->saved_ns < SAVE_SHARE * loop->save_took_ns ? NULL : save(loop);
}

/* "17/72, about 9 min left: repetition 3, warm, native". */
static void tell_progress(const struct loop *loop, const struct prepared *p, const struct trial *trial)
{
	_cleanup_strbuf_ struct strbuf left = STRBUF_INIT;
	bool one = loop->prepared.n == 1;
	double ns;

	estimate_plan(loop->estimate, (size_t)loop->repetitions);
	if (estimate_left(loop->estimate, &ns)) {
		bool minutes = ns > 90 * NS_PER_S;

		strbuf_printf(&left, ", about %.0f %s left", ceil(ns / (double)(minutes ? 60 * NS_PER_S : NS_PER_S)),
			      minutes ? "min" : "s");
	}
	progress_step("%zu/%zu%s: repetition %u, %s, %s%s%s", estimate_made(loop->estimate) + 1,
		      estimate_total(loop->estimate), left.len ? left.text : "", trial->repetition + 1,
		      temperature_names[trial->temperature], trial->traced ? trial->tool : "untraced", one ? "" : ", ",
		      one ? "" : p->variant->name);
}

static struct err *run_trial(struct loop *loop, const struct prepared *p, uint32_t repetition,
			     enum temperature temperature, bool traced)
{
	struct trial *trial = run_add_trial(loop->run);
	const char *tool = traced ? p->tool->name : "none";
	bool one = loop->prepared.n == 1;
	_cleanup_free_ char *variant = variant_file_name(loop, p);
	_cleanup_free_ char *name = mem_printf("%u-%s-%s%s%s", repetition, temperature_names[temperature], tool,
					       one ? "" : "-", one ? "" : variant);
	_cleanup_free_ char *dir = fs_join(loop->dir, name);
	struct err *err, *write_err;

	trial->repetition = repetition;
	trial->temperature = temperature;
	trial->traced = traced;
	trial->tool = mem_strdup(tool);
	trial->variant = (uint32_t)(p - loop->prepared.v);
	trial->counter_source = loop->prepared.counter_source;
	tell_progress(loop, p, trial);
	err = execute(loop, p, trial, dir);
	if (err && !trial->n_tasks) {
		/* Nothing was started: there is no trial to record. */
		trial_deinit(trial);
		loop->run->n_trials--;
		return err;
	}
	if (err)
		trial_contradict(trial, "%s", err_message(err));
	temperature_learn(p, trial);
	note_end(p, trial);
	expect_hits(p, trial);
	missed_compute(trial);
	if (trial->n_contradictions)
		check_failure(trial, &p->expectation);
	else
		check_trial(trial, &p->expectation);
	write_err = save_in_between(loop);
	if (!err)
		return write_err;
	err_free(write_err);
	return err;
}

/* --- all of them ------------------------------------------------------------------ */

/* All variants in turns, so that a machine that changes with time changes for all. *ret_ended: a
 * trial did not come to its end, which ends the run. */
static struct err *run_turn(struct loop *loop, uint32_t repetition, enum temperature temperature, bool *ret_ended,
			    int *status_ret)
{
	for (size_t i = 0; i < loop->prepared.n; i++) {
		const struct prepared *p = &loop->prepared.v[variant_in_turn(repetition, i, loop->prepared.n)];

		for (int traced = !p->scenario->baseline; traced <= (p->tool->run != NULL); traced++) {
			int64_t begin_ns = clock_now_ns();
			struct err *err = run_trial(loop, p, repetition, temperature, traced);
			const struct trial *trial;

			if (err)
				return err;
			estimate_learn(loop->estimate, p, temperature, traced, clock_now_ns() - begin_ns);
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

	for (uint32_t repetition = 0; repetition < loop->repetitions; repetition++) {
		for (size_t i = 0; i < temperatures->n; i++) {
			struct err *err = run_turn(loop, repetition, (enum temperature)temperatures->choices[i],
						   &ended, status_ret);

			if (err || ended)
				return err;
		}
		if (loop->more)
			loop->repetitions =
				loop->more->wanted(loop->run, repetition + 1, loop->repetitions, loop->more->data);
	}
	loop->run->complete = true;
	*status_ret = run_is_valid(loop->run) ? EXIT_OK : EXIT_INVALID;
	return NULL;
}

struct err *runloop(const struct scenario *scenario, const struct variant *variants, size_t n_variants,
		    const volatile bool *stop, const struct runloop_more *more, struct run *run, char **path_ret,
		    int *status_ret)
{
	struct loop loop = { .scenario = scenario,
			     .variants = variants,
			     .stop = stop,
			     .more = more,
			     .repetitions = scenario->repetitions,
			     .run = run };
	struct err *err = prepare(&loop, n_variants);

	if (!err) {
		struct err *save_err;

		loop.estimate = estimate_create(scenario, &loop.prepared);
		err = run_all(&loop, status_ret);
		save_err = loop.run->n_trials || !err ? save_at_end(&loop) : NULL;
		if (err)
			err_free(save_err);
		else
			err = save_err;
	}
	progress_end();
	for (size_t i = 0; loop.dir && i < loop.prepared.n; i++) {
		_cleanup_free_ char *home = home_of(&loop, &loop.prepared.v[i]);

		err_free(fs_remove_tree(home)); /* caches may be large, and are of no use any more */
	}
	*path_ret = loop.path;
	estimate_destroy(loop.estimate);
	prepared_deinit(&loop.prepared);
	free(loop.dir);
	return err;
}
