/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ticks: a timer of each tracer thread that interrupts its wait now and then, so that
 * deadlines and Ctrl-C are seen without a race between looking and blocking. A thread
 * starts and stops its own (tracer_ticks_start in wait.h).
 */
#ifndef TRACE_TICK_H
#define TRACE_TICK_H

#include <stdbool.h>
#include <stdint.h>

/* True if the calling thread's timer has struck since the last tick_take. */
bool tick_is_due(void);
bool tick_take(void);

/*
 * Calls fn, and leaves it by a jump after about limit_ns: for a system call that goes on after every signal. Whether it
 * came to its end. fn holds nothing that would be lost. Where no timer can be had it is waited for.
 */
bool tick_call(void (*fn)(void *arg), void *arg, int64_t limit_ns);

#endif
