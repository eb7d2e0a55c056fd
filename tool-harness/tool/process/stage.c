/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stage of a trial with outside tools: phases, the common loop's wait, and the judgement of
 * tools that do not come to a good end. Knows no tool: adapters say what is said to them.
 *
 * Invariant: when stage_end returns, no tool and no process of the job is left. Tools are ended
 * before tasks, since a task that its tracer holds cannot be reaped by its launcher.
 */
#include "tool/process/stage.h"

#include <ctype.h>
#include <fts.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "job/acquire/acquire.h"
#include "job/ends/ends.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "measure/failure.h"

#define READY_SLEEP_NS NS_PER_MS /* TracerPid cannot be waited for */
#define TERM_GRACE_NS NS_PER_S
#define FAILED_GRACE_NS NS_PER_S /* for a tool to end, or to crash, after a job that failed */
#define JOB_GRACE_NS (3 * NS_PER_S)
#define QUOTE_BYTES 200

/* --- begin ------------------------------------------------------------------------ */

static uint64_t folder_bytes(const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *tree = fs_exists(path) ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	uint64_t bytes = 0;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			bytes += entry->fts_statp->st_size;
	if (tree)
		fts_close(tree);
	return bytes;
}

struct err *stage_begin(const struct tool_request *request, const char *const *wrap, struct trial *trial,
			struct stage *ret)
{
	struct job_plan plan = *request->plan;
	struct stage stage = {
		.request = request,
		.trial = trial,
		.deadline_ns = clock_now_ns() + request->scenario->time_limit_ns,
	};
	struct err *err;

	*ret = stage;
	plan.wrap = wrap;
	trial->tool_home_bytes = folder_bytes(request->home);
	trial->traps_written = -1;
	err = outside_set_init(plan.dir, request->home, &stage.tools);
	if (err)
		return err;
	err = job_acquire(&plan, stage.deadline_ns, request->stop, &stage.job);
	if (!err) {
		trial->acquire = mem_strdup(acquire_get(plan.acquire)->name);
		job_fill_trial(stage.job, trial);
		trial->phases.found_ns = clock_now_ns();
	} else {
		trial->timed_out = err_status(err) == EXIT_TIMED_OUT;
		trial->interrupted = err_status(err) == EXIT_INTERRUPTED;
	}
	*ret = stage;
	return err;
}

/* --- phases ----------------------------------------------------------------------- */

/* Its tracer's pid; 0: none; -1: it has ended. */
static pid_t tracer_of(const struct job *job, size_t i)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/status", (int)job->tasks[i].pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = job_task_ended(job, i) ? NULL : fs_read(path, &text);
	const char *line = err ? NULL : strstr(text.text, "\nTracerPid:");

	return line ? atoi(line + strlen("\nTracerPid:")) : -1;
}

bool stage_traced(struct stage *stage)
{
	if (stage->trial->phases.acquired_ns)
		return true;
	for (size_t i = 0; i < stage->job->n_tasks; i++)
		if (!tracer_of(stage->job, i))
			return false;
	stage->trial->phases.acquired_ns = clock_now_ns();
	return true;
}

void stage_ready(struct stage *stage)
{
	struct trial_phases *phases = &stage->trial->phases;

	phases->planted_ns = clock_now_ns();
	outside_set_note_children(&stage->tools);
	if (!phases->acquired_ns)
		phases->acquired_ns = phases->planted_ns;
	stage->ready = true;
}

struct err *stage_release(struct stage *stage)
{
	struct trial *trial = stage->trial;
	struct err *err = NULL;

	for (size_t i = 0; !err && i < stage->job->n_tasks; i++) {
		if (stage->job->tasks[i].at != TASK_AT_EXEC)
			continue;
		if (job_lost(stage->job, i)) {
			stage_judge(stage, VERDICT_FAILED, NULL, "rank %d was killed while the tool %s had it",
				    trial->tasks[i].rank, trial->tool);
			return NULL;
		}
		trial->tasks[i].exec_ns = clock_now_ns();
		err = job_release(stage->job, i);
	}
	if (!err)
		err = job_release_launcher(stage->job);
	trial->phases.continued_ns = clock_now_ns();
	return err;
}

/* --- waiting and judging ---------------------------------------------------------- */

void stage_judge(struct stage *stage, enum tool_verdict verdict, const struct outside *about, const char *fmt,
		 ...)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	va_list ap;

	if (stage->trial->tool_verdict != VERDICT_NONE)
		return;
	stage->trial->tool_verdict = verdict;
	if (about)
		stage->about = mem_strdup(outside_transcript(about));
	if (verdict == VERDICT_OK)
		return;
	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (about)
		strbuf_printf(&text, " (transcript: %s)", stage->about);
	trial_contradict(stage->trial, "%s", text.text);
}

static bool tasks_left_behind(const struct stage *stage)
{
	for (size_t i = 0; i < stage->job->n_tasks; i++)
		if (!tracer_of(stage->job, i))
			return true;
	return false;
}

/* SIGKILL and SIGTRAP may be a tool's doing. */
bool stage_job_failed(struct stage *stage)
{
	const struct trial_failure *failure = &stage->trial->failure;

	ends_tell(stage->job, stage->trial);
	if (failure->who != FAILURE_TASK || failure_code(failure->status) == stage->request->scenario->expect_status)
		return false;
	return !WIFSIGNALED(failure->status) ||
	       (WTERMSIG(failure->status) != SIGKILL && WTERMSIG(failure->status) != SIGTRAP);
}

static void judge_ended(struct stage *stage, const struct outside *o)
{
	const char *name = stage->trial->tool, *label = outside_label(o);
	int status = outside_status(o);
	bool good = WIFEXITED(status) && (!status || WEXITSTATUS(status) == stage->ok_status);
	_cleanup_free_ char *how = proc_status_text(status), *words = outside_tail(o, QUOTE_BYTES);

	if (WIFSIGNALED(status))
		stage_judge(stage, VERDICT_CRASHED, o, "the tool %s (%s) %s; its last words: '%s'", name,
			    label, how, words);
	else if (stage_job_failed(stage))
		return; /* a debugger without its task ends, or with its task's status */
	else if (!good)
		stage_judge(stage, VERDICT_FAILED, o, "the tool %s (%s) %s; its last words: '%s'", name,
			    label, how, words);
	else if (!stage->may_leave && !stage->ready)
		stage_judge(stage, VERDICT_LEFT, o,
			    "the tool %s (%s) ended before it was ready; its last words: '%s'", name, label,
			    words);
	else if (!stage->may_leave && !stage->job_ended && tasks_left_behind(stage))
		stage_judge(stage, VERDICT_LEFT, o,
			    "the tool %s (%s) ended before its tasks; its last words: '%s'", name, label,
			    words);
}

static void judge_running(struct stage *stage)
{
	for (size_t i = 0; i < stage->tools.n; i++) {
		const struct outside *o = stage->tools.v[i];

		if (outside_flooded(o))
			stage_judge(stage, VERDICT_RUBBISH, o, "the tool %s (%s) prints without end",
				    stage->trial->tool, outside_label(o));
		else if (outside_ended(o))
			judge_ended(stage, o);
	}
}

static void notice_ended(struct stage *stage)
{
	if (!stage->job_ended && ends_read(stage->job)) {
		stage->job_ended = true;
		stage->trial->phases.ended_ns = clock_now_ns();
	}
}

bool stage_wait(struct stage *stage)
{
	struct trial *trial = stage->trial;
	struct pollfd ends = { .fd = stage->job->ends_fd, .events = POLLIN };
	int64_t until_ns = stage->deadline_ns;

	if (!trial->phases.continued_ns || !trial->phases.acquired_ns)
		until_ns = clock_now_ns() + READY_SLEEP_NS;
	outside_set_wait(&stage->tools, &ends, 1, until_ns);
	notice_ended(stage);
	judge_running(stage);
	if (trial->tool_verdict > VERDICT_OK)
		return false;
	if (*stage->request->stop)
		trial->interrupted = true;
	else if (clock_now_ns() >= stage->deadline_ns)
		trial->timed_out = true;
	return !trial->interrupted && !trial->timed_out;
}

/* "Continue? ", "(y or n) ", "[Y/n]", "Password: ": words of a tool that wait for an answer. */
static bool is_question(const char *text)
{
	static const char *const ends[] = { "?", "y or n", "y/n", "yes or no", "yes/no", "password" };
	size_t len = strlen(text);

	while (len && strchr(" \t\r\n)]:", text[len - 1]))
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len >= strlen(ends[i]) && !strncasecmp(text + len - strlen(ends[i]), ends[i], strlen(ends[i])))
			return true;
	return false;
}

/* It may have ended the line of its question, and wait in the next one. */
static const char *last_words(const struct outside *o, const char *tail)
{
	const char *unfinished = outside_unfinished(o), *bar = strrchr(tail, '|');

	if (*unfinished)
		return unfinished;
	return bar && bar[1] == ' ' ? bar + 2 : tail;
}

/* Of tools that should have ended, or been ready, by now. */
static void judge_hanging(struct stage *stage, const char *when)
{
	const char *name = stage->trial->tool;

	for (size_t i = 0; i < stage->tools.n; i++) {
		const struct outside *o = stage->tools.v[i];
		_cleanup_free_ char *words = outside_tail(o, QUOTE_BYTES);

		if (outside_ended(o))
			continue;
		if (is_question(last_words(o, words)))
			stage_judge(stage, VERDICT_ASKED, o, "the tool %s (%s) waits %s for an answer: '%s'",
				    name, outside_label(o), when, last_words(o, words));
		else if (!stage->ready && outside_binary(o))
			stage_judge(stage, VERDICT_RUBBISH, o,
				    "the tool %s (%s) was not ready %s, and has printed what is no text",
				    name, outside_label(o), when);
		else
			stage_judge(stage, VERDICT_HUNG, o,
				    "the tool %s (%s) had not ended %s; its last words: '%s'", name,
				    outside_label(o), when, words);
	}
}

/* --- the end ---------------------------------------------------------------------- */

void stage_wait_tools(struct stage *stage, int64_t grace_ns)
{
	int64_t until_ns = clock_now_ns() + grace_ns;

	while (!outside_set_ended(&stage->tools) && clock_now_ns() < until_ns && !*stage->request->stop)
		outside_set_wait(&stage->tools, NULL, 0, until_ns);
	judge_running(stage);
	if (!*stage->request->stop && !stage_job_failed(stage))
		judge_hanging(stage, "after the job's end");
}

static void judge_all(struct stage *stage, int64_t grace_ns)
{
	struct trial *trial = stage->trial;
	_cleanup_free_ char *limit = conf_duration_text(stage->request->scenario->time_limit_ns);
	_cleanup_free_ char *when = mem_printf("at the time limit of %s", limit);

	if (stage->job_ended)
		stage_wait_tools(stage, stage_job_failed(stage) ? FAILED_GRACE_NS : grace_ns);
	else if (trial->timed_out)
		judge_hanging(stage, when);
	if (!trial->interrupted && stage->job_ended && !stage_job_failed(stage))
		stage_judge(stage, VERDICT_OK, NULL, "%s", "");
	else if (trial->timed_out)
		stage_judge(stage, VERDICT_HUNG, NULL, "the job under the tool %s had not ended %s",
			    trial->tool, when);
}

struct err *stage_end(struct stage *stage, int64_t grace_ns)
{
	struct trial *trial = stage->trial;
	struct err *err = NULL;

	if (stage->job) {
		ends_tell(stage->job, trial); /* before the tools' end may be that of tasks */
		judge_all(stage, grace_ns);
	}
	outside_set_end(&stage->tools, TERM_GRACE_NS, trial);
	if (stage->job) {
		if (stage->job_ended)
			ends_tell(stage->job, trial); /* a tool may have hidden statuses until its end */
		err = job_exec_errors(stage->job);
		job_end(stage->job, JOB_GRACE_NS);
		if (!trial->phases.ended_ns)
			trial->phases.ended_ns = clock_now_ns();
	}
	if (!stage->about && stage->tools.n)
		stage->about = mem_strdup(outside_transcript(stage->tools.v[0]));
	outside_set_deinit(&stage->tools, trial->tool_verdict != VERDICT_OK);
	if (stage->about && fs_exists(stage->about))
		trial->transcript = no_free_ptr(stage->about);
	free(stage->about);
	job_destroy(stage->job);
	*stage = (struct stage){ 0 };
	return err;
}
