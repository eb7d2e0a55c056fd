/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nested DIR N: in main and in N threads, nested_a calls nested_b calls nested_c, which loads
 * and unloads a library.
 * nested DIR N hang: nested_c sleeps for ever, main under a handler of a signal.
 * nested DIR 0 deep: nested_deep calls itself 1,000 times, then sleeps.
 * nested DIR 0 broken: sleeps with a frame pointer that points to itself and a return address
 * in no library.
 * nested DIR 0 looping: sleeps where the call frame information is an expression without end.
 * Who is about to sleep says so by a file in the folder of NESTED_READY.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nested_a(const char *dir);
void nested_b(const char *dir);
void nested_c(const char *dir);
void nested_handler(int sig);
void nested_deep(int levels);
void nested_broken(void *frame);
void nested_looping(void);
void *nested_thread(void *dir);

/* No call frame information, so that an unwinder has the frame pointer alone. */
__asm__(".text\n.globl nested_broken\n.type nested_broken, @function\n"
	"nested_broken: mov %rdi, %rsp\n mov %rdi, %rbp\n mov $34, %eax\n" /* pause(2) */
	"1: syscall\n mov $34, %eax\n jmp 1b\n.size nested_broken, . - nested_broken\n");

/* DW_CFA_def_cfa_expression of one operation, DW_OP_skip to itself. */
__asm__(".globl nested_looping\n.type nested_looping, @function\n"
	"nested_looping: .cfi_startproc\n .cfi_escape 0x0f, 3, 0x2f, 0xfd, 0xff\n mov $34, %eax\n"
	"1: syscall\n mov $34, %eax\n jmp 1b\n .cfi_endproc\n.size nested_looping, . - nested_looping\n");

static int hangs;

/* Leaves a file named after the thread where NESTED_READY says. */
static void tell_ready(void)
{
	const char *dir = getenv("NESTED_READY");
	char path[4096];
	int fd;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%d.%d", dir, getpid(), gettid());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static void sleep_forever(void)
{
	tell_ready();
	for (;;)
		pause();
}

void nested_c(const char *dir)
{
	char path[4096];
	void *library;

	if (hangs) {
		if (hangs == 1 && gettid() == getpid())
			raise(SIGUSR1);
		sleep_forever();
	}
	snprintf(path, sizeof(path), "%s/libvictim.so", dir);
	library = dlopen(path, RTLD_NOW);
	if (!library)
		exit(2);
	dlclose(library);
}

void nested_b(const char *dir)
{
	nested_c(dir);
}

void nested_a(const char *dir)
{
	nested_b(dir);
}

void nested_handler(int sig)
{
	(void)sig;
	sleep_forever();
}

void nested_deep(int levels)
{
	if (levels)
		nested_deep(levels - 1);
	else
		sleep_forever();
}

void *nested_thread(void *dir)
{
	nested_a(dir);
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0;
	const char *what = argc > 3 ? argv[3] : "";
	static void *frame[1024];
	pthread_t threads[64];

	if (argc < 3 || n > 64)
		return 2;
	if (!strcmp(what, "deep"))
		nested_deep(1000);
	if (!strcmp(what, "broken")) {
		frame[512] = &frame[512];
		frame[513] = (void *)0x1234;
		tell_ready();
		nested_broken(&frame[512]);
	}
	if (!strcmp(what, "looping")) {
		tell_ready();
		nested_looping();
	}
	hangs = !strcmp(what, "hang");
	signal(SIGUSR1, nested_handler);
	for (int i = 0; i < n; i++) {
		pthread_create(&threads[i], NULL, nested_thread, argv[1]);
		/* One after the other: two at once would have the library loaded for one of them only. */
		if (!hangs)
			pthread_join(threads[i], NULL);
	}
	nested_a(argv[1]);
	return 0;
}
