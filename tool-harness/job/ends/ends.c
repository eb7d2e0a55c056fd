/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ends of a job's tasks, and the last words of the first to fail.
 *
 * Invariant: a status is only taken of the process that a pidfd was opened for, never of another one that
 * has its number by now.
 */
#include "job/ends/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

#include "job/child.h"
#include "job/ends/lastwords.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "measure/failure.h"

#define BATCH 64
#define SPAWNED UINT64_MAX /* in place of a task's index */

/* linux/pidfd.h of Linux 6.15; older headers lack it. */
struct exit_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
_Static_assert(sizeof(struct exit_info) == 64, "the first version of struct pidfd_info");
#define EXIT_INFO_GET _IOWR(0xFF, 11, struct exit_info)
#define EXIT_INFO_EXIT (1u << 3)

/* --- statuses --------------------------------------------------------------------- */

/* Of a process that has ended and is not reaped; field 52, counted behind the name, which may hold anything. */
static int zombie_status(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/stat", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &text);
	const char *at = err ? NULL : strrchr(text.text, ')');

	if (!at || strncmp(at, ") Z", 3) != 0)
		return STATUS_NOT_KNOWN;
	for (int field = 2; at && field < 52; field++)
		at = strchr(at + 1, ' ');
	return at ? atoi(at + 1) : STATUS_NOT_KNOWN;
}

static int reaped_status(int pidfd)
{
	struct exit_info info = { .mask = EXIT_INFO_EXIT };

	if (pidfd < 0 || ioctl(pidfd, EXIT_INFO_GET, &info) || !(info.mask & EXIT_INFO_EXIT))
		return STATUS_NOT_KNOWN;
	return info.exit_code;
}

static bool is_spawned(const struct job *job, pid_t pid)
{
	for (size_t i = 0; i < job->n_spawned; i++)
		if (job->spawned[i] == pid)
			return true;
	return false;
}

/* Of one that has ended. */
static int status_read(const struct job *job, pid_t pid, int pidfd)
{
	int status;

	if (is_spawned(job, pid) && child_exited(pid, &status))
		return status;
	status = zombie_status(pid);
	/* As long as it can be signalled, the number that was looked at is its own. */
	if (status != STATUS_NOT_KNOWN && !pidfd_send_signal(pidfd, 0, NULL, 0))
		return status;
	return reaped_status(pidfd);
}

/* --- following -------------------------------------------------------------------- */

static struct err *follow(struct job *job, int pidfd, uint64_t which)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = which };

	if (epoll_ctl(job->ends_fd, EPOLL_CTL_ADD, pidfd, &event))
		return err_errno(errno, "cannot follow the ends of the tasks");
	job->n_left++;
	return NULL;
}

static bool is_task(const struct job *job, pid_t pid)
{
	for (size_t i = 0; i < job->n_tasks; i++)
		if (job->tasks[i].pid == pid)
			return true;
	return false;
}

struct err *ends_follow(struct job *job)
{
	struct err *err = NULL;

	job->ends_fd = epoll_create1(EPOLL_CLOEXEC);
	if (job->ends_fd < 0)
		return err_errno(errno, "cannot follow the ends of the tasks");
	job->spawned_fds = mem_calloc(job->n_spawned + 1, sizeof(job->spawned_fds[0]));
	for (size_t i = 0; !err && i < job->n_tasks; i++)
		if (job->tasks[i].pidfd >= 0)
			err = follow(job, job->tasks[i].pidfd, i);
	for (size_t i = 0; i < job->n_spawned; i++) {
		job->spawned_fds[i] = -1;
		if (err || is_task(job, job->spawned[i]))
			continue;
		job->spawned_fds[i] = pidfd_open(job->spawned[i], 0);
		err = job->spawned_fds[i] < 0 ?
			      err_errno(errno, "cannot follow pid %d", (int)job->spawned[i]) :
			      follow(job, job->spawned_fds[i], SPAWNED);
	}
	return err;
}

void ends_deinit(struct job *job)
{
	if (job->ends_fd >= 0)
		close(job->ends_fd);
	for (size_t i = 0; job->spawned_fds && i < job->n_spawned; i++)
		if (job->spawned_fds[i] >= 0)
			close(job->spawned_fds[i]);
	free(job->spawned_fds);
	job->spawned_fds = NULL;
	job->ends_fd = -1;
}

bool ends_read(struct job *job)
{
	struct epoll_event events[BATCH];
	int n;

	while (job->ends_fd >= 0 && (n = epoll_wait(job->ends_fd, events, BATCH, 0)) > 0) {
		for (int i = 0; i < n; i++) {
			struct job_task *task;

			job->n_left--;
			if (events[i].data.u64 == SPAWNED)
				continue;
			task = &job->tasks[events[i].data.u64];
			task->ended = ++job->n_ended;
			task->status = status_read(job, task->pid, task->pidfd);
		}
	}
	return !job->n_left;
}

/* --- what it means ---------------------------------------------------------------- */

static int spawned_status(const struct job *job, size_t i)
{
	int status;

	if (job->spawned[i] && child_exited(job->spawned[i], &status))
		return status;
	return job->spawned_fds ? reaped_status(job->spawned_fds[i]) : STATUS_NOT_KNOWN;
}

/* As a launcher's: that of the first task to fail; else 0 if all have ended well. */
static int status_of_tasks(const struct trial *trial)
{
	int status = 0;

	if (trial->failure.who == FAILURE_TASK)
		return trial->failure.status;
	for (size_t i = 0; i < trial->n_tasks; i++)
		if (trial->tasks[i].exit_status == STATUS_NOT_KNOWN)
			status = STATUS_NOT_KNOWN;
	return status;
}

void ends_tell(struct job *job, struct trial *trial)
{
	bool spawned = job->launcher == LAUNCHER_SPAWN;

	ends_read(job);
	for (size_t i = 0; i < job->n_tasks; i++) {
		struct job_task *from = &job->tasks[i];
		struct trial_task *to = &trial->tasks[i];

		/* A tool that traces a task hides its end from its parent for a while. */
		if (from->ended && from->status == STATUS_NOT_KNOWN)
			from->status = status_read(job, from->pid, from->pidfd);
		/* With a tool's words before it, what we have started is another process than the task. */
		if (from->status == STATUS_NOT_KNOWN && spawned && i < job->n_spawned)
			from->status = spawned_status(job, i);
		to->ended = from->ended;
		if (to->exit_status == STATUS_NOT_KNOWN)
			to->exit_status = from->status;
	}
	if (!spawned && job->n_spawned)
		trial->launcher_status = spawned_status(job, 0);
	failure_find(trial);
	if (spawned)
		trial->launcher_status = status_of_tasks(trial);
	free(trial->failure.last_words); /* of an earlier look */
	trial->failure.last_words = NULL;
	if (trial->failure.who != FAILURE_NONE)
		trial->failure.last_words = lastwords_read(job, trial->failure.who == FAILURE_TASK ?
									&job->tasks[trial->failure.task] : NULL);
}
