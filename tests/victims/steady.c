/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steady DIR [quiet]: a job's task at work, for tracers that come and go. Threads call two
 * functions without end, of which a tracer may emulate the one's first instruction and must step the
 * other's; libraries are loaded and unloaded all the time, or with "quiet" once
 * for each SIGRTMIN+1. SIGRTMIN is counted: these are queued, and none is ever dropped. At
 * SIGTERM it does what was still asked of it, prints that count, and exits with 0 if every
 * call gave the right result.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define N_THREADS 3

long marked(long x);
long never_called(long x);
long stepped(void);

__asm__(".text\n"
	".globl stepped\n.type stepped, @function\n"
	"stepped: mov stepped_value(%rip), %rax\n ret\n.size stepped, . - stepped\n"
	".data\n.align 8\nstepped_value: .quad 42\n.text\n");

static atomic_int done, wrong, asked, counted;

long marked(long x)
{
	return x + 1;
}

long never_called(long x)
{
	return x - 1;
}

static void pause_us(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

static void *work(void *arg)
{
	for (long i = 0; !atomic_load(&done); i++) {
		if (marked(i) != i + 1 || stepped() != 42)
			atomic_store(&wrong, 1);
		pause_us(200);
	}
	return arg;
}

static void handle(int sig)
{
	if (sig == SIGTERM)
		atomic_store(&done, 1);
	else if (sig == SIGRTMIN + 1)
		atomic_fetch_add(&asked, 1);
	else
		atomic_fetch_add(&counted, 1);
}

static void load(const char *dir)
{
	char path[4096];
	void *library;
	int (*add)(int, int);

	snprintf(path, sizeof(path), "%s/libvictim.so", dir);
	library = dlopen(path, RTLD_NOW);
	add = library ? (int (*)(int, int))dlsym(library, "victim_add") : NULL;
	if (!add || add(2, 3) != 5 || dlclose(library))
		atomic_store(&wrong, 1);
}

int main(int argc, char **argv)
{
	int quiet = argc > 2 && !strcmp(argv[2], "quiet");
	pthread_t threads[N_THREADS];

	signal(SIGTERM, handle);
	signal(SIGRTMIN + 1, handle);
	signal(SIGRTMIN, handle);
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	if (write(STDOUT_FILENO, "r", 1) != 1) /* ready */
		return 2;
	while (!atomic_load(&done) || atomic_load(&asked) > 0) {
		if (!quiet) {
			load(argv[1]);
		} else if (atomic_load(&asked) > 0) {
			load(argv[1]);
			atomic_fetch_sub(&asked, 1);
		}
		pause_us(500);
	}
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", atomic_load(&counted));
	return atomic_load(&wrong);
}
