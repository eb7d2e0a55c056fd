/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waiting for one thread, and keeping the stop that came for tracer_wait. Below all who stop threads for
 * their own sake.
 * Invariant: a status is taken from the kernel once, and is in the caller's hands or on its thread from then on.
 */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "trace/waits/wait.h"

struct err *thread_collect(struct thread *thread, int64_t timeout_ns, int *status_ret, bool *got_ret)
{
	int64_t deadline_ns = clock_now_ns() + timeout_ns;
	const struct timespec pause = { .tv_nsec = 20000 };

	for (unsigned int round = 0;; round++) {
		pid_t pid = FAULT_OR(FAULT_WAIT, thread->tid,
				     waitpid(thread->tid, status_ret, __WALL | __WNOTHREAD | WNOHANG));

		if (pid == thread->tid) {
			thread->stopped = WIFSTOPPED(*status_ret);
			*got_ret = true;
			return NULL;
		}
		if (pid < 0 && errno == ECHILD)
			return err_gone();
		if (pid < 0 && errno != EINTR)
			return err_errno(errno, "cannot wait for thread %d", thread->tid);
		if (clock_now_ns() > deadline_ns) {
			*got_ret = false;
			return NULL;
		}
		if (round > 100)
			nanosleep(&pause, NULL);
	}
}

void thread_queue(struct thread *thread, int status)
{
	struct tracer *tracer = thread->task->tracer;

	if (!thread->has_queued)
		tracer->n_queued++;
	thread->has_queued = true;
	thread->queued_status = status;
	thread->queued_ns = clock_now_ns();
}
