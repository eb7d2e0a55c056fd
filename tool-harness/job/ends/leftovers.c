/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds processes by an entry of their environment (/proc/PID/environ, proc(5)) and kills them.
 * Who has put the entry there knows that they are its own. Waits for none of them.
 *
 * Invariant: a process is signalled only through a pidfd that was opened before its environment
 * was read.
 */
#include "job/ends/leftovers.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"

#define ROUNDS 10

static bool process_has_env(pid_t pid, const char *entry)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/environ", (int)pid);
	_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
	_cleanup_err_ struct err *err = fs_read(path, &env);
	size_t len = strlen(entry);

	if (err)
		return false;
	for (const char *p = env.text; p < env.text + env.len; p += strlen(p) + 1)
		if (strlen(p) == len && !memcmp(p, entry, len))
			return true;
	return false;
}

/* Sends a signal to those that have the entry and have not ended, 0 for none (kill(2)); returns how many it reached. */
static size_t signal_round(const char *entry, int signal, void (*before)(pid_t pid, void *arg), void *arg)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *dirent;
	size_t n = 0;

	while (proc && (dirent = readdir(proc))) {
		_cleanup_close_ int pidfd = -1;
		struct pollfd pfd;
		pid_t pid;

		if (!isdigit((unsigned char)dirent->d_name[0]))
			continue;
		pid = atoi(dirent->d_name);
		if (pid == getpid())
			continue;
		pidfd = pidfd_open(pid, 0);
		pfd = (struct pollfd){ .fd = pidfd, .events = POLLIN };
		if (pidfd < 0 || poll(&pfd, 1, 0) > 0 || !process_has_env(pid, entry))
			continue;
		if (before)
			before(pid, arg);
		if (!pidfd_send_signal(pidfd, signal, NULL, 0))
			n++;
	}
	return n;
}

bool leftovers_any(const char *entry)
{
	return signal_round(entry, 0, NULL, NULL) > 0;
}

/* A killed process may have started another just before: again until none is found. */
void leftovers_kill(const char *entry, void (*before)(pid_t pid, void *arg), void *arg)
{
	for (int i = 0; i < ROUNDS && signal_round(entry, SIGKILL, before, arg); i++)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
}
