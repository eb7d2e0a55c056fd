/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks the stack of a stopped thread: libunwind's remote unwinder (libunwind(3)) on the
 * call frame information that the task has mapped (.eh_frame), with functions named by the
 * libraries' symbol indices. Knows no ptrace: memory comes through trace/memory/memory.h, and the
 * registers are the caller's.
 *
 * Nothing in a task is trusted: a walk is bounded in frames and in reads, and one that
 * cannot go on ends with a mark as its outermost frame.
 */
#ifndef TOOL_STACK_H
#define TOOL_STACK_H

#include <sys/user.h>

#include "measure/stacktree.h"
#include "tool/library.h"
#include "trace/memory/memory.h"

#define STACK_MARK_CUT "[cut]"    /* deeper than STACK_MAX_FRAMES; the innermost are kept */
#define STACK_MARK_LOST "[lost]"  /* no way further out: no unwind information, or damage */
#define STACK_MARK_SIGNAL "[signal]" /* the kernel's frame between a handler and what it interrupted */

struct stack {
	struct stack_frame frames[STACK_MAX_FRAMES + 1]; /* innermost first, a mark last; names are borrowed */
	size_t n;
};

struct stack_walker;

/* `libraries` is where symbols are had from; it must outlive the walker. */
struct stack_walker *stack_walker_create(struct library_set *libraries);
void stack_walker_destroy(struct stack_walker *walker);

/*
 * Begins the walks of one task, which is held until the last of them. All that was known of
 * memory, libraries and unwind information is forgotten, as must be after each load event.
 */
void stack_walker_begin(struct stack_walker *walker, struct memory *memory);

/* A library of the set that the task has mapped. */
void stack_walker_map(struct stack_walker *walker, taddr bias, struct library *library);

/* One stack. The instruction pointer must be in code that the thread runs, not in a trap behind it. */
void stack_walk(struct stack_walker *walker, const struct user_regs_struct *regs, struct stack *ret);

#endif
