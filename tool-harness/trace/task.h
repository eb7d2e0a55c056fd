/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tasks and their threads under ptrace(2). A tracer holds tasks (processes); a task
 * holds threads, its traps and the way to its memory. A thread is either running or
 * stopped, and only a stopped one takes requests.
 *
 * Every function that talks to a thread or task returns err_gone() when it is no
 * more; its death is then also reported by tracer_wait, once.
 */
#ifndef TRACE_TASK_H
#define TRACE_TASK_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "lib/err.h"
#include "trace/bp.h"
#include "trace/debugreg.h"
#include "trace/journal.h"
#include "trace/memory/memory.h"
#include "trace/memory/textwrite.h"
#include "trace/waits/waiting.h"

struct task;

/* How a task was left, from good to bad. */
enum task_end {
	TASK_END_NONE,      /* it was not let go: it ended, or is traced still */
	TASK_END_CLEAN,     /* its text was read again, and is as it was */
	TASK_END_NOT_KNOWN, /* its text is as it was, but a thread that did not stop was left to itself */
	TASK_END_NOT_CLEAN, /* a trap is left, or a thread that has run into one */
};

struct thread {
	pid_t tid;
	struct task *task;       /* NULL: its first stop came before its parent's clone event */
	bool stopped;
	bool visitor;            /* not a thread but a vforked child in the task's memory: let go at its exec */
	bool ended;              /* a first thread that others outlive: no stop will come, its end with theirs */
	bool held;               /* stopped by us for another thread's sake; resume with threads_release */
	bool at_trap;            /* stopped by SIGTRAP, and nobody has moved its registers since */
	int owed_signal;         /* what it is let go with */
	int stash_signal;        /* signal that arrived during a step, delivered at the next resume */
	siginfo_t stash_info;
	int queued_status;       /* a stop collected while waiting for another thread, see has_queued */
	bool has_queued;
	int64_t queued_ns;       /* when it was seen */
	struct debugregs debug;  /* what it was given */
	struct thread *next;     /* in its task */
	struct thread *hash_next;
};

struct task {
	struct memory memory;    /* first member: the memory's read finds its task by it */
	struct tracer *tracer;
	uint32_t index;          /* given by the caller of tracer_seize */
	pid_t pid;
	int mem_fd;              /* /proc/PID/mem; opened again after an exec */
	struct thread *threads;
	size_t n_threads;
	uint64_t threads_seen;   /* ever traced */
	uint64_t children_released;
	struct trap_table traps;
	struct journal journal;  /* of a task that outlives its tracer */
	struct debugregs debug;  /* what its threads should have */
	bool first_ended;        /* its first thread has, others live: memory is read by mem_fd alone */
	bool gone;
	enum task_end end;
	int exit_status;         /* when gone: as from waitpid(2); -1 not known */
	void *data;              /* the tool's own, not touched here */
	struct task *next;
};

#define TRACER_HASH 4096

struct tracer {
	struct task *tasks;
	size_t n_tasks;          /* alive */
	struct thread *threads[TRACER_HASH];
	size_t n_queued;         /* threads with has_queued */
	struct waiting waiting;
	bool exit_kill;          /* tasks die with the tracer (PTRACE_O_EXITKILL) */
	enum trap_write trap_write;
	uint64_t ptrace_calls;
	uint64_t bytes_read;
	uint64_t traps_written;
	uint64_t text_writes;    /* writes that these took: fewer with TRAP_WRITE_PAGE */
};

/* A tracer belongs to one thread: the one that seizes waits, too, as ptrace(2) takes requests from
 * no other. It waits by blocking if it is not told otherwise. */
void tracer_init(struct tracer *tracer);
void tracer_wait_by(struct tracer *tracer, enum wait_mode mode);

/* Frees all; tasks still traced are let go by the kernel (killed with exit_kill), so
 * detach them before. */
void tracer_deinit(struct tracer *tracer);

/*
 * Seizes all threads of a process (PTRACE_SEIZE, ptrace(2)); they keep running. A
 * refusal (EPERM) is an error with a hint, a missing process err_gone.
 */
MUST_CHECK struct err *tracer_seize(struct tracer *tracer, pid_t pid, uint32_t index, struct task **ret);

/* Lets a stopped thread run; signal 0 or the one of its signal stop. A signal that came
 * during a step over a trap goes along. */
MUST_CHECK struct err *thread_cont(struct thread *thread, int signal);

/* Leaves a thread in its group stop (PTRACE_LISTEN): SIGCONT from outside will wake it. */
MUST_CHECK struct err *thread_listen(struct thread *thread);

/*
 * Detaches from a task: stops its threads, takes the traps out and sees that they are, puts a thread that
 * has run into one back before it, and lets all go with the signals they were owed. The
 * task runs on as if it had never been traced. Any state of its threads is fine; one that cannot be reached
 * is waited for, some seconds. How it went is in task->end; "not clean" and "not known" are errors, too.
 */
MUST_CHECK struct err *task_detach(struct task *task);

/*
 * Stops all threads of a task but one and waits for them; stops they report on the way
 * are queued for tracer_wait. threads_release lets those run that were only held.
 */
MUST_CHECK struct err *threads_hold(struct task *task, const struct thread *except);
MUST_CHECK struct err *threads_release(struct task *task);

/*
 * Takes out what a tracer that was killed has left and written down (journal.h), from a task that is held. The number
 * of traps that were in it in n_ret.
 */
MUST_CHECK struct err *task_clean_up(struct task *task, size_t *n_ret);

/*
 * Takes hold of a task that runs: stops all its threads, and traces and stops all other processes that share its
 * memory, who would run into its traps. Who cannot be had, as it is traced by another or frozen, is an error
 * that names it: write nothing into the task then.
 */
MUST_CHECK struct err *task_take_hold(struct task *task);

/*
 * For a task that is held, and has no traps in: one that ignores SIGTRAP, or handles and blocks it, would lose that at
 * its first trap, and die of the next SIGTRAP of its own. Such a one is an error that names it.
 */
MUST_CHECK struct err *task_refuse_deaf(const struct task *task);

/* For a task that is held: it handles SIGTRAP, and a thread of it is making another, while which the C library blocks
 * all signals, so that nobody can tell whether the thread itself blocks that one. A moment later it can be told. */
bool task_hides_deafness(const struct task *task);

/* The same for all tasks of a tracer: all are interrupted before the first is waited for. */
MUST_CHECK struct err *tracer_hold(struct tracer *tracer, const struct thread *except);
MUST_CHECK struct err *tracer_release(struct tracer *tracer);

/* The instruction pointer alone: half the cost of all registers. */
MUST_CHECK struct err *thread_ip_get(struct thread *thread, taddr *ret);
MUST_CHECK struct err *thread_regs_get(struct thread *thread, struct user_regs_struct *ret);
MUST_CHECK struct err *thread_regs_set(struct thread *thread, const struct user_regs_struct *regs);
MUST_CHECK struct err *thread_siginfo_get(struct thread *thread, siginfo_t *ret);

/* A thread that has its memory, for what /proc tells of that: the first one, if it lives. */
pid_t task_live_tid(const struct task *task);

/* One byte of text. Works on read-only pages: the kernel makes a private copy. */
MUST_CHECK struct err *task_write_byte(struct task *task, taddr addr, uint8_t byte);

/* Several bytes of text, by ascending address (one may follow itself), by the tracer's way. */
MUST_CHECK struct err *task_write_edits(struct task *task, const struct text_edit *edits, size_t n);

/* Bytes of data (a stack, say), not counted as a trap. */
MUST_CHECK struct err *task_write(struct task *task, taddr addr, const void *bytes, size_t len);

/* --- for trace/ only -------------------------------------------------------------- */

/* All requests go through here: counted, ESRCH turned into err_gone. */
MUST_CHECK struct err *ptrace_request(struct tracer *tracer, int request, pid_t tid, void *addr, void *data);

/* Keeps a signal of a stopped thread, with its details, for when the thread goes on. */
void thread_stash(struct thread *thread, int signal);

/* Takes threads that are traced by us, and that nobody told of, into the task: whether there were any. And drops those
 * that were ended, with their statuses collected; the process's own end is kept. */
bool threads_adopt(struct task *task);
void threads_reap(struct task *task);

/*
 * PTRACE_SEIZE, whose wait for a process that executes a program is broken off: EINTR. seize_broken_off: whether that
 * is so, and it is worth a new look at the process's threads (not for ever: since_ns is the first one's time); then
 * what it may wait for is reaped, and the error is taken.
 */
MUST_CHECK struct err *thread_seize(struct tracer *tracer, pid_t tid);
bool seize_broken_off(struct task *task, int64_t since_ns, struct err **err);

/* Whether a thread of the process's list is traced by us already. */
bool thread_is_ours(struct task *task, pid_t tid);

/* Whether the first thread is not the one that was seized, but one that executed a program since: that is forgotten. */
bool first_thread_replaced(struct task *task);

/* PTRACE_O_* of all that it seizes. */
long tracer_seize_options(const struct tracer *tracer);

struct thread *tracer_find_thread(const struct tracer *tracer, pid_t tid);
struct thread *tracer_add_thread(struct tracer *tracer, pid_t tid, struct task *task);
void tracer_drop_thread(struct tracer *tracer, struct thread *thread);
void tracer_rename_thread(struct tracer *tracer, struct thread *thread, pid_t tid);
struct task *tracer_add_task(struct tracer *tracer, pid_t pid, uint32_t index);
void task_move_thread(struct thread *thread, struct task *task);
/*
 * Whether all its threads have ended. Its pidfd tells so only when they have been reaped, which are
 * ours to reap as long as we trace them.
 */
bool task_is_ending(const struct task *task);

/* Of its live memory: under the id of any thread that has it. */
MUST_CHECK struct err *task_open_mem(struct task *task);

/*
 * Lets the task's threads go, or only the visitors in its memory, whose other threads have ended or run another
 * program: clean, by the memory that is open. Errors as of task_detach.
 */
MUST_CHECK struct err *task_leave(struct task *task, bool visitors_only);

#endif
