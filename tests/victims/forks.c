/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every way to make a process: 3 forks whose children call the function that tests break at
 * (one left with a trap in it would die of SIGTRAP), a vfork with exec, a posix_spawn, and in
 * the end an exec of itself. Calls marked() once before and once after that exec.
 */
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
int marked(int x);

int marked(int x)
{
	return x + 1;
}

static void expect_exit(pid_t pid, int status)
{
	int got;

	if (pid < 0 || waitpid(pid, &got, 0) != pid || !WIFEXITED(got) || WEXITSTATUS(got) != status)
		exit(1);
}

int main(int argc, char **argv)
{
	static char name[] = "true", *true_argv[] = { name, NULL };
	pid_t pid;

	if (marked(1) != 2)
		return 1;
	if (argc > 1 && !strcmp(argv[1], "again"))
		return 0;
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (!pid)
			_exit(marked(6));
		expect_exit(pid, 7);
	}
	pid = vfork();
	if (!pid) {
		execve("/bin/true", true_argv, environ);
		_exit(9);
	}
	expect_exit(pid, 0);
	if (posix_spawn(&pid, "/bin/true", NULL, NULL, true_argv, environ))
		return 1;
	expect_exit(pid, 0);
	execl("/proc/self/exe", "forks", "again", (char *)NULL);
	return 1;
}
