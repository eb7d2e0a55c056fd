/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restless DIR ACTIVITY,...: a job's task that does what is hard on a tracer which comes and goes: one thread for
 * each activity of the table below, until SIGTERM. All of them call two functions that a tracer may break
 * at; a child that dies, or a wrong result, is counted. Prints how many rounds there were, and exits with 1 if
 * anything was wrong. With "leader" the first thread ends at once, and the others go on. "deaf" has SIGTRAP
 * blocked, with a handler, and "ignoring" ignores it: both must be so in the end. "handling" has the handler alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024)
#define EXEC_ROUNDS 40 /* and of "execs" none */

long marked(long x);
long never_called(long x);
long stepped(void);

__asm__(".text\n"
	".globl stepped\n.type stepped, @function\n"
	"stepped: mov stepped_value(%rip), %rax\n ret\n.size stepped, . - stepped\n"
	".data\n.align 8\nstepped_value: .quad 42\n.text\n");

extern char **environ;
static const char *victims;
static char **arguments;
static volatile sig_atomic_t done;
static atomic_int wrong;
static atomic_long rounds;
static volatile sig_atomic_t n_traps;

long marked(long x)
{
	return x + 1;
}

long never_called(long x)
{
	return x - 1;
}

static void check(int right, const char *what)
{
	if (right)
		return;
	atomic_store(&wrong, 1);
	fprintf(stderr, "restless: %s\n", what);
}

static int calls_are_right(long x)
{
	return marked(x) == x + 1 && stepped() == 42;
}

static void pause_us(long us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void expect_exit(pid_t pid, int status, const char *what)
{
	pid_t got;
	int how = 0;

	do
		got = waitpid(pid, &how, __WALL);
	while (got < 0 && errno == EINTR);
	if (got == pid && WIFEXITED(how) && WEXITSTATUS(how) == status)
		return;
	fprintf(stderr, "restless: status 0x%x of ", (unsigned int)how);
	check(0, what);
}

static int load(void)
{
	char path[4096];
	void *library;
	int (*add)(int, int);

	snprintf(path, sizeof(path), "%s/libvictim.so", victims);
	library = dlopen(path, RTLD_NOW);
	add = library ? (int (*)(int, int))dlsym(library, "victim_add") : NULL;
	return add && add(2, 3) == 5 && !dlclose(library);
}

static int asked_for(const char *name)
{
	char *words = strdup(arguments[2]), *rest = words, *word;
	int found = 0;

	while ((word = strsep(&rest, ",")))
		found |= !strcmp(word, name);
	free(words);
	return found;
}

/* --- activities ------------------------------------------------------------------- */

static void do_load(void)
{
	check(load(), "a load");
}

static void do_spawn(void)
{
	static char name[] = "true", *argv[] = { name, NULL };
	pid_t pid;

	if (!posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ))
		expect_exit(pid, 0, "a posix_spawn");
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(calls_are_right(6) ? 7 : 8);
	if (pid > 0)
		expect_exit(pid, 7, "a fork");
}

static void vfork_after(long us)
{
	static char name[] = "true", *argv[] = { name, NULL };
	pid_t pid = vfork();

	if (!pid) {
		if (us)
			pause_us(us);
		execve("/bin/true", argv, environ);
		_exit(9);
	}
	if (pid > 0)
		expect_exit(pid, 0, "a vfork");
}

static void do_vfork(void)
{
	vfork_after(0);
}

static void do_slow_vfork(void)
{
	vfork_after(20000);
}

/* A process in this one's memory; its thread-local storage is that of who made it, who waits for it. */
static int guest(void *arg)
{
	int right = 1;

	for (long i = 0; i < *(long *)arg && !done; i++) {
		right &= calls_are_right(i);
		pause_us(500);
	}
	syscall(SYS_exit_group, right ? 3 : 4);
	return 0;
}

static void share(long n)
{
	char *stack = malloc(STACK_BYTES);
	pid_t pid = clone(guest, stack + STACK_BYTES, CLONE_VM | SIGCHLD, &n);

	if (pid > 0)
		expect_exit(pid, 3, "a process in the same memory");
	free(stack);
}

static void do_share(void)
{
	share(10);
}

/* It cannot be told to end when another thread executes a program, so by itself, after a second. */
static void do_share_long(void)
{
	share(2000);
}

/* A process in this one's memory that outlives it by some 300 ms, and says itself whether all was right. */
static int outlive(void *arg)
{
	int right = 1;

	for (long i = 0; i < 600 || !done; i++) {
		right &= calls_are_right(i);
		pause_us(500);
		if (!done)
			i = 0;
	}
	if (write(STDOUT_FILENO, right ? "g" : "x", 1) != 1)
		right = 0;
	syscall(SYS_exit_group, right ? 0 : 1);
	return arg != NULL;
}

static void do_outlived(void)
{
	static int begun;

	if (!begun)
		clone(outlive, (char *)malloc(STACK_BYTES) + STACK_BYTES, CLONE_VM | SIGCHLD, NULL);
	begun = 1;
	pause_us(1000);
}

static void *thread_once(void *arg)
{
	check(calls_are_right(4), "a call of a short thread");
	return arg;
}

static void do_threads(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, thread_once, NULL))
		pthread_join(thread, NULL);
}

static void do_signals(void)
{
	pthread_kill(pthread_self(), SIGRTMIN);
}

static void do_calls(void)
{
	pause_us(200);
}

/* The whole program anew, its other threads in the middle of something. */
static void do_exec(void)
{
	static atomic_int n;
	sigset_t term;

	if (atomic_fetch_add(&n, 1) < EXEC_ROUNDS && !asked_for("execs"))
		return;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL); /* until its handler is there again */
	setenv("RESTLESS_AGAIN", "1", 1);
	execv("/proc/self/exe", arguments);
}

static const struct activity {
	const char *name;
	void (*once)(void);
} activities[] = {
	{ "load", do_load },   { "spawn", do_spawn },	{ "fork", do_fork },	       { "vfork", do_vfork },
	{ "slow", do_slow_vfork }, { "share", do_share },	{ "sharing", do_share_long }, { "threads", do_threads },
	{ "signals", do_signals }, { "calls", do_calls }, { "exec", do_exec }, { "execs", do_exec }, { "outlived", do_outlived },
	/* Of the whole process: */
	{ "leader", do_calls }, { "deaf", do_calls }, { "ignoring", do_calls }, { "handling", do_calls },
};
#define N_ACTIVITIES (sizeof(activities) / sizeof(activities[0]))

static void *act(void *arg)
{
	const struct activity *activity = arg;

	for (long i = 0; !done; i++) {
		check(calls_are_right(i), "a call");
		activity->once();
		atomic_fetch_add(&rounds, 1);
		pause_us(300);
	}
	return NULL;
}

/* --- the whole -------------------------------------------------------------------- */

static void handle(int sig)
{
	if (sig == SIGTERM)
		done = 1;
	else if (sig == SIGTRAP)
		n_traps++;
}

static void traps_set_up(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	if (asked_for("ignoring"))
		signal(SIGTRAP, SIG_IGN);
	if (asked_for("handling"))
		signal(SIGTRAP, handle);
	if (!asked_for("deaf"))
		return;
	signal(SIGTRAP, handle);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Nobody traces us any more: a SIGTRAP of our own is ignored, or waits and is handled. */
static void traps_check(void)
{
	struct sigaction action;
	sigset_t set;

	sigaction(SIGTRAP, NULL, &action);
	if (asked_for("ignoring"))
		check(action.sa_handler == SIG_IGN, "SIGTRAP is ignored no more");
	if (asked_for("handling") || asked_for("deaf"))
		check(action.sa_handler == handle, "the handler of SIGTRAP is away");
	if (!asked_for("deaf"))
		return;
	pthread_sigmask(SIG_BLOCK, NULL, &set);
	check(sigismember(&set, SIGTRAP) == 1, "SIGTRAP is blocked no more");
	check(n_traps == 0, "SIGTRAP was handled");
	if (atomic_load(&wrong))
		return;
	pthread_kill(pthread_self(), SIGTRAP);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	check(n_traps == 1, "SIGTRAP was not handled");
}

static void *run(void *arg)
{
	pthread_t threads[N_ACTIVITIES];
	size_t n = 0;

	for (size_t i = 0; i < N_ACTIVITIES; i++)
		if (asked_for(activities[i].name))
			pthread_create(&threads[n++], NULL, act, (void *)&activities[i]);
	while (!done) {
		check(calls_are_right(1), "a call");
		pause_us(1000);
	}
	while (n > 0)
		pthread_join(threads[--n], NULL);
	traps_check();
	printf("%ld\n", atomic_load(&rounds));
	exit(atomic_load(&wrong));
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	pthread_t thread;
	sigset_t term;

	if (argc != 3)
		return 2;
	victims = argv[1];
	arguments = argv;
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_UNBLOCK, &term, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	traps_set_up();
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* its tracer is a sibling */
	if (asked_for("leader"))
		dlopen("libgcc_s.so.1", RTLD_NOW); /* as the first pthread_exit does */
	if (!getenv("RESTLESS_AGAIN") && write(STDOUT_FILENO, "r", 1) != 1) /* ready */
		return 2;
	pthread_create(&thread, NULL, run, NULL);
	if (asked_for("leader"))
		pthread_exit(NULL);
	pthread_join(thread, NULL);
	return 2;
}
