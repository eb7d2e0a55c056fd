/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Acquiring tasks: the ways in which a tool comes to know a job's tasks by rank, host, pid
 * and executable, each a row of one table. Some start the job and stop its tasks on the way,
 * some find tasks that run already.
 */
#ifndef JOB_ACQUIRE_ACQUIRE_H
#define JOB_ACQUIRE_ACQUIRE_H

#include "job/job.h"
#include "job/acquire/tasklist.h"
#include "lib/err.h"
#include "lib/strbuf.h"

/* Tasks on this machine, as a strategy found them. */
struct found_task {
	int rank;
	pid_t pid;
	char *host;
	char *exe; /* NULL: not told */
};

struct found {
	struct found_task *tasks;
	size_t n, cap;
	uint64_t table_rows; /* rows of the launcher's table, elsewhere too; 0 without one */
	uint64_t n_elsewhere; /* rows of a table or list whose tasks are on other machines, */
	struct strbuf elsewhere; /* and the first of them in words */
};

/* host and exe are copied; exe may be NULL. */
void found_add(struct found *found, int rank, pid_t pid, const char *host, const char *exe);
/* A row whose task is on another machine. */
void found_add_elsewhere(struct found *found, int rank, pid_t pid, const char *host);
/* "; not here: row 1 (pid 12 on 'n2') and 7 more", "" if all are here: heap, caller frees. */
char *found_elsewhere_text(const struct found *found);
void found_deinit(struct found *found);

struct acquire_ops {
	const char *name;
	const char *rows;             /* where its tasks stand, a row for each rank: "the list"; NULL: nowhere */
	enum task_at at;              /* where its tasks are stopped */
	/* Starts a job and has its tasks; NULL: starts with `find`. */
	struct err *(*start)(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
			     struct job **ret);
	/*
	 * Looks once for the tasks of a running job: those of plan->list, or below `launcher`, or in
	 * its table; launcher 0 is any. None yet is success with found->n = 0. NULL: only starts.
	 */
	struct err *(*find)(const struct job_plan *plan, pid_t launcher, struct found *found);
};

/* The row of a strategy. */
const struct acquire_ops *acquire_get(enum acquire acquire);

/*
 * A job with its tasks, by plan->acquire. With plan->attach it runs already, nothing is
 * started, and job_end ends nothing. Errors and `stop` as in job_launch; a strategy that
 * cannot start, or cannot attach, is an error.
 */
MUST_CHECK struct err *job_acquire(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
				   struct job **ret);

/* Lets a launcher go on that is held until its tasks are seized (mpir-launch). Else nothing. */
MUST_CHECK struct err *job_release_launcher(struct job *job);

/* True if a task's process has ended; it may still be there to be reaped. */
bool job_task_ended(const struct job *job, size_t task);

/* Names that mean this machine. */
struct here {
	char own[256];
	const struct conf_list *others; /* of the plan; or NULL */
};

void here_init(const struct job_plan *plan, struct here *ret);

/* True of its own name, with or without domain, localhost, "-", or one of the others. arg: struct here. */
bool host_is_here(const char *host, const void *arg);

/* Why a running launcher has no process table that could be read (MPIR); NULL if it has one, filled or not. */
MUST_CHECK struct err *mpir_check(pid_t launcher);

/* EXIT_SKIPPED if this build has no program to ask a launcher by PMIx with. */
MUST_CHECK struct err *pmix_check(void);

/*
 * The lines of such an answer, which are changed: namespace, rank, host, pid, executable. Only the first
 * namespace's rows are taken, those on this machine into found. What is damaged is an error.
 */
MUST_CHECK struct err *pmix_answer_read(const struct job_plan *plan, char *text, struct found *found);

/* --- for job/ only ---------------------------------------------------------------- */

/* Closes and frees what the job knows of its tasks; it has none then. */
void job_free_tasks(struct job *job);

/* Puts tasks found into a job that has none yet, and opens their pidfds; `at` is where they stand. Takes nothing. */
MUST_CHECK struct err *job_take_found(struct job *job, const struct found *found, enum task_at at);

MUST_CHECK struct err *mpir_launch(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
				   struct job **ret);
MUST_CHECK struct err *mpir_find(const struct job_plan *plan, pid_t launcher, struct found *found);
MUST_CHECK struct err *pmix_find(const struct job_plan *plan, pid_t launcher, struct found *found);
MUST_CHECK struct err *environ_find(const struct job_plan *plan, pid_t launcher, struct found *found);

/* A launcher that a tracer of the job's own holds at MPIR_Breakpoint. */
struct mpir_hold;
MUST_CHECK struct err *mpir_hold_release(struct mpir_hold *hold); /* frees it, too; NULL is fine */

#endif
