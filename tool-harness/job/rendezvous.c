/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The meeting of a job's tasks with the harness: accepts the shims' connections,
 * checks who they are, and keeps one connection per rank. Does not start or end any
 * process.
 *
 * Invariant: a task enters job->tasks only if the kernel's credentials of its
 * connection agree with what it says, and its pidfd was opened while its shim waited,
 * so that the pidfd cannot mean another process.
 */
#include "job/rendezvous.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "job/child.h"
#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define POLL_MS 50           /* how soon an interrupt or a dead launcher is seen */
#define SHIM_BACKLOG 4096
#define MESSAGE_MAX 16384

/* Connections whose hello has not come yet. */
struct lobby {
	struct pollfd *fds; /* [0] is the listening socket, not owned */
	size_t n, cap;
	size_t n_tasks;     /* tasks that have said hello */
};

static void lobby_deinit(struct lobby *lobby)
{
	for (size_t i = 1; i < lobby->n; i++)
		close(lobby->fds[i].fd);
	free(lobby->fds);
}

static void lobby_add(struct lobby *lobby, int fd)
{
	mem_grow(lobby->fds, lobby->n, lobby->cap);
	lobby->fds[lobby->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* The next field of a record, each ending in NUL; NULL when there is none. */
static const char *next_field(const char **at, const char *end)
{
	const char *field = *at;
	const char *nul = field < end ? memchr(field, '\0', end - field) : NULL;

	if (!nul)
		return NULL;
	*at = nul + 1;
	return field;
}

static bool number_parse(const char *text, int *ret)
{
	char *end;
	long value;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || value > INT_MAX)
		return false;
	*ret = (int)value;
	return true;
}

bool shim_message_parse(const char *bytes, size_t len, struct shim_message *ret)
{
	const char *at = bytes + 1, *end = bytes + len;
	struct shim_message message = { 0 };

	if (len < 1)
		return false;
	if (bytes[0] == 'e') {
		message.failed = true;
		if (!number_parse(next_field(&at, end), &message.errnum))
			return false;
		message.text = next_field(&at, end);
	} else if (bytes[0] == 'h') {
		if (!number_parse(next_field(&at, end), &message.rank) ||
		    !number_parse(next_field(&at, end), &message.pid))
			return false;
		message.host = next_field(&at, end);
		message.program = next_field(&at, end);
	} else {
		return false;
	}
	if (at != end || (message.failed ? !message.text : !message.host || !message.program))
		return false;
	*ret = message;
	return true;
}

struct err *shim_message_err(const struct shim_message *message)
{
	return message->errnum ? err_errno(message->errnum, "%s", message->text) : err_new("%s", message->text);
}

struct err *rendezvous_open(struct job *job)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);
	_cleanup_close_ int fd = FAULT_OR(FAULT_SOCKET, 0,
					 socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	/* Without a name the kernel chooses a free one of hexadecimal digits: unix(7), autobind. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) || listen(fd, SHIM_BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		return err_errno(errno, "cannot open a socket for the tasks");
	job->socket_name = mem_strndup(address.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
	job->listen_fd = no_close_fd(fd);
	return NULL;
}

static struct err *task_admit(struct job *job, struct lobby *lobby, int fd, const struct shim_message *hello)
{
	struct job_task *task;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return err_errno(errno, "cannot tell who connected as rank %d", hello->rank);
	if (peer.pid != hello->pid)
		return err_hint(err_new("rank %d says it is pid %d, but here it is pid %d", hello->rank,
					(int)hello->pid, (int)peer.pid),
				"the launcher starts tasks in another pid namespace, which is not supported");
	if ((size_t)hello->rank >= job->n_tasks)
		return err_new("a task came as rank %d, but the job has ranks 0 to %zu", hello->rank,
			       job->n_tasks - 1);
	task = &job->tasks[hello->rank];
	if (task->pid)
		return err_hint(err_new("two tasks came as rank %d (pids %d and %d)", hello->rank, (int)task->pid,
					(int)hello->pid),
				"the launcher may have started %zu jobs of one task", job->n_tasks);
	task->pidfd = FAULT_OR(FAULT_PIDFD, hello->pid, pidfd_open(hello->pid, 0));
	if (task->pidfd < 0)
		return err_errno(errno, "cannot follow rank %d (pid %d)", hello->rank, (int)hello->pid);
	task->rank = hello->rank;
	task->pid = hello->pid;
	task->host = mem_strdup(hello->host);
	task->exe = mem_strdup(hello->program);
	task->fd = fd;
	lobby->n_tasks++;
	return NULL;
}

/* One message of one connection. Sets *ret_done when the connection has left the lobby. */
static struct err *hello_read(struct job *job, struct lobby *lobby, int fd, bool *ret_done)
{
	char bytes[MESSAGE_MAX];
	struct shim_message message;
	ssize_t n = FAULT_OR(FAULT_HELLO, 0, recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT));
	struct err *err;

	*ret_done = false;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n <= 0 || !shim_message_parse(bytes, n, &message)) {
		close(fd); /* it died, or is none of our shims */
		*ret_done = true;
		return NULL;
	}
	if (message.failed)
		return err_wrap(shim_message_err(&message), "a task could not start");
	err = task_admit(job, lobby, fd, &message);
	*ret_done = !err;
	return err;
}

static struct err *lobby_accept(struct lobby *lobby, int listen_fd)
{
	for (;;) {
		struct ucred peer;
		socklen_t len = sizeof(peer);
		int fd = FAULT_OR(FAULT_ACCEPT, 0, accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC));

		if (fd < 0) {
			if (errno == EAGAIN || errno == ECONNABORTED)
				return NULL;
			if (errno == EINTR)
				continue;
			return err_errno(errno, "cannot accept a task");
		}
		/* The name is open to all users of the machine. */
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || peer.uid != geteuid())
			close(fd);
		else
			lobby_add(lobby, fd);
	}
}

static struct err *lobby_poll(struct job *job, struct lobby *lobby, int timeout_ms)
{
	struct err *err;

	if (poll(lobby->fds, lobby->n, timeout_ms) <= 0)
		return NULL;
	for (size_t i = lobby->n; i-- > 1;) {
		bool done;

		if (!lobby->fds[i].revents)
			continue;
		err = hello_read(job, lobby, lobby->fds[i].fd, &done);
		if (err)
			return err;
		if (done)
			lobby->fds[i] = lobby->fds[--lobby->n];
	}
	return lobby->fds[0].revents ? lobby_accept(lobby, job->listen_fd) : NULL;
}

/* A process that the job has spawned and that has exited; it stays to be waited for. */
static bool spawned_exited(const struct job *job, size_t *ret, int *ret_status)
{
	for (size_t i = 0; i < job->n_spawned; i++) {
		if (child_exited(job->spawned[i], ret_status)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static struct err *early_exit_check(struct job *job, struct lobby *lobby)
{
	_cleanup_free_ char *how = NULL;
	struct err *err;
	size_t which;
	int status;

	if (!spawned_exited(job, &which, &status))
		return NULL;
	/* What a shim said before it exited tells more than its status. */
	for (int i = 0; i < 2; i++) {
		err = lobby_poll(job, lobby, 0);
		if (err)
			return err;
	}
	if (lobby->n_tasks == job->n_tasks)
		return NULL;
	how = proc_status_text(status);
	if (job->launcher == LAUNCHER_SPAWN)
		return err_new("the process started for rank %zu %s before all %zu tasks were there", which, how,
			       job->n_tasks);
	return err_new("the launcher %s when %zu of %zu tasks were there", how, lobby->n_tasks, job->n_tasks);
}

struct err *rendezvous_wait(struct job *job, int64_t deadline_ns, const volatile bool *stop)
{
	_cleanup_(lobby_deinit) struct lobby lobby = { 0 };
	struct err *err;

	lobby_add(&lobby, job->listen_fd);
	while (lobby.n_tasks < job->n_tasks) {
		size_t before = lobby.n_tasks;

		err = lobby_poll(job, &lobby, POLL_MS);
		if (err)
			return err;
		if (__atomic_load_n(stop, __ATOMIC_RELAXED))
			return err_exit(EXIT_INTERRUPTED, "interrupted when %zu of %zu tasks were there",
					lobby.n_tasks, job->n_tasks);
		if (lobby.n_tasks > before)
			continue;
		err = early_exit_check(job, &lobby);
		if (err)
			return err;
		if (clock_now_ns() > deadline_ns)
			return err_exit(EXIT_TIMED_OUT, "only %zu of %zu tasks were there in time", lobby.n_tasks,
					job->n_tasks);
	}
	return NULL;
}
