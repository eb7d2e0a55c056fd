/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals of all kinds while functions are called that tests break at: 500 sent to itself,
 * a timer, a SIGTRAP of its own, and a stop that only a SIGCONT from outside may end.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long stepped(void);
int marked(int x);

/* Must be single-stepped, so that a timer signal can come in the middle. */
__asm__(".text\n.globl stepped\n.type stepped, @function\n"
	"stepped: mov stepped_value(%rip), %rax\n ret\n.size stepped, . - stepped\n"
	".data\n.align 8\nstepped_value: .quad 7\n.text\n");

int marked(int x)
{
	return x + 1;
}

static volatile sig_atomic_t users, timers, traps;

static void count(int sig)
{
	if (sig == SIGUSR1)
		users++;
	else if (sig == SIGTRAP)
		traps++;
	else
		timers++;
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

/* The child sees that the parent does not come past its stop before it is continued. */
static int stop_and_continue(void)
{
	volatile int *past = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid(), pid = fork();
	int status;

	if (!pid) {
		pause_ms(100);
		if (*past)
			_exit(1);
		while (!*past && getppid() == parent) { /* a parent that was killed is waited for no more */
			kill(parent, SIGCONT);
			pause_ms(5);
		}
		_exit(0);
	}
	raise(SIGSTOP);
	*past = 1;
	while (waitpid(pid, &status, 0) != pid)
		;
	return status;
}

int main(void)
{
	struct itimerval timer = { .it_interval = { .tv_usec = 500 }, .it_value = { .tv_usec = 500 } };

	signal(SIGUSR1, count);
	signal(SIGTRAP, count);
	signal(SIGALRM, count);
	for (int i = 0; i < 500; i++)
		if (raise(SIGUSR1) || marked(i) != i + 1)
			return 1;
	raise(SIGTRAP);
	__asm__ volatile("int3");
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 2000; i++)
		if (stepped() != 7)
			return 2;
	while (!timers)
		pause_ms(1);
	timer = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &timer, NULL);
	if (users != 500 || traps != 2)
		return 3;
	return stop_and_continue() ? 4 : 0;
}
