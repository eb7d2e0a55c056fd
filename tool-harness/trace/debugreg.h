/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Breakpoints in the processor's debug registers (Intel SDM vol. 3, 18.2): nothing is written
 * into the text, but each thread has its own four, and a thread must be stopped to be given
 * them. Linux sets the resume flag when one is hit (arch/x86 hw_breakpoint_handler), so that a
 * thread that is let go runs the instruction; a new thread starts with none, an exec clears them.
 *
 * The task's table says what should be in; a thread is brought up to date whenever it is let
 * go (thread_cont), so that none runs without.
 */
#ifndef TRACE_DEBUGREG_H
#define TRACE_DEBUGREG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "trace/memory/memory.h"

#define DEBUGREGS 4

struct task;
struct thread;

struct debugregs {
	taddr addr[DEBUGREGS];
	uint32_t id[DEBUGREGS]; /* of a task's table: the caller's, which breakpoint */
	uint8_t used;           /* bit i: register i holds an address */
	uint32_t version;       /* of a task: counts its changes; of a thread: which one it has */
};

/* Takes an address into a task's table; false in fresh_ret if it is there. All four taken is an
 * error. Threads that run get it when they are next let go: hold them before, release them after. */
MUST_CHECK struct err *debugreg_add(struct task *task, taddr addr, uint32_t id, bool *fresh_ret);

/* The breakpoint at an address: false if no register holds it. */
bool debugreg_find(const struct task *task, taddr addr, uint32_t *id_ret);

/* Whether a thread was given that address: its task may have given it up since. */
bool debugreg_of_thread(const struct thread *thread, taddr addr);

/* Forgets those in [low, high), and says how many: the library there was unmapped. */
size_t debugregs_forget_range(struct task *task, taddr low, taddr high);

/* The task runs a new program: the kernel has cleared the registers. */
void debugregs_after_exec(struct task *task);

/* None any more; written when the threads are let go, or by debugregs_sync before a detach. */
void debugregs_clear(struct task *task);

/* Writes what has changed since this stopped thread was last brought up to date. */
MUST_CHECK struct err *debugregs_sync(struct thread *thread);

/* Writes the addresses again into all stopped threads of a task. */
MUST_CHECK struct err *debugregs_rewrite(struct task *task);

/* Finds those that a tracer that was killed has left in a task's stopped threads: the detach takes
 * them out. Their number in n_ret. */
MUST_CHECK struct err *debugregs_adopt(struct task *task, size_t *n_ret);

/*
 * True if the SIGTRAP of a thread that stands at an address of its debug registers is theirs: si_code TRAP_HWBKPT,
 * or TRAP_BRKPT where the processor's status register said nothing (seen on busy virtual machines), which the
 * kernel takes for an icebp (arch/x86/kernel/traps.c, exc_debug_user). It has not set the resume flag then,
 * so that is done here: else the instruction would stop again.
 */
MUST_CHECK struct err *debugreg_was_hit(struct thread *thread, bool *ret);

#endif
