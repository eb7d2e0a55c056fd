/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trial under outside tools: where the job and the tools' processes meet. Brings the job
 * up with its tasks waiting in the shim, tells when they are traced, lets them go, follows
 * them to their end, and clears up. What the tools are told is the adapter's (command, gdb,
 * lldb). Phases are noted here, the same for all tools; marks are read by the caller of run().
 *
 *   stage_begin        launch, found               tasks wait in their shims
 *   outside_start ...  the adapter starts its tools in stage.tools; they attach
 *   stage_traced       acquired                    every task has a tracer
 *   stage_ready        planted                     every tool has said that it is ready: phase 1 ends
 *   stage_release      continued                   the shims exec, the tools follow
 *   stage_wait ...     until stage.job_ended       phase 2, visit, ...
 *   stage_end          ended                       nothing is left
 *
 * The adapter's loop is `while (!stage.job_ended && stage_wait(&stage)) { lines of its tools }`.
 */
#ifndef TOOL_PROCESS_STAGE_H
#define TOOL_PROCESS_STAGE_H

#include "tool/process/process.h"
#include "tool/tool.h"

struct stage {
	const struct tool_request *request;
	struct trial *trial;
	struct job *job;
	struct outside_set tools;
	int64_t deadline_ns;        /* absolute: the scenario's time limit */
	bool may_leave;             /* set by the adapter: its tools may end well before the tasks do */
	int ok_status;              /* likewise: an exit status that is as good as 0 */
	bool ready, job_ended;      /* set here: phase 1 is over; all tasks and the launcher have ended */
	/* private */
	char *about;                /* transcript that the verdict is about */
};

/*
 * Launches the job (job_acquire) and fills trial->tasks, found_ns and tool_home_bytes; the tools' home is
 * request->home. wrap: words before each task's command line, NULL-terminated, or NULL. On an
 * error nothing is left; stage_end is fine in any case.
 */
MUST_CHECK struct err *stage_begin(const struct tool_request *request, const char *const *wrap, struct trial *trial,
				   struct stage *ret);

/* True once each task has a tracer (TracerPid in /proc/PID/status, proc(5)), or has ended; notes acquired_ns
 * then. Costs a read per task: ask it once a turn of the loop until it is true. */
bool stage_traced(struct stage *stage);

/* Notes planted_ns, and acquired_ns if no tracer was seen before: the end of phase 1. */
void stage_ready(struct stage *stage);

/* Lets all shims exec (exec_ns of each task), or the launcher that holds the tasks in MPI_Init go on, and notes
 * continued_ns. Once. */
MUST_CHECK struct err *stage_release(struct stage *stage);

/*
 * Waits for news of any tool or of the job, at most 100 ms (1 ms before all is ready and released).
 * False when the trial must end now: the time limit (trial->timed_out), an interrupt
 * (trial->interrupted), or a verdict: a tool was killed by a signal, exited with another status than 0,
 * has left its tasks, or printed without end.
 */
bool stage_wait(struct stage *stage);

/*
 * The adapter's own judgement of a tool (or of all: NULL); the sentence becomes a contradiction, unless the
 * verdict is ok. The first judgement counts; stage_wait is false from then on, if it is not ok.
 */
void stage_judge(struct stage *stage, enum tool_verdict verdict, const struct outside *about, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* A task has failed by itself, against the scenario's expect_status: no tool is to blame for what it did then. */
bool stage_job_failed(struct stage *stage);

/* With the job over: waits until all tools have ended by themselves, and judges those that have not
 * within grace_ns. What they have printed can be read by lines then. */
void stage_wait_tools(struct stage *stage, int64_t grace_ns);

/*
 * Judges and clears up. With the job over, tools that run still get grace_ns to end by themselves. Then the tools
 * are ended, then the job. Fills usage, ended_ns, exit statuses and launcher_status. A trial without a
 * verdict gets one:
 *   asked    at the time limit, or past the grace, its last unfinished line is a question
 *   rubbish  likewise, it was not ready, and has printed what is no text
 *   hung     likewise, for any other reason; the sentence quotes its last words
 *   ok
 * An interrupted trial keeps none, nor does one whose job failed by itself, unless the tool crashed or was judged
 * before: it is not to blame. Transcripts stay if the verdict is not ok or they are small;
 * trial->transcript names the one that the verdict is about, else the first. Returns why a task's
 * program could not be started, which the shim tells.
 */
MUST_CHECK struct err *stage_end(struct stage *stage, int64_t grace_ns);

#endif
