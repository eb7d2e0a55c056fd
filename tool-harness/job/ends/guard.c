/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the guard, see guard.h and tool-harness/guard/guard.c. */
#include "job/ends/guard.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"

#define GUARD_NAME "attachstorm-guard"
#define START_LIMIT_NS (30 * NS_PER_S)

struct err *guard_start(const char *shim, const char *entry, int *ret_fd)
{
	_cleanup_free_ char *dir = fs_dirname(shim);
	_cleanup_free_ char *guard = fs_join(dir, GUARD_NAME);
	struct proc_result result = { .out = STRBUF_INIT, .err = STRBUF_INIT };
	struct proc_opts opts = PROC_OPTS_INIT;
	_cleanup_close_ int read_fd = -1, write_fd = -1;
	struct err *err;
	int fds[2];

	if (access(guard, X_OK))
		return err_hint(fs_noexec_hint(err_errno(errno, "cannot use the guard '%s'", guard), guard),
				"it belongs beside the program attachstorm; 'make' builds both");
	/* No pipe: to write to one whose reader was killed would end us. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(errno, "cannot make a pair of sockets");
	read_fd = fds[0];
	write_fd = fds[1];
	opts.stdin_fd = read_fd;
	err = proc_run((const char *const[]){ guard, entry, NULL }, &opts, START_LIMIT_NS, &result);
	if (!err && (!WIFEXITED(result.status) || WEXITSTATUS(result.status))) {
		_cleanup_free_ char *how = proc_status_text(result.status);

		err = err_new("the guard '%s' %s", guard, how);
	}
	proc_result_deinit(&result);
	if (err)
		return err;
	*ret_fd = write_fd;
	write_fd = -1;
	return NULL;
}

void guard_dismiss(int *fd)
{
	if (*fd < 0)
		return;
	/* It may have ended, too: then nobody has to be told. */
	send(*fd, "", 1, MSG_NOSIGNAL);
	close(*fd);
	*fd = -1;
}
