/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * attachstorm-guard NAME=VALUE: ends what is left of a job whose harness has died. Who starts a job keeps one end of a
 * pair of sockets, whose other end is this program's standard input. A byte says that the job was ended, and there is
 * nothing to do; an end without one says that the harness is no more, by SIGKILL at worst. The launcher has a signal
 * of its own for that death (PR_SET_PDEATHSIG, prctl(2)), and ends its tasks. But not every launcher does: that of
 * Open MPI 5 (prterun of PRRTE 3.0) has been seen to wait for itself for ever after a SIGTERM: on a busy machine 6
 * stayed behind in 15 runs of a test that kills two. After a grace, whatever has NAME=VALUE in its environment
 * is killed.
 *
 * It leaves the harness's process group and family at once, so that no signal of a terminal reaches it and nobody has
 * to wait for it: its starter gets status 0 as soon as it stands guard.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "job/ends/leftovers.h"
#include "lib/clock.h"

#define GRACE_NS (5 * NS_PER_S)
#define LOOK_NS (20 * NS_PER_MS)

/* Leaves everything of the starter's but the socket: an open file of its own could keep others waiting. */
static int stand_alone(void)
{
	int null_fd = open("/dev/null", O_RDWR);
	pid_t pid;

	if (null_fd < 0 || dup2(null_fd, STDOUT_FILENO) < 0 || dup2(null_fd, STDERR_FILENO) < 0 || chdir("/"))
		return -1;
	close_range(STDERR_FILENO + 1, ~0u, 0);
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid)
		_exit(0);
	return setsid() < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int64_t deadline_ns;
	char byte;
	ssize_t n;

	if (argc != 2 || !strchr(argv[1], '=')) {
		fprintf(stderr,
			"usage: attachstorm-guard NAME=VALUE\nStarted by 'attachstorm run'; of no use on its own.\n");
		return 2;
	}
	if (stand_alone())
		return 1;
	do {
		n = read(STDIN_FILENO, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	deadline_ns = clock_now_ns() + GRACE_NS;
	while (leftovers_any(argv[1]) && clock_now_ns() < deadline_ns)
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
	leftovers_kill(argv[1], NULL, NULL);
	return 0;
}
