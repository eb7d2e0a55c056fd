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
 *   stage_wait ...     until stage_over            phase 2, visit, ...
 *   stage_end          ended                       nothing is left
 *
 * The adapter's loop is `while (stage_wait(&stage)) { read lines, look at stage.job_ended }`.
 */
#ifndef TOOL_STAGE_H
#define TOOL_STAGE_H

#include "tool/outside.h"
#include "tool/tool.h"

struct stage {
	const struct tool_request *request;
	struct trial *trial;
	struct job *job;
	struct outside_set tools;
	int64_t deadline_ns;        /* absolute: the scenario's time limit */
	struct pollfd *watched;     /* tasks, then the launcher */
	size_t n_watched;           /* 0: none is left */
	bool job_ended;             /* all tasks and the launcher have ended */
};

/*
 * Launches the job (job_acquire) and fills trial->tasks and found_ns. On an error nothing is
 * left, and the trial has no tasks if none was started; stage_end is fine in any case.
 * The tools' home is request->home; trial->tool_home_bytes is what is in it now.
 */
MUST_CHECK struct err *stage_begin(const struct tool_request *request, struct trial *trial, struct stage *ret);

/* True once each task has a tracer (TracerPid in /proc/PID/status, proc(5)), or has ended; notes acquired_ns
 * then. Costs a read per task: ask it once a turn of the loop until it is true. */
bool stage_traced(struct stage *stage);

/* Notes planted_ns, and acquired_ns if no tracer was seen before: the end of phase 1. */
void stage_ready(struct stage *stage);

/* Lets all shims exec (exec_ns of each task) and notes continued_ns. Once. */
MUST_CHECK struct err *stage_release(struct stage *stage);

/*
 * Waits for news of any tool or of the job, at most 100 ms. False when the trial must end
 * before its time: time limit (trial->timed_out) or interrupt (trial->interrupted).
 */
bool stage_wait(struct stage *stage);

/* Fails if a shim could not exec, which it tells in its own words. */
MUST_CHECK struct err *stage_check_exec(struct stage *stage);

/*
 * Judges and clears up. Tools that have not ended get `grace_ns` to end by themselves if the
 * job is over; then they are ended, then the job. Fills usage, ended_ns, exit statuses and
 * launcher_status. If trial->tool_verdict is still VERDICT_NONE it becomes, with a sentence in
 * trial->contradictions unless ok:
 *   crashed  a tool was killed by a signal
 *   failed   a tool exited with a status other than 0
 *   rubbish  a tool has printed without end, or what is no text, and was not ready
 *   asked    at the time limit its last, unfinished line is a question
 *   hung     it did not come to its end in time
 *   ok
 * A trial that was interrupted has no verdict. Transcripts are kept if the verdict is not ok, or if
 * they are small; trial->transcript names the one that the verdict is about, else the first.
 */
void stage_end(struct stage *stage, int64_t grace_ns);

/* The adapter's own judgement, before stage_end: the sentence is the contradiction, `about` the tool. The first counts. */
void stage_verdict(struct stage *stage, enum tool_verdict verdict, const struct outside *about, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
