/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traps (int3, one byte) in a task's text, and stepping over one.
 *
 * A trap is written where a breakpoint is; what was there is kept. The table belongs
 * to one address space: an exec empties it, an unmapped library takes its traps along
 * (trap_forget_range), a forked child has copies that must be taken out
 * (traps_clean_child).
 */
#ifndef TRACE_BP_H
#define TRACE_BP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "trace/memory/memory.h"

struct task;
struct thread;

/* How a byte gets into a task's text; ptrace(2), proc(5). */
enum trap_write {
	TRAP_WRITE_MEM,  /* one byte through /proc/PID/mem */
	TRAP_WRITE_POKE, /* PTRACE_PEEKTEXT and POKETEXT of the word around it */
	TRAP_WRITE_PAGE, /* those of a page together, through /proc/PID/mem (textwrite.h); one alone as MEM */
};

#define TRAP_BYTE 0xcc   /* int3 */
#define TRAP_RETURN 0xc3 /* ret */
#define TRAP_TEXT 8    /* bytes kept of what the trap covers, for emulation */

struct trap {
	taddr addr;
	uint8_t text[TRAP_TEXT]; /* original bytes; text[0] is what the trap covers */
	uint8_t byte;            /* what was written there: TRAP_BYTE, or TRAP_RETURN behind a trap */
	uint32_t id;             /* the caller's: which breakpoint, */
	uint32_t place;          /* and at which of its places */
};

struct trap_table {
	struct trap *traps; /* by address */
	size_t n, cap;
	/* Places where one was and is to be no more: looked at once more when the task is let go. */
	struct trap *past;
	size_t n_past, past_cap;
};

#define TRAP_ID_LOADER UINT32_MAX

void trap_table_deinit(struct trap_table *table);

/* Forgets all, without writing: the memory is another one, or nobody's. */
void trap_table_clear(struct trap_table *table);

/* The trap at an address, or NULL; good until the table changes. */
struct trap *trap_find(const struct trap_table *table, taddr addr);

/*
 * Reads what is there and writes a trap; one of ours that is there already is success. A trap
 * that is not ours, as a uprobe's, is an error: the kernel would give its hits to the uprobe.
 */
MUST_CHECK struct err *trap_insert(struct task *task, taddr addr, uint32_t id);

struct trap_place {
	taddr addr;
	uint32_t id, place;  /* as in struct trap */
	const uint8_t *text; /* what the file has there: n_text bytes, TRAP_TEXT at most; 0: not known */
	size_t n_text;
	bool fresh;   /* out: it was not in before */
	bool differs; /* out: the memory has something else, and no trap was written */
};

/*
 * The same for several at once, in any order: sorts them, reads what is there in batches, and
 * writes by the tracer's way, but for those where the memory is not as the file. An error leaves some
 * of them in, all of which are in the table.
 */
MUST_CHECK struct err *traps_insert(struct task *task, struct trap_place *places, size_t n);

/*
 * A trap at a `ret` with a second `ret` behind it, in the padding between functions: whoever
 * hits the trap has that one as its next instruction, so that it is let go by continuing,
 * with no register read or written. False in done_ret, and nothing written, if what is
 * there is no `ret` with padding behind it.
 */
MUST_CHECK struct err *trap_insert_returning(struct task *task, taddr addr, uint32_t id, bool *done_ret);

/*
 * Takes a trap into the table that is in the memory already, left there by a tracer that
 * was killed; `text` is what the file has there. One that is in the table is success.
 */
void trap_adopt(struct task *task, taddr addr, const uint8_t text[TRAP_TEXT]);

/* Writes the original byte and forgets the trap. */
MUST_CHECK struct err *trap_remove(struct task *task, taddr addr);

/*
 * The paper's AIX-like reinsertion (section 2.2.2) of all traps that are in and whose id is below
 * `ids`: the byte written again, or with remove_first the original and then the trap. The number of
 * them in n_ret.
 */
MUST_CHECK struct err *traps_rewrite(struct task *task, uint32_t ids, bool remove_first, uint32_t *n_ret);

/* Takes a place that was written down (journal.h) into account: its trap comes out with the others, if it is there. */
void trap_recall(struct task *task, const struct trap *trap);

/*
 * Takes all traps out wherever they are still, by the memory that is open, and reads them back; they stay in the
 * table, for threads that have run into one. What is not mapped any more, or something else by now, is passed
 * over. The numbers of those that came out and of those that are still there in the last two.
 */
MUST_CHECK struct err *traps_remove_all(struct task *task, size_t *n_out_ret, size_t *n_left_ret);

/* Forgets traps in [low, high) without writing: the library there was unmapped. */
size_t trap_forget_range(struct trap_table *table, taddr low, taddr high);

/* Takes the traps out of a forked child, which has its own copy of the memory. It must
 * be stopped. */
MUST_CHECK struct err *traps_clean_child(const struct task *task, pid_t child);

/*
 * Moves a stopped thread, whose trap at `trap` was just hit, past the instruction that
 * the trap covers: by emulating it where it is a common first instruction of a function,
 * else by a single step with the original byte in and the task's other threads held.
 * The thread stays stopped. No other thread can miss the trap.
 */
MUST_CHECK struct err *thread_step_over(struct thread *thread, const struct trap *trap);

/*
 * Returns from a function at whose first instruction the trap was hit, without running it:
 * for the loader's hook, which is empty. `ret_addr` is the word at the stack pointer,
 * which the caller has read together with other memory.
 */
struct user_regs_struct;
void regs_emulate_return(struct user_regs_struct *regs, uint64_t ret_addr);

#endif
