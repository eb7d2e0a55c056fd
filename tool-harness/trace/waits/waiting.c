/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of ways to wait, and the rule of the one that chooses. Does not look at what a
 * status means, and touches no task: following one is moving this thread.
 *
 * Invariant: this thread may run on `core` alone, or with -1 where it might before.
 */
#include "trace/waits/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/strbuf.h"
#include "trace/waits/tick.h"

/* Above this a wait is no part of a storm of loads, and a look at the machine costs nothing. */
#define LONG_WAIT_NS (5 * NS_PER_MS)

/* Spinning pays while it is shorter than the way of an idle core out of its sleep and back. */
#define SPIN_WORTH_NS (200 * NS_PER_US)
#define SPIN_LIMIT_NS NS_PER_MS /* then adaptive sleeps, whatever it had chosen */

/* --- what is seen ----------------------------------------------------------------- */

/* Runnable threads of the machine: the fourth word of /proc/loadavg, "r/n"; proc(5). One call, as this is
 * between two stops. */
static unsigned int count_runnable(const struct waiting *waiting)
{
	char text[128];
	ssize_t len = pread(waiting->load_fd, text, sizeof(text) - 1, 0);
	unsigned int n;

	text[len > 0 ? len : 0] = '\0';
	return sscanf(text, "%*s %*s %*s %u/", &n) == 1 ? n : 0;
}

/* The core that a thread last ran on: the 39th word of its stat, the 37th behind its name; -1: it is gone. */
static int core_of(pid_t process, pid_t thread)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_err_ struct err *err = NULL;
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", process, thread);
	err = fs_read(path, &text);
	at = err ? NULL : strrchr(text.text, ')');
	for (int word = 2; at && word < 39; word++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at ? atoi(at) : -1;
}

static void look_at_machine(struct waiting *waiting)
{
	waiting->history.runnable = count_runnable(waiting);
	waiting->history.cores = (unsigned int)CPU_COUNT(&waiting->home);
}

static bool core_is_free(const struct wait_history *history)
{
	return history->runnable && history->runnable <= history->cores;
}

/* --- moving ----------------------------------------------------------------------- */

static void move_to(struct waiting *waiting, int core)
{
	cpu_set_t set;

	if (core == waiting->core || (core >= 0 && !CPU_ISSET(core, &waiting->home)))
		return;
	CPU_ZERO(&set);
	if (core >= 0)
		CPU_SET(core, &set);
	if (!sched_setaffinity(0, sizeof(set), core >= 0 ? &set : &waiting->home))
		waiting->core = core;
}

/* --- ways ------------------------------------------------------------------------- */

static pid_t block(struct waiting *waiting, pid_t whom, int *status_ret)
{
	(void)waiting;
	return waitpid(whom, status_ret, __WALL | __WNOTHREAD);
}

static pid_t poll_until(pid_t whom, int *status_ret, int64_t until_ns)
{
	for (;;) {
		pid_t pid = waitpid(whom, status_ret, __WALL | __WNOTHREAD | WNOHANG);

		if (pid)
			return pid;
		if (tick_is_due()) {
			errno = EINTR;
			return -1;
		}
		if (until_ns && clock_now_ns() >= until_ns)
			return 0;
	}
}

static pid_t spin(struct waiting *waiting, pid_t whom, int *status_ret)
{
	(void)waiting;
	return poll_until(whom, status_ret, 0);
}

/* Spins as long as that can pay. */
static pid_t spin_shortly(pid_t whom, int *status_ret)
{
	pid_t pid = poll_until(whom, status_ret, clock_now_ns() + SPIN_LIMIT_NS);

	return pid ? pid : block(NULL, whom, status_ret);
}

static bool look_is_due(struct waiting *waiting)
{
	if (++waiting->since_look < WAIT_HISTORY && waiting->waited_ns < LONG_WAIT_NS)
		return false;
	waiting->since_look = 0;
	return true;
}

/* With all cores busy the tracer is woken where a core comes free first; being tied to one would only delay it. */
static void follow_last(struct waiting *waiting)
{
	bool free = waiting->last_task && core_is_free(&waiting->history);

	move_to(waiting, free ? core_of(waiting->last_task, waiting->last_thread) : -1);
}

static pid_t timed_block(struct waiting *waiting, pid_t whom, int *status_ret)
{
	int64_t begin_ns = clock_now_ns();
	pid_t pid = block(waiting, whom, status_ret);

	waiting->waited_ns = clock_now_ns() - begin_ns;
	return pid;
}

static pid_t follow(struct waiting *waiting, pid_t whom, int *status_ret)
{
	if (look_is_due(waiting)) {
		look_at_machine(waiting);
		follow_last(waiting);
	}
	return timed_block(waiting, whom, status_ret);
}

/* docs/ptrace-notes.md has this rule in words. */
enum wait_mode waiting_choose(const struct wait_history *history)
{
	unsigned int same = 0, soon = 0;

	if (history->n < WAIT_HISTORY || !core_is_free(history))
		return WAIT_BLOCK;
	for (unsigned int i = 0; i < history->n; i++) {
		same += history->same_task[i];
		soon += history->waited_ns[i] <= SPIN_WORTH_NS;
	}
	if (4 * soon < 3 * history->n)
		return WAIT_BLOCK;
	return 4 * same >= 3 * history->n ? WAIT_FOLLOW : WAIT_SPIN;
}

static void choose(struct waiting *waiting)
{
	look_at_machine(waiting);
	waiting->now = waiting_choose(&waiting->history);
	if (waiting->now == WAIT_FOLLOW)
		follow_last(waiting);
	else
		move_to(waiting, -1);
}

static void history_add(struct wait_history *history, int64_t waited_ns, bool same_task)
{
	if (history->n == WAIT_HISTORY) {
		history->n--;
		memmove(history->waited_ns, history->waited_ns + 1, history->n * sizeof(history->waited_ns[0]));
		memmove(history->same_task, history->same_task + 1, history->n * sizeof(history->same_task[0]));
	}
	history->waited_ns[history->n] = waited_ns;
	history->same_task[history->n++] = same_task;
}

static pid_t adapt(struct waiting *waiting, pid_t whom, int *status_ret)
{
	int64_t begin_ns;
	pid_t pid;

	if (look_is_due(waiting))
		choose(waiting);
	begin_ns = clock_now_ns();
	pid = waiting->now == WAIT_SPIN ? spin_shortly(whom, status_ret) : block(waiting, whom, status_ret);
	waiting->waited_ns = clock_now_ns() - begin_ns;
	if (pid > 0) /* whose stop this one is will be known later: same_task is of the one before */
		history_add(&waiting->history, waiting->waited_ns, waiting->same_task);
	return pid;
}

static const struct way {
	const char *name;
	pid_t (*next)(struct waiting *waiting, pid_t whom, int *status_ret);
	bool moves;
} ways[] = { WAIT_MODES(ROW_ACTS) };
const char *const wait_names[] = { WAIT_MODES(ROW_NAME) NULL };

/* --- for wait.c ------------------------------------------------------------------- */

void waiting_init(struct waiting *waiting, enum wait_mode mode)
{
	memset(waiting, 0, sizeof(*waiting));
	waiting->mode = mode;
	waiting->now = mode == WAIT_ADAPTIVE ? WAIT_BLOCK : mode;
	waiting->core = -1;
	waiting->load_fd = -1;
	if (!ways[mode].moves)
		return;
	sched_getaffinity(0, sizeof(waiting->home), &waiting->home);
	waiting->load_fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC); /* without it no core is known to be free */
}

void waiting_deinit(struct waiting *waiting)
{
	if (ways[waiting->mode].moves)
		move_to(waiting, -1);
	if (waiting->load_fd >= 0)
		close(waiting->load_fd);
	waiting->load_fd = -1;
}

pid_t waiting_next(struct waiting *waiting, pid_t whom, int *status_ret)
{
	return ways[waiting->mode].next(waiting, whom, status_ret);
}

void waiting_stopped(struct waiting *waiting, pid_t task, pid_t thread)
{
	waiting->same_task = task == waiting->last_task;
	waiting->last_task = task;
	waiting->last_thread = thread;
}
