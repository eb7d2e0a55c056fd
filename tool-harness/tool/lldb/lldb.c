/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LLDB under test, in batch mode since its Python is broken in some distributions: one for each
 * task, attached while that waits in the shim, with breakpoints that are pending until a
 * library has them. At the end it tells what it did, by its own statistics, and what it hit.
 *
 * Invariant: no number of the trial comes from LLDB alone: times are the marks' and the
 * harness's, hits are checked against the manifest; LLDB's statistics stand beside them.
 */
#include <jansson.h>
#include <string.h>

#include "job/acquire/choose.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "lib/progress.h"
#include "tool/lldb/stats.h"
#include "tool/process/stage.h"
#include "tool/process/files.h"
#include "tool/process/version.h"

#define END_GRACE_NS (60 * NS_PER_S) /* statistics of many libraries take a while */
#define ASK_LIMIT_NS (20 * NS_PER_S)

struct lldb_task {
	struct outside *outside;
	bool ready, in_statistics, seen_statistics;
	struct strbuf statistics;
};

struct lldb {
	struct stage stage;
	char *before, *after;	 /* files of commands: before and after it has attached */
	struct lldb_task *tasks; /* as the job's */
	size_t n;
	json_t *reports;
};

/* --- what it is told -------------------------------------------------------------- */

static struct err *write_commands(struct lldb *lldb)
{
	const struct tool_request *request = lldb->stage.request;
	const struct scenario *scenario = request->scenario;
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	struct err *err;

	strbuf_puts(&before, "settings set target.process.stop-on-exec false\n");
	strbuf_printf(&before, "settings set symbols.enable-lldb-index-cache %s\n",
		      scenario->lldb_index_cache ? "true" : "false");
	if (scenario->lldb_index_cache)
		strbuf_printf(&before, "settings set symbols.lldb-index-cache-path %s/cache/lldb-index\n",
			      lldb->stage.tools.home);
	if (scenario->lldb_parallel != LLDB_PARALLEL_DEFAULT)
		strbuf_printf(&before, "settings set target.parallel-module-load %s\n",
			      scenario->lldb_parallel == LLDB_PARALLEL_ON ? "true" : "false");
	for (size_t i = 0; i < request->n_breakpoints; i++)
		strbuf_printf(&after, "breakpoint set --auto-continue true --name %s\n",
			      request->breakpoints[i]);
	strbuf_puts(&after, "process continue\nbreakpoint list\nstatistics dump\n");
	lldb->before = fs_join(lldb->stage.tools.dir, "lldb.before");
	lldb->after = fs_join(lldb->stage.tools.dir, "lldb.after");
	err = fs_publish(lldb->before, before.text, before.len);
	return err ? err : fs_publish(lldb->after, after.text, after.len);
}

static struct err *start(struct lldb *lldb)
{
	const struct scenario *scenario = lldb->stage.request->scenario;
	const struct job *job = lldb->stage.job;
	struct err *err = write_commands(lldb);

	lldb->tasks = mem_calloc(job->n_tasks, sizeof(*lldb->tasks));
	for (size_t i = 0; !err && i < job->n_tasks; i++) {
		_cleanup_free_ char *pid = mem_printf("%d", (int)job->tasks[i].pid);
		_cleanup_free_ char *label = mem_printf("rank%d", job->tasks[i].rank);
		const char *const argv[] = { scenario->lldb_path,
					     "--no-lldbinit",
					     "--no-use-colors",
					     "--batch",
					     "--source-before-file",
					     lldb->before,
					     "-p",
					     pid,
					     "--source",
					     lldb->after,
					     NULL };
		const struct outside_opts opts = { .argv = argv,
						   .name = "lldb",
						   .label = label,
						   .merge_stderr = false,
						   .count_ptrace = scenario->tools_count_ptrace,
						   .count_children = true };

		lldb->tasks[i].statistics = (struct strbuf)STRBUF_INIT;
		lldb->n = i + 1;
		err = outside_start(&lldb->stage.tools, &opts, &lldb->tasks[i].outside);
	}
	return err;
}

/* --- what it says ----------------------------------------------------------------- */

/* Breakpoints are numbered in the order in which they were set, from 1. */
static void read_breakpoint(struct lldb *lldb, size_t task, const char *line)
{
	struct trial *trial = lldb->stage.trial;
	struct trial_breakpoint *bp;
	struct lldb_line parsed;

	if (!lldb_line_parse(line, &parsed) || parsed.id > trial->n_breakpoints)
		return;
	bp = &trial->breakpoints[parsed.id - 1];
	if (!parsed.is_location) {
		bp->hits += parsed.hits;
		trial->tasks[task].breakpoint_hits += parsed.hits;
		return;
	}
	if (!*parsed.library)
		return;
	if (!bp->library)
		bp->library = mem_strdup(parsed.library);
	trial->tasks[task].breakpoints_planted++;
	bp->planted_tasks++;
}

static void read_lines(struct lldb *lldb, size_t i)
{
	static const char prompt[] = "(lldb) ";
	struct lldb_task *t = &lldb->tasks[i];
	const char *line;

	while ((line = outside_line(t->outside))) {
		if (!strncmp(line, prompt, strlen(prompt))) {
			const char *command = line + strlen(prompt);

			t->ready |= !strcmp(command, "process continue");
			t->in_statistics = !strcmp(command, "statistics dump");
			t->seen_statistics |= t->in_statistics;
		} else if (t->in_statistics) {
			strbuf_printf(&t->statistics, "%s\n", line);
		} else if (t->ready) {
			read_breakpoint(lldb, i, line);
		}
	}
}

static bool all_ready(const struct lldb *lldb)
{
	for (size_t i = 0; i < lldb->n; i++)
		if (!lldb->tasks[i].ready)
			return false;
	return true;
}

/* A debugger that has missed libraries has not done the work that is measured. */
static void check_modules(struct lldb *lldb, size_t i, const json_t *modules)
{
	const struct manifest *manifest = lldb->stage.request->manifest;
	struct trial_task *task = &lldb->stage.trial->tasks[i];
	size_t n = manifest ? manifest->n_libraries : 0;

	for (size_t j = 0; j < n; j++)
		task->target_libraries +=
			json_object_get(modules, fs_basename(manifest->libraries[j].path)) != NULL;
	if (manifest && task->target_libraries < (int64_t)manifest->expect_libraries)
		trial_contradict(lldb->stage.trial,
				 "rank %d: LLDB knows %zu libraries of the target, but the manifest says %zu",
				 task->rank, (size_t)task->target_libraries,
				 (size_t)manifest->expect_libraries);
}

static void read_statistics(struct lldb *lldb, size_t i)
{
	struct lldb_task *t = &lldb->tasks[i];
	json_t *report, *modules;
	struct err *err;

	if (!outside_ended(t->outside))
		return;
	err = t->seen_statistics ? lldbstats_parse(t->statistics.text, t->statistics.len, &report, &modules)
				 : err_new("it has told no statistics");
	if (err) {
		stage_judge(&lldb->stage, VERDICT_RUBBISH, t->outside, "the tool lldb (%s): %s",
			    outside_label(t->outside), err_message(err));
		err_free(err);
		return;
	}
	check_modules(lldb, i, modules);
	json_decref(modules);
	json_object_set_new(report, "rank", json_integer(lldb->stage.job->tasks[i].rank));
	json_array_append_new(lldb->reports, report);
}

static struct err *follow(struct lldb *lldb)
{
	struct stage *stage = &lldb->stage;
	struct err *err = start(lldb);

	while (!err && !stage->job_ended && stage_wait(stage)) {
		for (size_t i = 0; i < lldb->n; i++)
			read_lines(lldb, i);
		stage_traced(stage);
		if (stage->ready || !all_ready(lldb))
			continue;
		stage_ready(stage);
		err = stage_release(stage);
	}
	if (err || !stage->job_ended)
		return err;
	stage_wait_tools(stage, END_GRACE_NS);
	for (size_t i = 0; i < lldb->n; i++) {
		read_lines(lldb, i);
		read_statistics(lldb, i);
	}
	return NULL;
}

/* --- the operations --------------------------------------------------------------- */

/* Parallel loading came with a later version than the oldest that is supported. */
static struct err *check_parallel(const struct scenario *scenario)
{
	const char *const argv[] = { scenario->lldb_path,
				     "--no-lldbinit",
				     "--batch",
				     "-o",
				     "settings show target.parallel-module-load",
				     NULL };
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;
	struct err *err = proc_run(argv, &opts, ASK_LIMIT_NS, &result);
	bool has;

	if (err)
		return err_wrap(err, "cannot ask '%s' for its settings", scenario->lldb_path);
	has = strstr(result.out.text, "target.parallel-module-load (");
	proc_result_deinit(&result);
	if (has)
		return NULL;
	return err_hint(err_new("'lldb.parallel' is set, but '%s' has no setting target.parallel-module-load",
				scenario->lldb_path),
			"leave lldb.parallel out, or set lldb.path to a newer LLDB");
}

/*
 * Versions in which a target's libraries were seen or missed when LLDB is attached before the program's start:
 * 14.0.6 (glibc 2.36) follows the exec, and then learns only of what a library that is loaded needs, not of the
 * library itself; 19.1.7 and 22 (glibc 2.36 and 2.41) know all. None was tried in between.
 */
#define LAST_SEEN_MISSING 14
#define FIRST_SEEN_WHOLE 19

static void warn_of_start(const struct scenario *scenario)
{
	const char *const argv[] = { scenario->lldb_path, "--version", NULL };
	_cleanup_free_ char *version = version_ask(argv);
	long major = lldb_major(version);
	enum acquire acquire;
	_cleanup_err_ struct err *err = acquire_choose(scenario, &acquire); /* whoever runs it tells an error */

	if (err || acquire == ACQUIRE_MPIR_LAUNCH || major >= FIRST_SEEN_WHOLE)
		return;
	progress_warn("%s %s libraries that are loaded later if it is attached before the program's start (%s)",
		      version ? version : "LLDB of an unknown version",
		      major && major <= LAST_SEEN_MISSING ? "misses" : "may miss",
		      "LLDB 14 did, 19 did not; acquire: auto attaches in MPI_Init where the launcher has a process "
		      "table");
}

static struct err *lldb_check(const struct scenario *scenario)
{
	struct err *err;

	if (!scenario->lldb_path)
		return err_new("'lldb.path' is empty");
	err = version_check_program("lldb", scenario->lldb_path, "lldb");
	if (!err)
		warn_of_start(scenario);
	if (!err && scenario->lldb_parallel != LLDB_PARALLEL_DEFAULT)
		err = check_parallel(scenario);
	return err;
}

/* It traces through a server, which stands beside it. */
static struct err *lldb_files(const struct scenario *scenario, struct file_set *set)
{
	_cleanup_free_ char *found = fs_find_program(scenario->lldb_path), *real = NULL;
	_cleanup_free_ char *dir = NULL, *server = NULL;
	struct err *err = toolfiles_add(scenario->lldb_path, set);

	if (!err && found)
		err = fs_realpath(found, &real);
	if (err || !real)
		return err;
	dir = fs_dirname(real);
	server = fs_join(dir, "lldb-server");
	return toolfiles_add(server, set);
}

static struct err *lldb_run(const struct tool_request *request, struct trial *trial)
{
	const char *const version[] = { request->scenario->lldb_path, "--version", NULL };
	struct lldb lldb = { .reports = json_array() };
	struct err *err, *end_err;
	json_t *report;

	trial->tool_version = version_ask(version);
	err = stage_begin(request, NULL, trial, &lldb.stage);
	if (!err) {
		trial_counts(trial, COUNTS_BREAKPOINTS | (request->manifest ? COUNTS_TARGET : 0));
		trial_add_breakpoints(trial, request->breakpoints, request->n_breakpoints);
		err = follow(&lldb);
	}
	end_err = stage_end(&lldb.stage, END_GRACE_NS);
	for (size_t i = 0; i < lldb.n; i++)
		strbuf_deinit(&lldb.tasks[i].statistics);
	free(lldb.tasks);
	free(lldb.before);
	free(lldb.after);
	report = json_pack("{s:o}", "statistics", lldb.reports);
	trial->tool_report = json_dumps(report, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(report);
	if (!err)
		return end_err;
	err_free(end_err);
	return err;
}

const struct tool_ops tool_lldb = {
	.name = "lldb",
	.help = "LLDB in batch mode, one for each task",
	.check = lldb_check,
	.run = lldb_run,
	.files = lldb_files,
};
