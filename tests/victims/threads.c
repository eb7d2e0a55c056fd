/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * threads N CALLS: N threads call three functions at once. Their first instructions differ:
 * a push, which a tracer may emulate, and two that it must step: one that reads memory
 * relative to itself and one that changes the stack pointer.
 */
#include <pthread.h>
#include <stdlib.h>

long hot_push(long x);
long hot_relative(void);
long hot_stack(long x);

__asm__(".text\n"
	".globl hot_relative\n.type hot_relative, @function\n"
	"hot_relative: mov hot_value(%rip), %rax\n ret\n.size hot_relative, . - hot_relative\n"
	".globl hot_stack\n.type hot_stack, @function\n"
	"hot_stack: sub $8, %rsp\n lea 1(%rdi), %rax\n add $8, %rsp\n ret\n.size hot_stack, . - hot_stack\n"
	".data\n.align 8\nhot_value: .quad 42\n.text\n");

long hot_push(long x)
{
	return x + 1;
}

static long calls;

static void *work(void *arg)
{
	long sum = 0;

	for (long i = 0; i < calls; i++)
		sum += hot_push(i) == i + 1 && hot_relative() == 42 && hot_stack(i) == i + 1;
	*(long *)arg = sum;
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 1;
	pthread_t threads[64];
	long sums[64];

	calls = argc > 2 ? atol(argv[2]) : 1;
	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, work, &sums[i]);
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		if (sums[i] != calls)
			return 1;
	}
	return 0;
}
