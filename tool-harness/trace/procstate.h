/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What /proc tells of threads and processes (proc(5)), without stopping one. A process has not ended while
 * one of its threads lives: its first thread may have called pthread_exit() long before, and is a zombie then,
 * under whose id /proc has no memory, no maps and no auxiliary vector. Those of any other thread are the same.
 */
#ifndef TRACE_PROCSTATE_H
#define TRACE_PROCSTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum thread_state {
	THREAD_GONE,    /* there is none of that id */
	THREAD_ENDED,   /* a zombie: runs no more, not reaped yet */
	THREAD_ASLEEP,  /* in the kernel: comes past the signals before it runs user code again */
	THREAD_RUNS,    /* may be running user code */
	THREAD_STOPPED, /* by a tracer, or by a signal */
};

enum thread_state thread_state(pid_t tid);

/* A thread of the process that has its memory: its first one, if that lives; 0 if none has. */
pid_t process_live_tid(pid_t pid);

/* True if none of its threads lives; of a process that is no more, too. */
bool process_has_ended(pid_t pid);

/* When it was started, in clock ticks since boot: tells processes of one pid apart. 0: it is no more. */
uint64_t process_start_ticks(pid_t pid);

/* Number of a field of /proc/TID/status ("TracerPid"), base 10 or 16; 0 if there is none. */
uint64_t thread_status_number(pid_t tid, const char *field, int base);

/* Whether a signal is in a mask of /proc/TID/status: "SigPnd", "SigBlk", "SigIgn", "SigCgt". */
bool thread_status_has_signal(pid_t tid, const char *field, int signal);

/* Whether the calling thread is its tracer. */
bool thread_is_traced_by_us(pid_t tid);

/*
 * The control group (its path, heap, caller frees) whose freezer holds a thread where no tracer reaches
 * it; NULL if none does. Version 1 alone does: one frozen by version 2 can be traced.
 */
char *thread_frozen_by(pid_t tid);

#endif
