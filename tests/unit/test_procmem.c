/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole transfers through /proc/PID/mem: all bytes, or what was not there; and an address space that
 * is no more told from one that is, whatever became of its process.
 */
#include "trace/memory/procmem.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/progress.h"
#include "unit.h"

#define PAGE 4096u

static int mem_of(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/mem", (int)pid);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* One readable page, not writable, with nothing behind it. */
static uint8_t *last_page(void)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED);
	assert_int_equal(munmap(pages + PAGE, PAGE), 0);
	return pages;
}

static taddr addr_of(const void *at)
{
	return (taddr)(uintptr_t)at;
}

static void all_or_what_is_not_mapped(void **state)
{
	_cleanup_close_ int fd = mem_of(getpid());
	uint8_t *page = last_page(), back[8] = { 0 };
	_cleanup_free_ char *says = mem_printf("at 0x%jx of pid", (uintmax_t)addr_of(page + PAGE));
	struct err *err;

	(void)state;
	assert_ok(process_mem_write(fd, getpid(), addr_of(page + PAGE - 8), "trapped!", 8));
	assert_memory_equal(page + PAGE - 8, "trapped!", 8);
	assert_ok(process_mem_read(fd, getpid(), addr_of(page + PAGE - 8), back, 8));
	assert_memory_equal(back, "trapped!", 8);

	/* Half of it has a place. A task that lives is not called gone for that. */
	err = process_mem_write(fd, getpid(), addr_of(page + PAGE - 4), "abcdefgh", 8);
	assert_int_equal(err_errnum(err), EIO);
	assert_non_null(strstr(err_message(err), says));
	err_free(err);
	assert_memory_equal(page + PAGE - 8, "trapabcd", 8);
	err = process_mem_read(fd, getpid(), addr_of(page + PAGE - 4), back, 8);
	assert_int_equal(err_errnum(err), EIO);
	err_free(err);
	munmap(page, PAGE);
}

/* Nothing moved, though there is memory: not what a process does that is gone. */
static void nothing_moved_is_an_error(void **state)
{
	_cleanup_close_ int fd = mem_of(getpid());
	uint8_t *page = last_page(), back[8];

	(void)state;
	assert_ok(fault_set("mem-write:1:short"));
	assert_err_has(process_mem_write(fd, getpid(), addr_of(page), "trapped!", 8), "nothing was moved");
	assert_ok(fault_set("mem-read:1:short"));
	assert_err_has(process_mem_read(fd, getpid(), addr_of(page), back, 8), "nothing was moved");
	assert_ok(fault_set(NULL));
	assert_int_equal(page[0], 0);
	munmap(page, PAGE);
}

static void assert_gone(int fd, pid_t pid, const void *at)
{
	uint8_t back[8];

	assert_true(err_is_gone(process_mem_write(fd, pid, addr_of(at), "trapped!", 8)));
	assert_true(err_is_gone(process_mem_read(fd, pid, addr_of(at), back, 8)));
}

/* Killed, and not yet waited for. */
static void memory_of_the_dead_is_gone(void **state)
{
	uint8_t *page = last_page();
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	_cleanup_close_ int fd = mem_of(pid);

	assert_ok(process_mem_write(fd, pid, addr_of(page), "trapped!", 8));
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_gone(fd, pid, page);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_gone(fd, pid, page);
	munmap(page, PAGE);
}

/* The process lives, but what was written to is no more. */
static void memory_before_an_exec_is_gone(void **state)
{
	uint8_t *page = last_page();
	int go[2], done[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(done, O_CLOEXEC), 0); /* closed by the exec */
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(go[0], &byte, 1) != 1)
			_exit(99);
		execlp("sleep", "sleep", "100", (char *)NULL);
		_exit(99);
	}
	_cleanup_close_ int fd = mem_of(pid);

	close(done[1]);
	assert_ok(process_mem_write(fd, pid, addr_of(page), "trapped!", 8));
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(read(done[0], &byte, 1), 0);
	assert_gone(fd, pid, page);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(go[0]);
	close(go[1]);
	close(done[0]);
	munmap(page, PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_or_what_is_not_mapped),
		cmocka_unit_test(nothing_moved_is_an_error),
		cmocka_unit_test(memory_of_the_dead_is_gone),
		cmocka_unit_test(memory_before_an_exec_is_gone),
	};

	progress_quiet();
	return cmocka_run_group_tests_name("procmem", tests, NULL, NULL);
}
