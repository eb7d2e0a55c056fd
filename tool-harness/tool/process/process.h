/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tool that is a process of its own: started with a home folder of its own, talked to
 * through its standard input and output, ended and reaped, and what it used counted. All
 * tools of a trial stand in one set, which is waited for as one; the job's side is in
 * tool/process/stage.h.
 *
 * States: running (ended false) -> ended (its status is known, what it had printed is read;
 * it is not reaped before outside_set_end, so that /proc still tells what it used).
 * Nothing here traces or waits for any process but its own children by their pids.
 *
 * SIGPIPE must be ignored, as main does: a tool that has gone does not read.
 */
#ifndef TOOL_PROCESS_PROCESS_H
#define TOOL_PROCESS_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "measure/trial.h"

struct outside; /* one tool process */

struct outside_opts {
	const char *const *argv;  /* NULL-terminated; the program is found in PATH */
	const char *name;         /* of the tool, for messages: "gdb" */
	const char *label;        /* of this process, unique in the set: "rank3", "all" */
	const char *const *env;   /* more environment, "NAME=value", NULL-terminated; or NULL */
	bool merge_stderr;        /* its standard error comes as lines, too; else only into the transcript */
	bool count_ptrace;        /* run it under strace -c, which counts its ptrace calls and slows it */
	bool count_children;      /* and those of its own children: lldb traces through lldb-server */
};

/* All tool processes of one trial. */
struct outside_set {
	struct outside **v;
	size_t n, cap;
	char *dir;   /* raw files of the trial: tool.LABEL.txt is each one's transcript */
	char *home;  /* HOME and caches of all of them */
	pid_t *children; /* started by the tools, as far as seen; private */
	size_t n_children, cap_children;
	char *mark;  /* "NAME=value" in the environment of all that they start, by which leftovers are found */
};

/* dir must exist; home is made. Both are copied. */
MUST_CHECK struct err *outside_set_init(const char *dir, const char *home, struct outside_set *ret);

/*
 * Starts one. In its environment: HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME and XDG_DATA_HOME
 * in the set's home, DEBUGINFOD_URLS empty, TERM=dumb, LC_ALL=C.UTF-8, PAGER=cat. It dies with us
 * (PDEATHSIG) and has a process group of its own. A program that is not there is an error with
 * EXIT_SKIPPED; the hint is the caller's. The pointer is the set's.
 */
MUST_CHECK struct err *outside_start(struct outside_set *set, const struct outside_opts *opts, struct outside **ret);

/* --- talking ---------------------------------------------------------------------- */

/* Queues text for its standard input, written as it takes it by outside_set_wait. Never blocks; the
 * caller adds the newline. Into the transcript behind "<< ". */
void outside_send(struct outside *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Ends its standard input once all is written. */
void outside_close_input(struct outside *o);

/*
 * The next line that it has printed, without its end, or NULL: none yet. Good until the next
 * call for this process. A line longer than 16 MiB, or more lines than that unread, makes it
 * `flooded`, and no more is read. Once it has ended an unfinished line counts as a line.
 */
const char *outside_line(struct outside *o);

/* What stands behind the last newline, unread by outside_line: perhaps a prompt. "" if nothing. */
const char *outside_unfinished(const struct outside *o);

bool outside_ended(const struct outside *o);
int outside_status(const struct outside *o);        /* as from waitpid(2); once it has ended */
bool outside_flooded(const struct outside *o);
bool outside_binary(const struct outside *o);       /* it has printed bytes that are no UTF-8 text */
pid_t outside_pid(const struct outside *o);         /* of the tool, or of the strace around it */
const char *outside_label(const struct outside *o);
const char *outside_transcript(const struct outside *o); /* path */

/* The last lines that it has printed, joined by " | ", at most `max` bytes: for messages; heap, caller frees. */
char *outside_tail(const struct outside *o, size_t max);

/*
 * Sleeps until a tool has printed something, taken input or ended, one of the n other
 * descriptors has something (revents is set), or until_ns (absolute) has come. True if
 * something happened. At most 100 ms at once, so that a caller can look at flags.
 */
bool outside_set_wait(struct outside_set *set, struct pollfd *others, size_t n, int64_t until_ns);

/*
 * Notes what the tools have started until now, so that what it used is counted even if its tool does not wait for it.
 * Until outside_set_end orphans become our children (PR_SET_CHILD_SUBREAPER, prctl(2)).
 */
void outside_set_note_children(struct outside_set *set);

bool outside_set_ended(const struct outside_set *set); /* all of them */

/* --- the end ---------------------------------------------------------------------- */

/*
 * Ends those that are left: SIGTERM to their groups, after grace_ns (0: at once) SIGKILL, and to
 * whatever they have started and left behind. Reaps. Fills the trial's tracer_cpu_ns,
 * tracer_peak_rss_bytes (sum over tools of each one's peak, or that of its largest child), bytes_read
 * (rchar of /proc/PID/io, see proc(5): all that was read by read(2) and its kind, not by mmap)
 * and ptrace_calls, -1 where not known. Children count where the tool has waited for them, or where
 * they were noted. Once.
 */
void outside_set_end(struct outside_set *set, int64_t grace_ns, struct trial *trial);

/* Frees; nothing may run any more. keep_transcripts: else those above 64 KiB are removed. */
void outside_set_deinit(struct outside_set *set, bool keep_transcripts);

#endif
