/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One execution of a job with no tool at all: the baseline that every traced run is
 * compared with. Between release and end it sleeps in poll(2), so that it takes no
 * time from the tasks. Does not read the marks.
 *
 * Invariant: nothing of the job is left when it returns.
 */
#include <poll.h>

#include "job/ends/ends.h"
#include "job/job.h"
#include "lib/clock.h"

#define POLL_MS 100
#define END_GRACE_NS (5 * NS_PER_S)

/* Releases all tasks; each one's exec is as good as now. */
static struct err *release_all(struct job *job, struct trial *trial)
{
	for (size_t i = 0; i < job->n_tasks; i++) {
		struct err *err;

		trial->tasks[i].exec_ns = clock_now_ns();
		err = job_release(job, i);
		if (err)
			return err;
	}
	trial->phases.continued_ns = clock_now_ns();
	return NULL;
}

/* Until tasks and launcher have ended, the time is over, or *stop. */
static void wait_all(struct job *job, int64_t deadline_ns, const volatile bool *stop, struct trial *trial)
{
	struct pollfd ends = { .fd = job->ends_fd, .events = POLLIN };

	while (!ends_read(job) && !trial->timed_out && !trial->interrupted) {
		if (poll(&ends, 1, POLL_MS) > 0)
			continue;
		if (*stop)
			trial->interrupted = true;
		else if (clock_now_ns() >= deadline_ns)
			trial->timed_out = true;
	}
}

static struct err *job_watch(struct job *job, int64_t deadline_ns, const volatile bool *stop,
			     struct trial *trial)
{
	struct err *err = release_all(job, trial);

	if (err)
		return err;
	wait_all(job, deadline_ns, stop, trial);
	if (!trial->timed_out && !trial->interrupted)
		trial->phases.ended_ns = clock_now_ns();
	ends_tell(job, trial);
	return job_exec_errors(job);
}

struct err *job_run_untraced(const struct job_plan *plan, int64_t time_limit_ns, const volatile bool *stop,
			     struct trial *trial)
{
	int64_t deadline_ns = clock_now_ns() + time_limit_ns;
	struct job *job;
	struct err *err;

	err = job_launch(plan, deadline_ns, stop, &job);
	if (err) {
		trial->timed_out = err_status(err) == EXIT_TIMED_OUT;
		trial->interrupted = err_status(err) == EXIT_INTERRUPTED;
		return err;
	}
	job_fill_trial(job, trial);
	trial->phases.acquired_ns = clock_now_ns();
	err = job_watch(job, deadline_ns, stop, trial);
	job_end(job, END_GRACE_NS);
	job_destroy(job);
	return err;
}
