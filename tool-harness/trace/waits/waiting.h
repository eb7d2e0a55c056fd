/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ways to wait for the next stop: where the tracer's thread sleeps, or whether it does,
 * decides most of what a stop costs (docs/ptrace-notes.md). One table of them; what a
 * returned status means is wait.h's.
 *
 * A waiting belongs to one thread: the one that called waiting_init waits by it and ends
 * it. Only that thread's affinity is ever changed, and waiting_deinit puts it back; no task's
 * is.
 */
#ifndef TRACE_WAITING_H
#define TRACE_WAITING_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/rows.h"

/* With each its function in waiting.c, and whether it may change the waiting thread's affinity. */
#define WAIT_MODES(ROW) \
	ROW(WAIT_BLOCK, "block", "sleep in wait4(2)", .next = block) \
	ROW(WAIT_SPIN, "spin", "poll all the time, which costs a core", .next = spin) \
	ROW(WAIT_FOLLOW, "follow", "sleep on the core of the task that stopped last, while a core is free", \
	    .next = follow, .moves = true) \
	ROW(WAIT_ADAPTIVE, "adaptive", "one of these, chosen by the last waits", .next = adapt, .moves = true)
enum wait_mode { WAIT_MODES(ROW_CONSTANT) WAIT_N };
extern const char *const wait_names[]; /* "block", ..., NULL */

#define WAIT_HISTORY 16u

/* What the last waits were like, oldest first. */
struct wait_history {
	unsigned int n;                   /* at most WAIT_HISTORY */
	int64_t waited_ns[WAIT_HISTORY];
	bool same_task[WAIT_HISTORY];     /* the stop was of the task that had stopped before */
	unsigned int runnable;            /* threads that run or could, on the whole machine */
	unsigned int cores;               /* that the tracer may use */
};

/* What WAIT_ADAPTIVE does after such waits: block, spin or follow. Pure. */
enum wait_mode waiting_choose(const struct wait_history *history);

struct waiting {
	enum wait_mode mode;    /* as asked for */
	enum wait_mode now;     /* what is done: of WAIT_ADAPTIVE its choice */
	cpu_set_t home;         /* affinity of the thread before */
	int core;               /* that it moved to; -1: none */
	int load_fd;            /* of /proc/loadavg; -1: not looked at */
	pid_t last_task;        /* that stopped last, and its thread; 0: none has */
	pid_t last_thread;
	bool same_task;
	unsigned int since_look;
	int64_t waited_ns;      /* the last time */
	struct wait_history history;
};

void waiting_init(struct waiting *waiting, enum wait_mode mode);
void waiting_deinit(struct waiting *waiting);

/*
 * As waitpid(2) with __WALL and __WNOTHREAD, so that of several tracer threads none takes
 * another's stops: the pid; -1 and errno, ECHILD when there is nobody to wait for, EINTR at
 * a tick or any other signal.
 */
pid_t waiting_next(struct waiting *waiting, pid_t whom, int *status_ret);

/* Tells which thread of which task the wait returned. */
void waiting_stopped(struct waiting *waiting, pid_t task, pid_t thread);

#endif
