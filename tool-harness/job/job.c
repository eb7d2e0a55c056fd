/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A job: made empty, its tasks let go, looked at and ended. Starting is in
 * launch.c, the untraced run in untraced.c.
 *
 * Invariant: no signal is sent by a bare pid that could have been given to another
 * process meanwhile: tasks by pidfd, children while they are not reaped, leftovers as
 * leftovers.c does.
 */
#include "job/job.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>

#include "job/acquire/acquire.h"
#include "job/child.h"
#include "job/ends/ends.h"
#include "job/ends/guard.h"
#include "job/ends/lastwords.h"
#include "job/ends/leftovers.h"
#include "job/rendezvous.h"
#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/mem.h"

#define KILLED_LIMIT_NS (10 * NS_PER_S) /* how long a killed process may take to go */

struct job *job_create(enum acquire acquire, enum launcher launcher, size_t n_tasks)
{
	struct job *job = mem_alloc(sizeof(*job));

	job->acquire = acquire;
	job->n_tasks = n_tasks;
	job->launcher = launcher;
	job->guard_fd = job->listen_fd = job->ends_fd = -1;
	job->tasks = mem_calloc(n_tasks + 1, sizeof(*job->tasks));
	for (size_t i = 0; i < n_tasks; i++)
		job->tasks[i].fd = job->tasks[i].pidfd = job->tasks[i].status = -1;
	return job;
}

char *job_env_entry(const char *dir)
{
	return mem_printf("ATTACHSTORM_PHASE_DIR=%s", dir);
}

void job_fill_trial(const struct job *job, struct trial *trial)
{
	trial_add_tasks(trial, job->n_tasks);
	for (size_t i = 0; i < job->n_tasks; i++) {
		struct trial_task *task = &trial->tasks[i];

		task->rank = job->tasks[i].rank;
		task->pid = job->tasks[i].pid;
		task->host = mem_strdup(job->tasks[i].host);
		task->exe = mem_strdup(job->tasks[i].exe);
		task->acquired_at = job->tasks[i].at;
	}
	trial->table_rows = job->table_rows ? (int64_t)job->table_rows : -1;
	if (job->left_out)
		trial_contradict(trial, "%s", job->left_out);
	trial->phases.launch_ns = job->launch_ns;
}

struct err *job_release(struct job *job, size_t i)
{
	struct job_task *task = &job->tasks[i];

	if (FAULT_OR(FAULT_RELEASE, task->pid, send(task->fd, "", 1, MSG_NOSIGNAL)) != 1)
		return err_errno(errno, "cannot let rank %d (pid %d) start", task->rank, (int)task->pid);
	return NULL;
}

bool job_lost(const struct job *job, size_t i)
{
	char byte;
	ssize_t n = recv(job->tasks[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

struct err *job_exec_error(struct job *job, size_t i)
{
	struct job_task *task = &job->tasks[i];

	if (task->fd >= 0) {
		char bytes[8192];
		struct shim_message message;
		ssize_t n = recv(task->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return NULL;
		if (n > 0 && shim_message_parse(bytes, n, &message) && message.failed) {
			_cleanup_err_ struct err *err = shim_message_err(&message);

			task->exec_error = mem_strdup(err_message(err));
		}
		close(task->fd);
		task->fd = -1;
	}
	return task->exec_error ? err_new("rank %d: %s", task->rank, task->exec_error) : NULL;
}

struct err *job_exec_errors(struct job *job)
{
	struct err *err = NULL;

	for (size_t i = 0; !err && i < job->n_tasks; i++)
		err = job_exec_error(job, i);
	return err;
}

static bool task_ended(const struct job_task *task)
{
	struct pollfd pfd = { .fd = task->pidfd, .events = POLLIN };

	return task->pidfd < 0 || poll(&pfd, 1, 0) > 0;
}

static void task_signal(const struct job_task *task, int signal)
{
	if (!task_ended(task))
		pidfd_send_signal(task->pidfd, signal, NULL, 0);
}

/* Reaps our children that have ended; true if nothing of the job is left. */
static bool job_gone(struct job *job)
{
	bool gone = true;

	for (size_t i = 0; i < job->n_spawned; i++) {
		if (!job->spawned[i])
			continue;
		if (child_reap(job->spawned[i]))
			gone = false;
		else
			job->spawned[i] = 0; /* the number may be another's from now on */
	}
	for (size_t i = 0; i < job->n_tasks; i++) {
		if (!task_ended(&job->tasks[i]))
			gone = false;
	}
	return gone;
}

static bool job_wait_gone(struct job *job, int64_t limit_ns)
{
	int64_t deadline_ns = clock_now_ns() + limit_ns;

	for (;;) {
		if (job_gone(job))
			return true;
		if (clock_now_ns() >= deadline_ns)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 2 * NS_PER_MS }, NULL);
	}
}

bool job_task_ended(const struct job *job, size_t i)
{
	return task_ended(&job->tasks[i]);
}

struct err *job_release_launcher(struct job *job)
{
	struct mpir_hold *hold = job->hold;

	job->hold = NULL;
	return mpir_hold_release(hold);
}

void job_end(struct job *job, int64_t grace_ns)
{
	_cleanup_free_ char *entry = NULL;

	err_free(job_release_launcher(job)); /* whatever is wrong with it, it is ended now */
	if (!job->n_spawned)
		return;
	if (!job_gone(job)) {
		if (job->launcher == LAUNCHER_SPAWN)
			for (size_t i = 0; i < job->n_tasks; i++)
				task_signal(&job->tasks[i], SIGTERM);
		for (size_t i = 0; i < job->n_spawned; i++)
			if (job->spawned[i])
				kill(job->spawned[i], SIGTERM);
		if (!job_wait_gone(job, grace_ns)) {
			for (size_t i = 0; i < job->n_tasks; i++)
				task_signal(&job->tasks[i], SIGKILL);
			for (size_t i = 0; i < job->n_spawned; i++)
				if (job->spawned[i])
					kill(job->spawned[i], SIGKILL);
			job_wait_gone(job, KILLED_LIMIT_NS);
		}
	}
	entry = job_env_entry(job->dir);
	leftovers_kill(entry, NULL, NULL);
	guard_dismiss(&job->guard_fd);
	lastwords_tidy(job);
}

char *job_output_tail(const struct job *job, size_t max_lines)
{
	char *tail = job->output_path ? file_tail(job->output_path, max_lines) : mem_strdup("");

	for (size_t i = 0; job->output_path && !*tail && i < job->n_tasks; i++) {
		_cleanup_free_ char *path = errors_path(job, job->tasks[i].rank);

		free(tail);
		tail = file_tail(path, max_lines);
	}
	return tail;
}

void job_free_tasks(struct job *job)
{
	for (size_t i = 0; i < job->n_tasks; i++) {
		struct job_task *task = &job->tasks[i];

		if (task->fd >= 0)
			close(task->fd);
		if (task->pidfd >= 0)
			close(task->pidfd);
		free(task->host);
		free(task->exe);
		free(task->exec_error);
	}
	free(job->tasks);
	job->tasks = NULL;
	job->n_tasks = 0;
}

void job_destroy(struct job *job)
{
	if (!job)
		return;
	err_free(job_release_launcher(job));
	ends_deinit(job);
	job_free_tasks(job);
	if (job->guard_fd >= 0)
		close(job->guard_fd);
	if (job->listen_fd >= 0)
		close(job->listen_fd);
	free(job->spawned);
	free(job->dir);
	free(job->output_path);
	free(job->left_out);
	free(job->socket_name);
	free(job);
}
