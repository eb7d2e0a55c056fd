/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Child processes: the only place in lib/ that forks. Two ways: proc_spawn for a
 * child that somebody else waits for (the tracer owns wait4(-1)), proc_run for a
 * short command whose output is wanted. proc_run waits for its own pid only.
 */
#ifndef LIB_PROC_H
#define LIB_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/strbuf.h"

struct proc_opts {
	const char *const *env_set; /* "NAME=value" entries added or replaced; NULL-terminated, or NULL */
	const char *cwd;            /* NULL: unchanged */
	int stdin_fd;               /* -1: /dev/null */
	int stdout_fd;              /* -1: inherited */
	int stderr_fd;              /* -1: inherited */
	int death_signal;           /* sent to the child when we die (prctl PR_SET_PDEATHSIG); 0: none */
	bool new_group;             /* own process group, so that Ctrl-C reaches only us */
};
#define PROC_OPTS_INIT { .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 }

/*
 * Starts argv (NULL-terminated, found in PATH). The child has the limit of open files, the blocked
 * and the ignored signals that this program was started with, whatever it has changed for itself
 * since. A program that is missing or not executable is an error here, not an exit status later.
 */
MUST_CHECK struct err *proc_spawn(const char *const *argv, const struct proc_opts *opts, pid_t *ret);

struct proc_result {
	int status;         /* as from waitpid(2) */
	struct strbuf out;  /* standard output */
	struct strbuf err;  /* standard error */
};

/*
 * Runs argv to its end and collects its output. Past deadline_ns (a duration; 0:
 * none) it is killed and the error's status is EXIT_TIMED_OUT. A non-zero exit is
 * not an error: look at status.
 */
MUST_CHECK struct err *proc_run(const char *const *argv, const struct proc_opts *opts,
				int64_t deadline_ns, struct proc_result *ret);
void proc_result_deinit(struct proc_result *result);

/* "exited with status 3", "was killed by SIGSEGV": for messages; heap, caller frees. */
char *proc_status_text(int status);

#endif
