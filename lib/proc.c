/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Child processes. The only fork of the library. Does not own any wait but that of
 * proc_run for its own child. Invariant: proc_spawn returns a pid only after the
 * child's exec has succeeded; if it fails, the child has been reaped.
 */
#include "lib/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proclimit.h"

extern char **environ;

/* Where poll(2) cannot report the child's end (Linux before 5.3): how often to look. */
#define REAP_PERIOD_MS 10

/* Reads that empty the largest pipe that Linux gives (1 MiB: pipe(7)). */
#define MAX_LEFT_READS 64

/*
 * What this program was started with and changes for itself. Its children get it as it was: a job
 * that ignores SIGPIPE, or may open more files, is another one than its user starts by hand.
 */
static struct {
	bool files_known;
	struct rlimit files;
	sigset_t mask, ignored;
} origin;

static __attribute__((constructor)) void origin_note(void)
{
	origin.files_known = !getrlimit(RLIMIT_NOFILE, &origin.files);
	sigprocmask(SIG_SETMASK, NULL, &origin.mask);
	sigemptyset(&origin.ignored);
	for (int sig = 1; sig < _NSIG; sig++) {
		struct sigaction sa;

		if (!sigaction(sig, NULL, &sa) && sa.sa_handler == SIG_IGN)
			sigaddset(&origin.ignored, sig);
	}
}

struct exec_failure {
	int errnum;
	char what[16]; /* "start", "cd to": the verb of the message */
};

/* The environment with env_set's entries added or in place of those of the same name.
 * An array to be freed; its strings are borrowed. */
static char **make_env(const char *const *env_set)
{
	size_t n = 0, n_set = 0, at = 0;

	while (environ[n])
		n++;
	while (env_set && env_set[n_set])
		n_set++;
	char **env = mem_calloc(n + n_set + 1, sizeof(*env));
	for (size_t i = 0; i < n; i++) {
		bool replaced = false;

		for (size_t j = 0; j < n_set && !replaced; j++) {
			size_t name_len = strcspn(env_set[j], "=") + 1;

			replaced = strncmp(environ[i], env_set[j], name_len) == 0;
		}
		if (!replaced)
			env[at++] = environ[i];
	}
	for (size_t j = 0; j < n_set; j++)
		env[at++] = (char *)env_set[j];
	return env;
}

/* In the child, between fork and exec: async-signal-safe calls only (signal-safety(7)). */
static int redirect(const int fds[3])
{
	int high[3];

	/* First above the standard three, so that no dup2 hits a descriptor needed by the next. */
	for (int i = 0; i < 3; i++) {
		high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] >= 0 && high[i] < 0)
			return errno;
	}
	if (high[0] < 0) {
		high[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (high[0] < 0)
			return errno;
	}
	for (int i = 0; i < 3; i++) {
		if (high[i] < 0 || high[i] == i) {
			if (high[i] == i)
				fcntl(i, F_SETFD, 0);
			continue;
		}
		if (dup2(high[i], i) < 0)
			return errno;
	}
	return 0;
}

static void child_fails(int report_fd, int errnum, const char *what)
{
	struct exec_failure failure = { .errnum = errnum };

	strncpy(failure.what, what, sizeof(failure.what) - 1);
	if (write(report_fd, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

static void child_run(const char *path, const char *const *argv, char **env,
		      const struct proc_opts *opts, pid_t parent, int report_fd)
{
	const int fds[3] = { opts->stdin_fd, opts->stdout_fd, opts->stderr_fd };
	int errnum;

	/* The parent's handlers must not run here; what its starter ignored stays ignored, as with nohup. */
	for (int sig = 1; sig < _NSIG; sig++) {
		struct sigaction sa;

		if (sigaction(sig, NULL, &sa) == 0 && (sa.sa_handler != SIG_DFL || sigismember(&origin.ignored, sig)))
			signal(sig, sigismember(&origin.ignored, sig) ? SIG_IGN : SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &origin.mask, NULL);
	if (origin.files_known && setrlimit(RLIMIT_NOFILE, &origin.files))
		child_fails(report_fd, errno, "limit files of");

	if (opts->new_group && setpgid(0, 0) < 0)
		child_fails(report_fd, errno, "regroup");
	if (opts->death_signal) {
		if (prctl(PR_SET_PDEATHSIG, opts->death_signal) < 0)
			child_fails(report_fd, errno, "guard");
		if (getppid() != parent)
			_exit(127); /* the parent died before the request stood */
	}
	if (opts->cwd && chdir(opts->cwd) < 0)
		child_fails(report_fd, errno, "enter folder of");
	errnum = redirect(fds);
	if (errnum)
		child_fails(report_fd, errnum, "redirect");
	execve(path, (char *const *)argv, env);
	child_fails(report_fd, errno, "start");
}

struct err *proc_spawn(const char *const *argv, const struct proc_opts *opts, pid_t *ret)
{
	static const struct proc_opts defaults = PROC_OPTS_INIT;
	_cleanup_free_ char *path = fs_find_program(argv[0]);
	struct exec_failure failure;
	sigset_t all, old;
	int report[2];
	ssize_t n;

	if (!opts)
		opts = &defaults;
	if (!path && strchr(argv[0], '/'))
		return fs_noexec_hint(err_errno(fs_exists(argv[0]) ? EACCES : ENOENT, "cannot start '%s'", argv[0]),
				      argv[0]);
	if (!path)
		return err_errno(ENOENT, "cannot find program '%s' in PATH", argv[0]);
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_errno(errno, "cannot make a pipe");
	_cleanup_close_ int report_read = report[0];
	_cleanup_close_ int report_write = report[1];
	_cleanup_free_ char **env = make_env(opts->env_set);

	pid_t parent = getpid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid_t pid = FAULT_OR(FAULT_SPAWN, 0, fork());
	int errnum = errno;
	if (pid == 0)
		child_run(path, argv, env, opts, parent, report_write);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return proc_limit_hint(err_errno(errnum, "cannot start '%s'", argv[0]));

	close(no_close_fd(report_write));
	do {
		n = read(report_read, &failure, sizeof(failure));
	} while (n < 0 && errno == EINTR);
	if (n == sizeof(failure)) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return err_errno(failure.errnum, "cannot %s '%s'", failure.what, argv[0]);
	}
	*ret = pid;
	return NULL;
}

/* Moves what a pipe holds into sb; closes it at its end. False when nothing is there now. */
static bool drain(int *fd, struct strbuf *sb)
{
	char chunk[16384];
	ssize_t n = *fd < 0 ? -1 : read(*fd, chunk, sizeof(chunk));

	if (n > 0) {
		strbuf_add(sb, chunk, (size_t)n);
		return true;
	}
	if (n == 0 || (*fd >= 0 && errno != EAGAIN && errno != EINTR))
		close(no_close_fd(*fd));
	return false;
}

static struct err *make_pipe(int *read_end, int *write_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(errno, "cannot make a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*read_end = ends[0];
	*write_end = ends[1];
	return NULL;
}

static int poll_timeout_ms(int64_t until_ns, bool end_is_polled)
{
	if (!end_is_polled)
		return REAP_PERIOD_MS;
	if (!until_ns)
		return -1;
	int64_t left_ms = (until_ns - clock_now_ns()) / NS_PER_MS + 1;
	return left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

struct err *proc_run(const char *const *argv, const struct proc_opts *opts,
		     int64_t deadline_ns, struct proc_result *ret)
{
	struct proc_opts own = PROC_OPTS_INIT;
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	_cleanup_close_ int out_read = -1, out_write = -1, err_read = -1, err_write = -1;
	int64_t until_ns = deadline_ns ? clock_now_ns() + deadline_ns : 0;
	bool ended = false, timed_out = false;
	struct err *err = NULL;
	pid_t pid;

	if (opts)
		own = *opts;
	if (own.stdout_fd < 0) {
		err = make_pipe(&out_read, &out_write);
		own.stdout_fd = out_write;
	}
	if (!err && own.stderr_fd < 0) {
		err = make_pipe(&err_read, &err_write);
		own.stderr_fd = err_write;
	}
	if (!err)
		err = proc_spawn(argv, &own, &pid);
	if (err)
		return err;
	if (out_write >= 0)
		close(no_close_fd(out_write));
	if (err_write >= 0)
		close(no_close_fd(err_write));

	/* The end of the child ends the run even if a process of its own holds the pipes. */
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (!ended) {
		struct pollfd fds[] = { { .fd = out_read, .events = POLLIN },
					{ .fd = err_read, .events = POLLIN },
					{ .fd = pidfd, .events = POLLIN } };

		poll(fds, ARRAY_SIZE(fds), poll_timeout_ms(until_ns, pidfd >= 0));
		drain(&out_read, &result.out);
		drain(&err_read, &result.err);
		pid_t reaped = waitpid(pid, &result.status, WNOHANG);
		if (reaped < 0 && errno != EINTR) {
			err = err_errno(errno, "cannot wait for '%s'", argv[0]);
			break;
		}
		ended = reaped == pid;
		if (!ended && until_ns && !timed_out && clock_now_ns() >= until_ns) {
			timed_out = true;
			kill(own.new_group ? -pid : pid, SIGKILL);
		}
	}
	/* What is left in the pipes; bounded, as a grandchild may go on writing for ever. */
	for (int i = 0; i < MAX_LEFT_READS; i++) {
		bool more_out = drain(&out_read, &result.out);
		bool more_err = drain(&err_read, &result.err);

		if (!more_out && !more_err)
			break;
	}
	if (!err && timed_out)
		err = err_exit(EXIT_TIMED_OUT, "'%s' did not end within %.3g s", argv[0],
			       (double)deadline_ns / 1e9);
	if (err) {
		proc_result_deinit(&result);
		return err;
	}
	*ret = result;
	return NULL;
}

void proc_result_deinit(struct proc_result *result)
{
	strbuf_deinit(&result->out);
	strbuf_deinit(&result->err);
}

char *proc_status_text(int status)
{
	if (WIFEXITED(status))
		return mem_printf("exited with status %d", WEXITSTATUS(status));
	if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));

		return name ? mem_printf("was killed by SIG%s", name)
			    : mem_printf("was killed by signal %d", WTERMSIG(status));
	}
	return mem_printf("ended with wait status 0x%x", (unsigned int)status);
}
