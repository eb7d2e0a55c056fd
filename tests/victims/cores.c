/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Loads and unloads a library, and now and then makes a thread and a process that look at the
 * cores they may run on: those that this process began with, whatever a tracer does to the
 * thread that it follows. Ends with 1 if not. Arguments: folder of the victims, rounds.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static cpu_set_t at_start;

static void *same_cores(void *arg)
{
	cpu_set_t mine;

	if (sched_getaffinity(0, sizeof(mine), &mine) || !CPU_EQUAL(&mine, &at_start))
		*(int *)arg = 1;
	return NULL;
}

static int in_child(void)
{
	pid_t pid = fork();
	int status, differs = 0;

	if (pid == 0) {
		same_cores(&differs);
		_exit(differs);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 1, differs = 0;
	char path[4096];

	if (argc < 2 || sched_getaffinity(0, sizeof(at_start), &at_start))
		return 2;
	snprintf(path, sizeof(path), "%s/libvictim.so", argv[1]);
	for (int i = 0; i < rounds && !differs; i++) {
		void *library = dlopen(path, RTLD_NOW);
		pthread_t thread;

		if (!library || dlclose(library))
			return 3;
		if (i % 20 != 19)
			continue;
		if (pthread_create(&thread, NULL, same_cores, &differs) || pthread_join(thread, NULL))
			return 4;
		differs |= in_child();
	}
	return differs;
}
