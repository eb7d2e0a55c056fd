/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tool under test: whatever brings a job's tasks through start-up and says what
 * it saw. Our own ptrace engine ("native"), made-up events ("null"), real
 * debuggers and described tools are equal implementations; everything downstream sees the trial only.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"
#include "job/pagecache.h"
#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"
#include "measure/trial.h"

struct tool_request {
	const struct scenario *scenario;
	const struct manifest *manifest;    /* NULL for a command */
	const struct job_plan *plan;
	char **breakpoints;                 /* names of functions, scenario's number of them */
	size_t n_breakpoints;
	const volatile bool *stop;          /* becomes true at Ctrl-C */
	const char *home;                   /* of tools with a process of their own: HOME and caches, kept between
					       trials of a variant but removed before each cold one; may not exist */
};

struct tool_ops {
	const char *name;
	const char *help; /* one line */
	/*
	 * One execution of the job under the tool, from launch to the end of the last
	 * task. Fills the trial (tasks, events, breakpoints, phases that the tool sees);
	 * the caller reads the marks and checks the counts. On an error, a time limit or
	 * an interrupt nothing of the job is left; what was measured stays in the trial.
	 * NULL for the tool "none": only untraced runs are made.
	 */
	struct err *(*run)(const struct tool_request *request, struct trial *trial);
	/* What can be known before anything is started: settings that the tool has not, or a tool that is not
	 * here (EXIT_SKIPPED). NULL: nothing. */
	struct err *(*check)(const struct scenario *scenario);
	/* The untraced run of the same job, from a tool that makes trials up whole and starts no
	 * job. NULL: job_run_untraced. */
	struct err *(*run_baseline)(const struct tool_request *request, struct trial *trial);
	/* Adds the files of the tool's own programs, for runs that begin cold. NULL: it has none. */
	struct err *(*files)(const struct scenario *scenario, struct file_set *set);
};

extern const struct tool_ops tool_native, tool_null, tool_command, tool_gdb, tool_lldb;

/* The i-th tool with a name of its own; NULL behind the last. */
const struct tool_ops *tool_at(size_t i);

/* By name, or tool_command for that of a template (tool/process/description.h); an unknown one is an error that
 * lists the known ones. */
MUST_CHECK struct err *tool_find(const char *name, const struct tool_ops **ret);

#endif
