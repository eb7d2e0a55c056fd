/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the shims of a job's tasks meet the harness: a socket in the abstract
 * namespace (unix(7)), which leaves no file behind whoever dies. Used by job/ alone.
 * The messages are described in shim/shim.c.
 */
#ifndef JOB_RENDEZVOUS_H
#define JOB_RENDEZVOUS_H

#include "job/job.h"

/* One message of a shim, pointing into the bytes it was parsed from. */
struct shim_message {
	bool failed;      /* an error: text and errnum only */
	int errnum;
	const char *text;
	int rank;
	pid_t pid;
	const char *host;
	const char *program;
};

/* Parses one record; false if it is none of a shim's. */
bool shim_message_parse(const char *bytes, size_t len, struct shim_message *ret);

/* The error that a message with `failed` tells of. */
MUST_CHECK struct err *shim_message_err(const struct shim_message *message);

/* Opens job->listen_fd under a name that the kernel chooses, told in job->socket_name. */
MUST_CHECK struct err *rendezvous_open(struct job *job);

/*
 * Accepts one shim for each of job's n_tasks and fills job->tasks. Ends early with an
 * error if a shim reports one, a rank is unknown or there twice, a process that the job
 * has spawned exits, deadline_ns passes (EXIT_TIMED_OUT) or *stop (EXIT_INTERRUPTED).
 */
MUST_CHECK struct err *rendezvous_wait(struct job *job, int64_t deadline_ns, const volatile bool *stop);

#endif
