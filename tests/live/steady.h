/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks at work (the victim steady) that tracers attach to: what the tests of that share. */
#ifndef TESTS_LIVE_STEADY_H
#define TESTS_LIVE_STEADY_H

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf/symidx.h"
#include "job/acquire/tasklist.h"
#include "lib/proc.h"
#include "native.h"
#include "tool/repair.h"
#include "trace/procstate.h"
#include "trace/waits/wait.h"

#define MAX_TASKS 4

struct steady {
	struct spy *spy;
	const char *program; /* NULL: the victim steady */
	pid_t pids[MAX_TASKS];
	int out[MAX_TASKS]; /* what they print */
	size_t n;
};

static inline void steady_start(struct steady *s, const char *mode)
{
	_cleanup_free_ char *path = fs_join(s->spy->victims, s->program ? s->program : "steady");
	struct proc_opts opts = PROC_OPTS_INIT;
	int fds[2];
	char ready;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	opts.stdout_fd = fds[1];
	opts.death_signal = SIGKILL;
	opts.new_group = true; /* what it makes ends with it */
	assert_ok(proc_spawn(WORDS(path, s->spy->victims, mode), &opts, &s->pids[s->n]));
	close(fds[1]);
	s->out[s->n++] = fds[0];
	assert_int_equal(read(fds[0], &ready, 1), 1);
}

static inline int steady_setup(void **state)
{
	struct steady *s = mem_alloc(sizeof(*s));

	if (spy_setup((void **)&s->spy))
		return -1;
	*state = s;
	return 0;
}

static inline int steady_teardown(void **state)
{
	struct steady *s = *state;
	int failed;

	for (size_t i = 0; i < s->n; i++) {
		if (s->pids[i]) {
			pid_t got;

			kill(-s->pids[i], SIGKILL);
			do /* its threads first, if we trace them still */
				got = waitpid(-1, NULL, __WALL);
			while (got > 0 && got != s->pids[i]);
		}
		close(s->out[i]);
	}
	failed = spy_teardown((void **)&s->spy);
	free(s);
	return failed;
}

/* Ends a task that nobody traces: it must say that all was right, and how many signals it had. */
static inline void steady_end(struct steady *s, size_t i, int signals)
{
	char text[16] = "";
	int status;

	assert_int_equal(kill(s->pids[i], SIGTERM), 0);
	assert_int_equal(waitpid(s->pids[i], &status, __WALL), s->pids[i]);
	s->pids[i] = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("task %zu has status 0x%x", i, status);
	assert_true(read(s->out[i], text, sizeof(text) - 1) > 0);
	assert_int_equal(atoi(text), signals);
}

/* Follows the tasks with these pids for a time; 0 is until they end. */
static inline struct err *attach(struct steady *s, const pid_t *pids, size_t n, int64_t for_ns, const char *const *breakpoints)
{
	struct listed_task tasks[MAX_TASKS];
	const struct tasklist list = { .tasks = tasks, .n = n };
	const struct job_plan plan = { .attach = true, .acquire = ACQUIRE_LIST, .list = &list, .attach_ns = for_ns };
	struct tool_request request = { .scenario = &s->spy->scenario, .plan = &plan,
					.breakpoints = (char **)breakpoints, .stop = &s->spy->stop };

	for (size_t i = 0; i < n; i++)
		tasks[i] = (struct listed_task){ (int)i, pids[i], (char *)"-" };
	while (breakpoints && breakpoints[request.n_breakpoints])
		request.n_breakpoints++;
	trial_deinit(&s->spy->trial);
	trial_init(&s->spy->trial);
	return tool_native.run(&request, &s->spy->trial);
}

static inline char status_field(pid_t pid, const char *name)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/status", pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	assert_ok(fs_read(path, &text));
	return strstr(text.text, name)[strlen(name) + 2]; /* "Name:\tX" */
}

static inline void assert_untraced(pid_t pid)
{
	assert_int_equal(status_field(pid, "TracerPid"), '0');
}

/* Where the loader is mapped in a process. */
static inline taddr loader_base(const char *maps_path)
{
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	char *name, *line;

	assert_ok(fs_read(maps_path, &maps));
	name = strstr(maps.text, "/ld-linux");
	assert_non_null(name);
	for (line = name; line > maps.text && line[-1] != '\n'; line--)
		;
	return strtoull(line, NULL, 16);
}

static inline bool hook_is_trapped(pid_t pid)
{
	_cleanup_free_ char *maps = mem_printf("/proc/%d/maps", pid), *mem = mem_printf("/proc/%d/mem", pid);
	taddr hook = _r_debug.r_brk - loader_base("/proc/self/maps") + loader_base(maps);
	_cleanup_close_ int fd = open(mem, O_RDONLY | O_CLOEXEC);
	uint8_t byte = 0;

	return fd >= 0 && pread(fd, &byte, 1, (off_t)hook) == 1 && byte == TRAP_BYTE;
}

/* Until its hook has the trap: from then on no load is missed. The other traps are in within
 * the next moments. */
static inline void wait_traced(pid_t pid)
{
	for (int i = 0; i < 20000 && (status_field(pid, "TracerPid") == '0' || !hook_is_trapped(pid)); i++)
		usleep(1000);
	usleep(500000);
}

/* A uprobe on the loader's hook, of anybody on this machine, is a trap in every process. */
static inline void skip_with_uprobe(void)
{
	if (*(const volatile uint8_t *)_r_debug.r_brk == TRAP_BYTE)
		skip();
}

static inline size_t repaired(pid_t pid)
{
	struct symcache *symbols = symcache_create();
	size_t n = 99;

	assert_ok(repair_task(pid, symbols, &n));
	symcache_destroy(symbols);
	assert_untraced(pid);
	return n;
}

static inline size_t open_descriptors(void)
{
	_cleanup_closedir_ DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	return n;
}

/*
 * Bytes of a process's text that are not those of its files; where one is, in what_ret. SIZE_MAX if that has no memory
 * (any more).
 */
static inline size_t text_changes(pid_t pid, char *what_ret, size_t size)
{
	_cleanup_free_ char *maps_path = mem_printf("/proc/%d/maps", pid), *mem_path = mem_printf("/proc/%d/mem", pid);
	_cleanup_close_ int mem = open(mem_path, O_RDONLY | O_CLOEXEC);
	_cleanup_strbuf_ struct strbuf maps = STRBUF_INIT;
	struct err *err = fs_read(maps_path, &maps);
	size_t n_changed = 0;
	char *rest = NULL;

	if (err || !maps.len) {
		snprintf(what_ret, size, "%s", err ? err_message(err) : "it has no memory");
		err_free(err);
		return SIZE_MAX;
	}
	for (char *line = strtok_r(maps.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long start, end, offset;
		uint8_t mine[4096], files[4096];
		const char *path = strchr(line, '/');
		_cleanup_close_ int file = -1;

		if (!path || sscanf(line, "%lx-%lx r-xp %lx", &start, &end, &offset) != 3)
			continue;
		file = open(path, O_RDONLY | O_CLOEXEC);
		for (unsigned long at = start; file >= 0 && at < end; at += sizeof(mine)) {
			ssize_t n = pread(file, files, sizeof(files), (off_t)(at - start + offset));

			if (n < 1 || pread(mem, mine, sizeof(mine), (off_t)at) != (ssize_t)sizeof(mine))
				break; /* a library of the task's own that went away meanwhile */
			for (ssize_t i = 0; i < n; i++)
				if (mine[i] != files[i] && !n_changed++)
					snprintf(what_ret, size, "0x%lx of %s is 0x%02x, not 0x%02x",
						 at - start + offset + (unsigned long)i, path, mine[i], files[i]);
		}
	}
	return n_changed;
}

static inline void assert_text_clean(pid_t pid)
{
	char what[512];

	if (!text_changes(pid, what, sizeof(what)))
		return;
	skip_with_uprobe();
	fail_msg("pid %d: %s", pid, what);
}

#endif
