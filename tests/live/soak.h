/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The task of a soak (test_soak.c): started, looked at, ended. It is in a process group of its own, with all that it
 * makes; orphans come to us (PR_SET_CHILD_SUBREAPER), so that none is left.
 */
#ifndef TESTS_LIVE_SOAK_H
#define TESTS_LIVE_SOAK_H

#include "../unit/unit.h"

#include <errno.h>

#include "freezer.h"
#include "lib/clock.h"
#include "steady.h"

#define END_NS (20 * NS_PER_S)

static const char *const activities[] = { "load", "spawn", "fork", "vfork", "slow", "share",
					  "sharing", "threads", "signals", "calls", "exec", "leader" };

struct soak {
	struct steady *s;
	uint64_t random;
	struct freezer freezers[N_FREEZERS];
	struct freezer *freezer; /* of the current task; NULL: it is in none */
	bool quiet;              /* the task comes to no trap: its tracer may be killed */
	char mix[200];
	unsigned int rounds, attaches, kills, storms, freezes, refused, tasks;
	unsigned int uprobed; /* met by a uprobe of somebody else's */
	size_t repaired;
	unsigned int dead, stuck, damaged, wrong, failed;
};

/* What must not outlive us, for the handler of the alarm. */
static volatile pid_t the_task, the_tracer, the_storm;
static struct freezer *volatile the_freezer;

static inline unsigned int pick(struct soak *soak, unsigned int n)
{
	soak->random = soak->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(soak->random >> 33) % n;
}

static inline void say(const struct soak *soak, const char *what)
{
	print_error("round %u, task of '%s': %s\n", soak->rounds, soak->mix, what);
}

static inline void end_all(void)
{
	const pid_t pids[] = { the_storm, the_tracer, the_task };

	for (size_t i = 0; i < ARRAY_SIZE(pids); i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	if (the_task > 0)
		kill(-the_task, SIGKILL); /* its children, too */
	if (the_freezer)
		freezer_set(the_freezer, false);
}

/* False if it lives still at the end. */
static inline bool wait_end(pid_t pid, int64_t limit_ns, int *status_ret)
{
	int64_t end_ns = clock_now_ns() + limit_ns;
	pid_t got;

	while (!(got = waitpid(pid, status_ret, WNOHANG | __WALL)) && clock_now_ns() < end_ns)
		usleep(500);
	return got == pid;
}

/* --- the task ---------------------------------------------------------------------- */

static inline bool is_loud(const char *activity)
{
	return !strcmp(activity, "load") || !strcmp(activity, "exec");
}

static inline void task_start(struct soak *soak)
{
	const char *mix = getenv("SOAK_MIX");
	struct freezer *freezer = &soak->freezers[pick(soak, N_FREEZERS)];

	soak->quiet = pick(soak, 3) == 0;
	snprintf(soak->mix, sizeof(soak->mix), "%s", mix ? mix : "calls");
	for (size_t i = 0; i < ARRAY_SIZE(activities); i++) {
		if (mix && is_loud(activities[i]) && strstr(mix, activities[i]))
			soak->quiet = false;
		if (mix || pick(soak, 3) || (soak->quiet && is_loud(activities[i])))
			continue;
		strcat(soak->mix, ",");
		strcat(soak->mix, activities[i]);
	}
	steady_start(soak->s, soak->mix);
	the_task = soak->s->pids[0];
	soak->tasks++;
	soak->freezer = freezer->group && freezer_take(freezer, the_task) ? freezer : NULL;
	the_freezer = soak->freezer;
}

/* Who was in its group, and came to us as its parent ended, goes too. */
static inline void task_forget(struct soak *soak)
{
	int64_t end_ns = clock_now_ns() + END_NS;
	pid_t got;

	kill(-the_task, SIGKILL);
	while (((got = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0 || errno == EINTR) && clock_now_ns() < end_ns)
		if (!got)
			usleep(500);
	if (got >= 0) {
		say(soak, "a child of it does not end");
		soak->stuck++;
	}
	the_task = 0;
	the_freezer = soak->freezer = NULL;
	close(soak->s->out[0]);
	soak->s->pids[0] = 0;
	soak->s->n = 0;
}

/* Tells where each thread of it is. */
static inline void task_show(pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/task", (int)pid);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		_cleanup_strbuf_ struct strbuf stat = STRBUF_INIT, call = STRBUF_INIT, stack = STRBUF_INIT;
		_cleanup_free_ char *stat_path = mem_printf("%s/%s/stat", path, entry->d_name),
				    *call_path = mem_printf("%s/%s/syscall", path, entry->d_name),
				    *stack_path = mem_printf("%s/%s/stack", path, entry->d_name);

		if (*entry->d_name == '.')
			continue;
		err_free(fs_read(stat_path, &stat));
		err_free(fs_read(call_path, &call));
		err_free(fs_read(stack_path, &stack));
		print_error("    %.24s, traced by %llu, in system call %s%.400s\n", stat.text,
			    (unsigned long long)thread_status_number(atoi(entry->d_name), "TracerPid", 10), call.text,
			    stack.text);
	}
}

static inline void task_end(struct soak *soak)
{
	int64_t end_ns = clock_now_ns() + END_NS;
	int status = 0;

	/* Again and again: one that comes just before an exec is lost. */
	do
		kill(the_task, SIGTERM);
	while (!wait_end(the_task, 2 * NS_PER_MS, &status) && clock_now_ns() < end_ns);
	if (clock_now_ns() >= end_ns) {
		say(soak, "it does not end");
		task_show(the_task);
		soak->stuck++;
		kill(the_task, SIGKILL);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		_cleanup_free_ char *how = proc_status_text(status);
		_cleanup_free_ char *what = mem_printf("in the end it %s", how);

		say(soak, what);
		soak->wrong++;
	}
	task_forget(soak);
}

/* False if it has died. A library that is on its way in has no text for a moment. */
static inline bool task_is_whole(struct soak *soak)
{
	pid_t tid = 0;
	char what[512] = "it has no memory";
	int status;

	for (int i = 0; i < 500; i++) {
		if (waitpid(the_task, &status, WNOHANG | __WALL) == the_task) {
			_cleanup_free_ char *how = proc_status_text(status);

			say(soak, how);
			soak->dead++;
			task_forget(soak);
			return false;
		}
		tid = process_live_tid(the_task);
		if (tid && !text_changes(tid, what, sizeof(what)))
			return true;
		usleep(2000);
	}
	if (*(const volatile uint8_t *)_r_debug.r_brk == TRAP_BYTE) {
		soak->uprobed++;
		return true;
	}
	say(soak, what);
	soak->damaged++;
	return true;
}

#endif
