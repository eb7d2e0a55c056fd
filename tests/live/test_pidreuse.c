/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A task that has ended while its pid went to somebody else: it counts as ended, and the other
 * process is left alone. Pids are given out by hand in a namespace of the test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/acquire/tasklist.h"
#include "native.h"

#define SKIPPED 77
#define NO_REUSE 78

/* A process that waits to be killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static bool last_pid_set(pid_t pid)
{
	char text[16];
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%d", (int)pid);
	bool done = fd >= 0 && write(fd, text, (size_t)len) == len;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Runs as the first process of a pid namespace with a /proc of its own. */
static int in_namespace(void)
{
	volatile bool stop = false;
	struct job *job = NULL;
	pid_t first, other;
	char list[64];
	struct tasklist tasks;
	struct job_plan plan = { .n_tasks = 1, .acquire = ACQUIRE_LIST, .attach = true, .list = &tasks };
	int len;
	struct err *err;
	bool ended;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL))
		return SKIPPED;
	first = sleeper();
	len = snprintf(list, sizeof(list), "0 - %d\n", (int)first);
	err = tasklist_parse("list", list, (size_t)len, &tasks);
	if (!err)
		err = job_acquire(&plan, clock_now_ns() + 10 * NS_PER_S, &stop, &job);
	if (err) {
		fprintf(stderr, "%s\n", err_message(err));
		return 2;
	}
	if (job_task_ended(job, 0))
		return 3;
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	if (!last_pid_set(first - 1))
		return SKIPPED;
	other = sleeper();
	if (other != first)
		return NO_REUSE;
	ended = job_task_ended(job, 0);
	job_end(job, 0);
	job_destroy(job);
	tasklist_deinit(&tasks);
	/* Not ended, not signalled: still there. */
	if (waitpid(other, NULL, WNOHANG) != 0)
		return 4;
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return ended ? 0 : 5;
}

static void a_pid_given_to_another_is_no_task(void **state)
{
	pid_t helper = fork();
	int status;

	(void)state;
	assert_true(helper >= 0);
	if (helper == 0) {
		pid_t first;

		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(SKIPPED);
		first = fork();
		if (first == 0)
			_exit(in_namespace());
		waitpid(first, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	assert_int_equal(waitpid(helper, &status, 0), helper);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED) {
		print_message("skipped: no pid namespace with a /proc of its own can be made here: needs root\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pid_given_to_another_is_no_task),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("pidreuse", tests, NULL, NULL);
}
