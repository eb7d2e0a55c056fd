/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One timer for each thread that asks, whose SIGALRM goes to that thread alone
 * (SIGEV_THREAD_ID, timer_create(2)): a process-wide timer would wake any one of several tracer
 * threads. Invariant: a thread's flag is set by its own timer and cleared by itself.
 */
#include "trace/waits/tick.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "trace/waits/wait.h"

static _Thread_local volatile sig_atomic_t tick_seen;
static _Thread_local timer_t tick_timer;
static _Thread_local bool tick_runs;

static _Thread_local sigjmp_buf *volatile tick_jump; /* NULL: nothing is to be left */

static void tick_handler(int sig)
{
	(void)sig;
	tick_seen = tick_runs;
	if (tick_jump)
		siglongjmp(*tick_jump, 1);
}

/* Of the calling thread, not started yet. */
static bool timer_make(timer_t *ret)
{
	struct sigaction action = { .sa_handler = tick_handler }; /* no SA_RESTART: it must interrupt */
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };

	sigaction(SIGALRM, &action, NULL);
	event._sigev_un._tid = gettid();
	return !timer_create(CLOCK_MONOTONIC, &event, ret);
}

void tracer_ticks_start(void)
{
	const struct itimerspec period = { .it_interval.tv_nsec = TICK_NS, .it_value.tv_nsec = TICK_NS };

	tracer_ticks_stop();
	tick_runs = timer_make(&tick_timer) && !timer_settime(tick_timer, 0, &period, NULL);
}

/* The handler stays: other threads have timers too, and a last signal may be under way. */
void tracer_ticks_stop(void)
{
	if (tick_runs)
		timer_delete(tick_timer);
	tick_runs = false;
	tick_seen = 0;
}

bool tick_is_due(void)
{
	return tick_seen;
}

bool tick_take(void)
{
	bool due = tick_seen;

	tick_seen = 0;
	return due;
}

/* The timer strikes again and again, as the first time may come before the system call begins. */
bool tick_call(void (*fn)(void *arg), void *arg, int64_t limit_ns)
{
	const struct timespec after = { limit_ns / NS_PER_S, limit_ns % NS_PER_S };
	const struct itimerspec period = { .it_interval = after, .it_value = after };
	volatile bool done = false;
	sigjmp_buf jump;
	timer_t timer;

	if (!timer_make(&timer)) {
		fn(arg);
		return true;
	}
	if (!sigsetjmp(jump, 1)) {
		tick_jump = &jump;
		timer_settime(timer, 0, &period, NULL);
		fn(arg);
		done = true;
	}
	tick_jump = NULL;
	timer_delete(timer);
	return done;
}
