/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A job: N tasks of one program, started by a launcher with the stop-at-exec shim
 * (attachstorm-shim) before the program. The
 * shim tells rank, host and pid over a Unix socket and waits for leave to go on,
 * so that a tracer can seize it before the program's first instruction. Other ways to
 * come by tasks, also by those of a job that runs already, are in job/acquire/acquire.h.
 *
 * States of a task behind the shim: connected (the shim waits) -> released (it will exec).
 * Nothing here traces; nothing here waits for any child but by its pid with
 * WNOWAIT, since trace/ owns wait4(-1).
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "job/scenario/scenario.h"
#include "lib/err.h"
#include "measure/trial.h"

struct tasklist;
struct mpir_hold;

struct job_task {
	int rank;
	pid_t pid;
	char *host;
	char *exe;          /* program that it will exec, or runs */
	enum task_at at;    /* where it is stopped, as far as the strategy knows */
	int fd;             /* connection to its shim; -1 once its program has started or failed to, or without one */
	int pidfd;          /* readable when it has ended; its pid cannot be mistaken for another's */
	uint64_t ended;     /* it was the n-th to end, from 1; 0: no end was seen. This and status: ends.h */
	int status;         /* as from waitpid(2); -1: not known */
	char *exec_error;   /* what the shim said of a failed exec, or NULL */
};

/* What to start. Strings are borrowed and must outlive the job. */
struct job_plan {
	const char *const *argv;        /* program and arguments, NULL-terminated */
	const char *const *env;         /* more environment of the tasks, not of the launcher: "NAME=value",
					   NULL-terminated, or NULL */
	size_t n_tasks;
	enum launcher launcher;
	const char *mpirun;             /* command of the launcher */
	const struct conf_list *launcher_args;
	bool aslr;                      /* false: ADDR_NO_RANDOMIZE in every task */
	bool bind;                      /* each task may use one core, the next of its node's for each */
	const char *const *wrap;        /* words before the shim on each task's command line: a tool that
					   starts what it traces; NULL-terminated, or NULL */
	const char *dir;                /* existing folder of this job alone: marks, output of the tasks */
	enum acquire acquire;
	const struct conf_list *hosts_here; /* more names of this machine in a launcher's table, or NULL */
	bool attach;                    /* the job runs already; of the above only acquire and hosts_here count */
	pid_t attach_launcher;          /* its launcher; 0: not known */
	const struct tasklist *list;    /* its tasks, with ACQUIRE_LIST */
	bool attach_local;              /* rows of a table or list whose tasks are elsewhere are left out on purpose */
	int64_t attach_ns;              /* how long to follow it; 0: to its end */
};

struct job {
	struct job_task *tasks;         /* by rank */
	size_t n_tasks;
	enum acquire acquire;
	char *left_out;                 /* rows whose tasks are on other machines, in words; NULL: there are none, or
					   they are not wanted */
	uint64_t table_rows;            /* rows of the launcher's table; 0 without one */
	struct mpir_hold *hold;         /* the launcher waits until tasks are seized; or NULL */
	enum launcher launcher;
	pid_t launcher_pid;             /* mpirun, or the first task with LAUNCHER_SPAWN; 0: not known */
	int64_t launch_ns;              /* just before the launcher was started */
	char *dir;                      /* absolute */
	char *output_path;              /* file with what launcher and tasks print, but for the tasks' stderr, which is
					   in files of their own (lastwords.h); NULL if not started here */
	pid_t *spawned;                 /* children we started: mpirun, or all tasks; none if it ran already */
	size_t n_spawned;
	int ends_fd;                    /* readable when a task, or what we have started, has ended: ends.h; or -1 */
	int *spawned_fds;               /* pidfds of `spawned` that are no tasks, else -1; or NULL */
	size_t n_left, n_ended;         /* followed and not ended; tasks that have ended */
	int guard_fd;                   /* its closing has the guard end what is left of the job: ends/guard.h; or -1 */
	int listen_fd;
	char *socket_name;              /* in the abstract namespace, unix(7): no file, nothing to clean up */
};

/*
 * The shim is the program "attachstorm-shim" beside the running one, or
 * $ATTACHSTORM_SHIM. The tasks find ATTACHSTORM_PHASE_DIR (dir), PYNAMIC_START_NS
 * (launch_ns) and, with LAUNCHER_SPAWN, ATTACHSTORM_RANK and ATTACHSTORM_SIZE in
 * their environment.
 *
 * Starts the launcher and waits until all tasks' shims have connected (at most
 * deadline_ns, absolute CLOCK_MONOTONIC). A launcher that exits before that, a program
 * that does not exist, a missing mpirun (EXIT_SKIPPED with what to install) are errors
 * that quote the end of the output file; whatever was started has been ended then.
 * `stop` is polled: when it becomes true the wait ends with EXIT_INTERRUPTED.
 */
MUST_CHECK struct err *job_launch(const struct job_plan *plan, int64_t deadline_ns,
				  const volatile bool *stop, struct job **ret);

/* Fills trial->tasks (rank, pid, host, exe; nothing seen yet) and the launch phase from the job. */
void job_fill_trial(const struct job *job, struct trial *trial);

/* Lets one task's shim go on to exec its program. If the exec fails, job_exec_error tells. */
MUST_CHECK struct err *job_release(struct job *job, size_t task);

/* Nobody is there any more who could be let start: the task, in its shim, was killed. */
bool job_lost(const struct job *job, size_t task);

/* Why a released task's exec failed; NULL if it did not fail, or not yet. */
MUST_CHECK struct err *job_exec_error(struct job *job, size_t task);
/* The first of them. */
MUST_CHECK struct err *job_exec_errors(struct job *job);

/*
 * Ends what is left: SIGTERM to the launcher (to the tasks with LAUNCHER_SPAWN), then
 * after grace_ns SIGKILL to launcher and tasks, and to whatever they left behind: any
 * process that has the job's ATTACHSTORM_PHASE_DIR in its environment. Reaps its own
 * children. No task may be traced any more, or be held by its tracer in a way that
 * outlives SIGKILL. Safe to call when all have gone, and twice.
 */
void job_end(struct job *job, int64_t grace_ns);

/* The last lines of the job's output, for messages; if there is none, of the standard error of its first task that
 * wrote any. Heap, caller frees. */
char *job_output_tail(const struct job *job, size_t max_lines);

/* The entry NAME=value that every process of the job in dir has in its environment. Heap, caller frees. */
char *job_env_entry(const char *dir);

/* An empty job with n tasks to be filled, of which no process is started. */
struct job *job_create(enum acquire acquire, enum launcher launcher, size_t n_tasks);

/* Frees; ends nothing. The folder with marks and output stays. NULL is fine. */
void job_destroy(struct job *job);

/*
 * Runs the job untraced to its end: launch, release all, wait. Fills the trial's
 * phases, tasks (exec_ns is the time of release), launcher_status, failure, timed_out and
 * interrupted; the baseline of every traced run. A time limit or an interrupt once the
 * tasks run is told by the flags alone; before that, also as an error. Nothing of the
 * job is left in any case. launcher_status is the launcher's; with LAUNCHER_SPAWN that
 * of the first task that did not exit with 0.
 */
MUST_CHECK struct err *job_run_untraced(const struct job_plan *plan, int64_t time_limit_ns,
					const volatile bool *stop, struct trial *trial);

/* Reads the phase marks that the tasks wrote into dir, into trial->tasks by pid and host,
 * then calls trial_classify. Malformed lines are contradictions of the trial. */
MUST_CHECK struct err *marks_read(const char *dir, struct trial *trial);

#endif
