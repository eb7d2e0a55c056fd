/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads /proc/TID/stat, status, statm, cgroup. Keeps nothing: each answer is as old as its reading.
 * Invariant: only what /proc does not have is taken for gone; what cannot be read may be there.
 */
#include "trace/procstate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"

/* 0 or an errno. */
static int read_proc(pid_t tid, const char *file, struct strbuf *ret)
{
	char path[64];
	struct err *err;
	int errnum;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, file);
	err = fs_read(path, ret);
	errnum = err ? err_errnum(err) : 0;
	if (err && !errnum)
		errnum = EIO;
	err_free(err);
	return errnum;
}

static bool is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ESRCH;
}

/* What follows the name, which may hold anything: the state, and 19 fields later the start. */
static const char *stat_fields(pid_t tid, struct strbuf *text, int *errnum_ret)
{
	const char *after;

	*errnum_ret = read_proc(tid, "stat", text);
	after = *errnum_ret ? NULL : strrchr(text->text, ')');
	return after && strlen(after) > 2 ? after + 2 : NULL;
}

enum thread_state thread_state(pid_t tid)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int errnum;
	const char *fields = stat_fields(tid, &text, &errnum);

	switch (fields ? *fields : 0) {
	case 0:
		return is_gone(errnum) ? THREAD_GONE : THREAD_RUNS;
	case 'Z':
	case 'X':
		return THREAD_ENDED;
	case 'R':
		return THREAD_RUNS;
	case 'T':
	case 't':
		return THREAD_STOPPED;
	default:
		return THREAD_ASLEEP;
	}
}

uint64_t process_start_ticks(pid_t pid)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int errnum;
	const char *at = stat_fields(pid, &text, &errnum);

	for (int i = 0; at && i < 19; i++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? strtoull(at, NULL, 10) : 0;
}

/*
 * The first thread that `wanted` holds for; the process's first one is asked first, and again in the end: an exec by
 * one that was listed gives that one the first one's id, and its own is gone.
 */
static pid_t thread_find(pid_t pid, bool (*wanted)(pid_t tid))
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	if (wanted(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && tid != pid && wanted(tid))
			return tid;
	}
	return dir && wanted(pid) ? pid : 0;
}

/* Of a thread that has given its memory back all sizes are 0. */
static bool has_memory(pid_t tid)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	int errnum = read_proc(tid, "statm", &text);

	return errnum ? !is_gone(errnum) : strtoul(text.text, NULL, 10) > 0;
}

static bool lives(pid_t tid)
{
	enum thread_state state = thread_state(tid);

	return state != THREAD_GONE && state != THREAD_ENDED;
}

pid_t process_live_tid(pid_t pid)
{
	return thread_find(pid, has_memory);
}

bool process_has_ended(pid_t pid)
{
	return thread_find(pid, lives) == 0;
}

uint64_t thread_status_number(pid_t tid, const char *field, int base)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *label = mem_printf("\n%s:\t", field);
	const char *at = read_proc(tid, "status", &text) ? NULL : strstr(text.text, label);

	return at ? strtoull(at + strlen(label), NULL, base) : 0;
}

bool thread_status_has_signal(pid_t tid, const char *field, int signal)
{
	return thread_status_number(tid, field, 16) >> (signal - 1) & 1;
}

bool thread_is_traced_by_us(pid_t tid)
{
	return (pid_t)thread_status_number(tid, "TracerPid", 10) == gettid();
}

/* Where version 1's freezer is mounted (proc(5), mountinfo); NULL if it is not. */
static char *freezer_mount(void)
{
	_cleanup_strbuf_ struct strbuf mounts = STRBUF_INIT;
	char *rest = NULL;

	if (read_proc(getpid(), "mountinfo", &mounts))
		return NULL;
	for (char *line = strtok_r(mounts.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *type = strstr(line, " - cgroup ");
		char point[4096];

		if (type && strstr(type, "freezer") && sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1)
			return mem_strdup(point);
	}
	return NULL;
}

/* A frozen thread sleeps wherever it slept before, so its group is asked, and not where it waits. */
char *thread_frozen_by(pid_t tid)
{
	_cleanup_strbuf_ struct strbuf groups = STRBUF_INIT, state = STRBUF_INIT;
	_cleanup_free_ char *mount = NULL, *group = NULL, *path = NULL;
	const char *at = read_proc(tid, "cgroup", &groups) ? NULL : strstr(groups.text, ":freezer:");
	struct err *err;

	mount = at ? freezer_mount() : NULL;
	if (!mount)
		return NULL;
	at += strlen(":freezer:");
	group = mem_printf("%.*s", (int)strcspn(at, "\n"), at);
	path = mem_printf("%s%s/freezer.state", mount, group);
	err = fs_read(path, &state); /* the group at the top has none */
	if (err) {
		err_free(err);
		return NULL;
	}
	return strncmp(state.text, "THAWED", 6) ? no_free_ptr(group) : NULL;
}
