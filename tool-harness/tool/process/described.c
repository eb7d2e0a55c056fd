/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tool "command": any tool that a template describes. It is started, waited for until it is
 * ready, told to go on and to end; all else that is known of the trial comes from the target's
 * marks and from /proc, so that a closed tool needs no cooperation. Answers no questions.
 *
 * Invariant: whatever the tool does, the trial ends within the time limit with a verdict.
 */
#include <signal.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/process/stage.h"
#include "tool/process/description.h"
#include "tool/process/files.h"
#include "tool/process/version.h"

#define END_GRACE_NS (10 * NS_PER_S)

struct command {
	struct template template;
	struct stage stage;
	struct template_values values; /* common to all processes */
	pid_t *pids;
	char *proctable;
	struct process {
		struct outside *outside;
		struct template_values values;
		char *ready_file;
		bool ready;
	} * processes;
	size_t n;
};

/* --- start ------------------------------------------------------------------------ */

/* In the format of 'attachstorm attach --list'. */
static struct err *write_proctable(struct command *c)
{
	const struct job *job = c->stage.job;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < job->n_tasks; i++)
		strbuf_printf(&text, "%d %s %d\n", job->tasks[i].rank, job->tasks[i].host,
			      (int)job->tasks[i].pid);
	c->proctable = fs_join(c->stage.tools.dir, "proctable.txt");
	return fs_publish(c->proctable, text.text, text.len);
}

static struct err *start_process(struct command *c, const struct job_task *task)
{
	const struct scenario *scenario = c->stage.request->scenario;
	struct process *p = &c->processes[c->n++];
	_cleanup_free_ char *label = task ? mem_printf("rank%d", task->rank) : mem_strdup("job");
	_cleanup_strbuf_ struct strbuf file = STRBUF_INIT;
	struct outside_opts opts = { .name = c->template.name,
				     .label = label,
				     .merge_stderr = true,
				     .count_ptrace = scenario->tools_count_ptrace };
	char **argv;
	struct err *err;

	p->values = c->values;
	p->values.pid = task ? task->pid : 0;
	p->values.rank = task ? task->rank : 0;
	if (c->template.ready_file) {
		template_expand(c->template.ready_file, &p->values, &file);
		p->ready_file = strbuf_steal(&file);
	}
	argv = template_argv(&c->template.argv, &p->values);
	opts.argv = (const char *const *)argv;
	err = outside_start(&c->stage.tools, &opts, &p->outside);
	template_argv_free(argv);
	return err;
}

static struct err *start_processes(struct command *c)
{
	const struct job *job = c->stage.job;
	struct err *err = NULL;

	c->processes = mem_calloc(job->n_tasks + 1, sizeof(*c->processes));
	if (c->template.processes == PROCESS_PER_JOB)
		return start_process(c, NULL);
	for (size_t i = 0; !err && i < job->n_tasks; i++)
		err = start_process(c, &job->tasks[i]);
	return err;
}

/* What is known once the tasks are. */
static struct err *fill_values(struct command *c)
{
	const struct job *job = c->stage.job;

	c->pids = mem_calloc(job->n_tasks + 1, sizeof(*c->pids));
	for (size_t i = 0; i < job->n_tasks; i++)
		c->pids[i] = job->tasks[i].pid;
	c->values.pids = c->pids;
	c->values.n_pids = job->n_tasks;
	c->values.launcher_pid = job->launcher_pid;
	if (write_proctable(c))
		return err_new("cannot write the list of tasks into '%s'", c->stage.tools.dir);
	c->values.proctable = c->proctable;
	return NULL;
}

/* --- talk ------------------------------------------------------------------------- */

static void read_lines(struct command *c)
{
	const char *text = c->template.ready_text;

	for (size_t i = 0; i < c->n; i++) {
		struct process *p = &c->processes[i];
		const char *line;

		while ((line = outside_line(p->outside)))
			p->ready |= text && strstr(line, text);
		p->ready |= text && strstr(outside_unfinished(p->outside), text);
	}
}

static bool all_ready(struct command *c)
{
	bool traced = stage_traced(&c->stage), all = true;

	if (c->template.ready == READY_TRACED)
		return traced;
	for (size_t i = 0; i < c->n; i++) {
		struct process *p = &c->processes[i];

		if (c->template.ready == READY_FILE)
			p->ready |= fs_exists(p->ready_file);
		else if (c->template.ready == READY_EXIT)
			p->ready = outside_ended(p->outside);
		all &= p->ready;
	}
	return all;
}

static void say(struct command *c, const char *text)
{
	for (size_t i = 0; text && i < c->n; i++) {
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

		template_expand(text, &c->processes[i].values, &line);
		outside_send(c->processes[i].outside, "%s\n", line.text);
	}
}

static void end_tools(struct command *c)
{
	int signal = template_end_signal(&c->template);

	say(c, c->template.end);
	for (size_t i = 0; signal && i < c->n; i++)
		if (!outside_ended(c->processes[i].outside))
			kill(outside_pid(c->processes[i].outside), signal);
}

static struct err *follow(struct command *c)
{
	struct stage *stage = &c->stage;
	bool running = c->template.form == FORM_RUNNING;
	struct err *err = running ? stage_release(stage) : NULL;

	if (!err && c->template.form != FORM_WRAP)
		err = start_processes(c);
	while (!err && !stage->job_ended && stage_wait(stage)) {
		read_lines(c);
		if (stage->ready || !all_ready(c))
			continue;
		stage_ready(stage);
		say(c, c->template.go);
		err = running ? NULL : stage_release(stage);
	}
	if (!err && stage->job_ended) {
		if (!stage->ready)
			stage_judge(stage, VERDICT_LATE, c->n ? c->processes[0].outside : NULL,
				    "the job was over before the tool %s was ready", c->template.name);
		end_tools(c);
	}
	return err;
}

/* --- the operations --------------------------------------------------------------- */

static struct err *read_template(const struct scenario *scenario, struct template *ret)
{
	_cleanup_free_ char *path = template_find(scenario->tool);

	if (!path)
		return err_new("no such tool: '%s'", scenario->tool);
	return template_read(path, ret);
}

static struct err *command_check(const struct scenario *scenario)
{
	struct template t;
	struct err *err = read_template(scenario, &t);

	if (err)
		return err;
	if (scenario->breakpoints_count)
		err = err_hint(
			err_new("breakpoints are asked for, but the tool '%s' is a template, which has none",
				t.name),
			"use native, gdb or lldb, or set breakpoints.count to 0");
	else if (t.form == FORM_WRAP && (scenario->acquire == ACQUIRE_MPIR_LAUNCH || scenario->acquire == ACQUIRE_AUTO))
		err = err_hint(err_new("'acquire' is %s, but the tool '%s' starts the tasks itself",
				       scenario_chosen(scenario, "acquire"), t.name),
			       "set acquire to shim");
	else if (t.form == FORM_WRAP && scenario->tools_count_ptrace)
		err = err_new("'tools.count_ptrace' is on, but the tool '%s' is the launcher's child",
			      t.name);
	else
		err = version_check_template(&t);
	if (!err && !t.tried)
		progress_warn("the description of the tool %s was never tried with the tool", t.name);
	template_deinit(&t);
	return err;
}

static struct err *command_files(const struct scenario *scenario, struct file_set *set)
{
	struct template t;
	struct err *err = read_template(scenario, &t);

	if (err)
		return err;
	err = toolfiles_add(t.argv.strings[0], set);
	for (size_t i = 0; !err && i < t.programs.n; i++)
		err = toolfiles_add(t.programs.strings[i], set);
	template_deinit(&t);
	return err;
}

static struct err *command_run(const struct tool_request *request, struct trial *trial)
{
	struct command c = { 0 };
	char **wrap = NULL, **version;
	struct err *err = read_template(request->scenario, &c.template), *end_err;

	if (err)
		return err;
	c.values.exe = request->plan->argv[0];
	c.values.args = request->plan->argv + 1;
	c.values.dir = request->plan->dir;
	free(trial->tool);
	trial->tool = mem_strdup(c.template.name);
	trial->tool_untried = !c.template.tried;
	version = template_argv(&c.template.version, &c.values);
	trial->tool_version = version[0] ? version_ask((const char *const *)version) : NULL;
	if (c.template.form == FORM_WRAP)
		wrap = template_argv(&c.template.argv, &c.values);
	if (wrap)
		trial->tool_report = mem_strdup("{\"usage\": \"not known: the tool is the launcher's child\"}");
	err = stage_begin(request, (const char *const *)wrap, trial, &c.stage);
	c.stage.may_leave = c.template.may_leave || c.template.ready == READY_EXIT;
	c.stage.ok_status = (int)c.template.ok_status;
	if (!err)
		err = fill_values(&c);
	if (!err)
		err = follow(&c);
	end_err = stage_end(&c.stage, END_GRACE_NS);
	for (size_t i = 0; i < c.n; i++)
		free(c.processes[i].ready_file);
	free(c.processes);
	free(c.pids);
	free(c.proctable);
	template_argv_free(wrap);
	template_argv_free(version);
	template_deinit(&c.template);
	if (!err)
		return end_err;
	err_free(end_err);
	return err;
}

const struct tool_ops tool_command = {
	.name = "command",
	.help = "any tool that a file scenarios/tools/NAME.yaml describes, by NAME or path",
	.check = command_check,
	.files = command_files,
	.run = command_run,
};
