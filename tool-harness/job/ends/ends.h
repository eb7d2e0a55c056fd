/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the tasks of a job end: in which order, and with which status. Nothing is reaped and nothing is
 * asked of the tasks, so that it is the same for traced and untraced ones.
 *
 * The order is the kernel's: the ready list of an epoll instance (epoll(7)) has pidfds in the order in which
 * their processes ended, whenever it is read. The status is that of a child of ours (waitid(2)), else of a process
 * that nobody has reaped yet (/proc/PID/stat, field 52, proc(5)), else what the kernel keeps for a pidfd
 * (PIDFD_GET_INFO with PIDFD_INFO_EXIT, Linux 6.15). What none of them tells is not known.
 */
#ifndef JOB_ENDS_H
#define JOB_ENDS_H

#include "job/job.h"

#define STATUS_NOT_KNOWN (-1) /* in place of a wait status, which is never negative */

/* Begins to follow tasks and what was started for them: once, when the job has its tasks. Opens job->ends_fd. */
MUST_CHECK struct err *ends_follow(struct job *job);
void ends_deinit(struct job *job);

/*
 * Notes those that have ended since, in their order; never blocks. job->ends_fd is readable (poll(2)) while
 * there are any. True when all have ended, the launcher included.
 */
bool ends_read(struct job *job);

/*
 * Fills the trial's exit statuses that a tracer has not told, the order of the ends, launcher_status, and
 * who failed first with its last words, as far as is known by now. Call before anything of the job is ended by us.
 */
void ends_tell(struct job *job, struct trial *trial);

#endif
