/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stopped thread made ready to go, and let go: what its stop meant is done, so that it is not lost. For
 * detach.c, whose rounds decide when.
 */
#ifndef TRACE_SETTLE_H
#define TRACE_SETTLE_H

#include <stdbool.h>

#include "lib/err.h"
#include "trace/task.h"

/*
 * What the stop that a thread is in tells: its end, a new child, a new program (of a visitor: it is let go),
 * an int3 that it has run, whose signal is let come. True in again_ret if anything changed, the thread's
 * struct perhaps gone with it; else left alone.
 */
MUST_CHECK struct err *thread_settle_stop(struct thread *thread, bool *again_ret);

/* Puts a thread back before the trap that it has run into. May be called again. */
MUST_CHECK struct err *thread_settle_place(struct thread *thread);

/* Detaches a stopped thread, which has been put in its place, with the signal it was owed; forgets it. */
MUST_CHECK struct err *thread_let_go(struct thread *thread);

/* A thread that was killed in its stop: it is stopped no more. */
void thread_forget_stop(struct thread *thread);

/*
 * A thread that runs a new program: the task's others are gone, but for visitors in the old memory, which are let
 * go clean; traps and debug registers went with the old program. A visitor's is none of ours: it is let go.
 */
MUST_CHECK struct err *thread_exec(struct thread *thread);
MUST_CHECK struct err *visitor_exec(struct thread *thread);

#endif
