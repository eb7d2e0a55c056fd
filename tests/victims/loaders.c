/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loaders DIR N ROUNDS: N threads at once, each loading and unloading a library of its own,
 * l0.so... of a folder, and calling it meanwhile.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX 16

static const char *dir;
static int rounds;

static void *work(void *arg)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/l%d.so", dir, (int)(long)arg);
	for (int i = 0; i < rounds; i++) {
		void *library = dlopen(path, RTLD_NOW);
		int (*add)(int, int);

		if (!library)
			return (void *)1;
		*(void **)&add = dlsym(library, "victim_add");
		if (!add || add(i, 3) != i + 3 || dlclose(library))
			return (void *)1;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[2]) : 0, failed = 0;
	pthread_t threads[MAX];

	dir = argc > 1 ? argv[1] : ".";
	rounds = argc > 3 ? atoi(argv[3]) : 0;
	for (int i = 0; i < n && i < MAX; i++)
		pthread_create(&threads[i], NULL, work, (void *)(long)i);
	for (int i = 0; i < n && i < MAX; i++) {
		void *result;

		pthread_join(threads[i], &result);
		failed |= result != NULL;
	}
	return failed;
}
