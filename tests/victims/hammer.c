/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hammer N: N threads call a function without end, until SIGTERM; exits with 0 if every
 * call gave the right result. For tracers that come and go.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

long marked(long x);
long stepped(void);

__asm__(".text\n.globl stepped\n.type stepped, @function\n"
	"stepped: mov stepped_value(%rip), %rax\n ret\n.size stepped, . - stepped\n"
	".data\n.align 8\nstepped_value: .quad 7\n.text\n");

long marked(long x)
{
	return x + 1;
}

static atomic_int done, wrong;

static void *work(void *arg)
{
	for (long i = 0; !atomic_load(&done); i++)
		if (marked(i) != i + 1 || stepped() != 7)
			atomic_store(&wrong, 1);
	return arg;
}

static void end(int sig)
{
	(void)sig;
	atomic_store(&done, 1);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t threads[64];

	signal(SIGTERM, end);
	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	if (write(STDOUT_FILENO, "r", 1) != 1) /* ready */
		return 2;
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return atomic_load(&wrong);
}
