/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * marked DIR CALLS THREADS: a stand-in for a target with phase marks. Loads a library, calls its
 * functions CALLS times between the marks import_end and visit_end, and as often after it, while
 * THREADS other threads sleep, of which half run before the load.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FUNCTIONS 10
#define THREADS_MAX 16

void pynamic_phase(const char *name);
void in_program(void);

__attribute__((noinline)) void pynamic_phase(const char *name)
{
	__asm__ volatile("" : : "r"(name) : "memory");
}

__attribute__((noinline)) void in_program(void)
{
	__asm__ volatile("");
}

static int (*functions[FUNCTIONS])(void);
static pthread_barrier_t early, started, ended;

static void *sleeper(void *arg)
{
	if (arg)
		pthread_barrier_wait(&early);
	pthread_barrier_wait(&started);
	pthread_barrier_wait(&ended);
	functions[0]();
	return NULL;
}

static int call_all(int calls)
{
	int sum = 0;

	for (int i = 0; i < calls; i++)
		for (int j = 0; j < FUNCTIONS; j++)
			sum += functions[j]();
	return sum;
}

static int load(const char *dir)
{
	char path[4096];
	void *library;

	snprintf(path, sizeof(path), "%s/libhot.so", dir);
	library = dlopen(path, RTLD_NOW);
	for (int i = 0; library && i < FUNCTIONS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "hot%d", i);
		functions[i] = (int (*)(void))dlsym(library, name);
	}
	return library && functions[FUNCTIONS - 1];
}

int main(int argc, char **argv)
{
	int calls = argc > 3 ? atoi(argv[2]) : 1, n = argc > 3 ? atoi(argv[3]) : 0;
	pthread_t threads[THREADS_MAX];

	if (n > THREADS_MAX)
		return 2;
	pthread_barrier_init(&early, NULL, (unsigned int)n / 2 + 1);
	pthread_barrier_init(&started, NULL, (unsigned int)n + 1);
	pthread_barrier_init(&ended, NULL, (unsigned int)n + 1);
	for (int i = 0; i < n / 2; i++)
		pthread_create(&threads[i], NULL, sleeper, &early);
	pthread_barrier_wait(&early);
	pynamic_phase("import_begin");
	if (argc < 2 || !load(argv[1]))
		return 3;
	for (int i = n / 2; i < n; i++)
		pthread_create(&threads[i], NULL, sleeper, NULL);
	pthread_barrier_wait(&started);
	pynamic_phase("import_end");
	if (call_all(calls) != 45 * calls)
		return 1;
	pynamic_phase("visit_end");
	in_program();
	if (call_all(calls) != 45 * calls)
		return 1;
	pthread_barrier_wait(&ended);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
