/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Past a trap without any other thread missing it. First instructions of functions are
 * few, so most are emulated with the trap left in; the rest is single-stepped with the
 * original byte in and the task's other threads held. Invariant: the trap's byte is in
 * again before any thread but the stepped one may run.
 */
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "trace/waits/wait.h"

/* A running thread stops or exits at once; one asleep in the kernel beyond reach (a
 * vforking parent) cannot run user code before it has stopped. */
#define HOLD_TIMEOUT_NS (50 * NS_PER_MS)
#define STEP_TIMEOUT_NS (10 * NS_PER_S)

void regs_emulate_return(struct user_regs_struct *regs, uint64_t ret_addr)
{
	regs->rip = ret_addr;
	regs->rsp += 8;
}

static bool needs_hold(const struct thread *t, const struct thread *except)
{
	return t != except && !t->stopped && !t->has_queued && !t->ended;
}

static struct err *threads_interrupt(struct task *task, const struct thread *except)
{
	for (struct thread *t = task->threads; t; t = t->next) {
		struct err *err;

		if (!needs_hold(t, except))
			continue;
		err = ptrace_request(task->tracer, PTRACE_INTERRUPT, t->tid, NULL, NULL);
		if (err && !err_is_gone(err))
			return err;
	}
	return NULL;
}

static struct err *threads_collect(struct task *task, const struct thread *except)
{
	for (struct thread *t = task->threads; t; t = t->next) {
		bool got = false;
		int status = 0;
		struct err *err;

		if (!needs_hold(t, except))
			continue;
		err = thread_collect(t, HOLD_TIMEOUT_NS, &status, &got);
		if (err_is_gone(err) || (!err && !got))
			continue;
		if (err)
			return err;
		if (WIFSTOPPED(status) && status_event(status) == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP)
			t->held = true;
		else
			thread_queue(t, status);
	}
	return NULL;
}

struct err *threads_hold(struct task *task, const struct thread *except)
{
	struct err *err = threads_interrupt(task, except);

	return err ? err : threads_collect(task, except);
}

struct err *tracer_hold(struct tracer *tracer, const struct thread *except)
{
	struct err *err = NULL;

	for (struct task *task = tracer->tasks; !err && task; task = task->next)
		if (!task->gone)
			err = threads_interrupt(task, except);
	for (struct task *task = tracer->tasks; !err && task; task = task->next)
		if (!task->gone)
			err = threads_collect(task, except);
	return err;
}

struct err *tracer_release(struct tracer *tracer)
{
	struct err *err = NULL;

	for (struct task *task = tracer->tasks; !err && task; task = task->next)
		if (!task->gone)
			err = threads_release(task);
	return err;
}

struct err *threads_release(struct task *task)
{
	struct thread *next;

	for (struct thread *t = task->threads; t; t = next) {
		struct err *err;

		next = t->next;
		if (!t->held)
			continue;
		t->held = false;
		err = thread_cont(t, 0);
		if (err && !err_is_gone(err))
			return err;
	}
	return NULL;
}

/* --- emulation -------------------------------------------------------------------- */

/* Register number of an instruction's low three bits, with REX.B as bit 3. */
static unsigned long long reg_value(const struct user_regs_struct *regs, unsigned int number)
{
	const unsigned long long values[16] = {
		regs->rax, regs->rcx, regs->rdx, regs->rbx, regs->rsp, regs->rbp, regs->rsi, regs->rdi,
		regs->r8,  regs->r9,  regs->r10, regs->r11, regs->r12, regs->r13, regs->r14, regs->r15,
	};

	return values[number & 15];
}

/* Emulates the instruction in regs (rip at it) if it is one of those that functions begin
 * with: endbr64, nop, push of a register. None of them changes flags. */
static bool emulate(struct task *task, struct user_regs_struct *regs, const uint8_t *text)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	bool rex_b = text[0] == 0x41;
	uint8_t opcode = text[rex_b];

	if (memcmp(text, endbr64, sizeof(endbr64)) == 0) {
		regs->rip += sizeof(endbr64);
		return true;
	}
	if (text[0] == 0x90) {
		regs->rip += 1;
		return true;
	}
	if (opcode >= 0x50 && opcode <= 0x57) {
		uint64_t value = reg_value(regs, (opcode & 7u) | (rex_b ? 8u : 0u));
		struct err *err = task_write(task, regs->rsp - 8, &value, sizeof(value));

		if (err) { /* a stack that must grow first: let the processor do it */
			err_free(err);
			return false;
		}
		regs->rsp -= 8;
		regs->rip += 1u + rex_b;
		return true;
	}
	return false;
}

/* --- single step ------------------------------------------------------------------ */

/* Signals that the stepped instruction itself may raise; all others wait. */
static uint64_t mask_during_step(void)
{
	static const int raised[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };
	uint64_t mask = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(raised); i++)
		mask &= ~(UINT64_C(1) << (raised[i] - 1));
	return mask;
}

static struct err *sigmask_swap(struct thread *thread, uint64_t *mask)
{
	struct tracer *tracer = thread->task->tracer;
	uint64_t old;
	struct err *err;

	err = ptrace_request(tracer, PTRACE_GETSIGMASK, thread->tid, (void *)sizeof(old), &old);
	if (!err)
		err = ptrace_request(tracer, PTRACE_SETSIGMASK, thread->tid, (void *)sizeof(*mask), mask);
	if (!err)
		*mask = old;
	return err;
}

/* A fault of the instruction, or a SIGSTOP, which cannot be blocked: delivered with its
 * siginfo when the thread goes on. */
static struct err *stash_signal(struct thread *thread, int sig)
{
	thread->stash_signal = sig;
	return thread_siginfo_get(thread, &thread->stash_info);
}

static struct err *step_once(struct thread *thread)
{
	for (;;) {
		bool got = false;
		int status = 0;
		struct err *err;

		err = ptrace_request(thread->task->tracer, PTRACE_SINGLESTEP, thread->tid, NULL, NULL);
		thread->stopped = err && !err_is_gone(err);
		if (err)
			return err;
		err = thread_collect(thread, STEP_TIMEOUT_NS, &status, &got);
		if (err)
			return err;
		if (!got)
			return err_new("thread %d does not come back from a single step", thread->tid);
		if (!WIFSTOPPED(status)) {
			thread_queue(thread, status);
			return err_gone();
		}
		if (status_event(status) == PTRACE_EVENT_STOP)
			continue; /* an interrupt or a group stop came first: step again */
		if (status_event(status)) {
			thread_queue(thread, status); /* the instruction was a system call: its event is for the wait */
			return NULL;
		}
		if (WSTOPSIG(status) == SIGTRAP)
			return NULL;
		err = stash_signal(thread, WSTOPSIG(status));
		if (err || WSTOPSIG(status) != SIGSTOP)
			return err;
	}
}

static struct err *single_step(struct thread *thread)
{
	uint64_t mask = mask_during_step();
	struct err *err, *back;

	err = sigmask_swap(thread, &mask);
	if (err)
		return err;
	err = step_once(thread);
	back = err_is_gone(err) ? NULL : sigmask_swap(thread, &mask);
	if (!err)
		return back;
	err_free(back);
	return err;
}

struct err *thread_step_over(struct thread *thread, const struct trap *trap)
{
	struct task *task = thread->task;
	const struct trap copy = *trap; /* holding threads may change the table */
	struct user_regs_struct regs;
	struct err *err, *back;

	err = thread_regs_get(thread, &regs);
	if (err)
		return err;
	regs.rip = copy.addr;
	if (emulate(task, &regs, copy.text))
		return thread_regs_set(thread, &regs);

	err = threads_hold(task, thread);
	if (err)
		return err;
	err = thread_regs_set(thread, &regs);
	if (!err)
		err = task_write_byte(task, copy.addr, copy.text[0]);
	if (!err) {
		err = single_step(thread);
		back = err_is_gone(err) ? NULL : task_write_byte(task, copy.addr, TRAP_BYTE);
		if (!err)
			err = back;
		else
			err_free(back);
	}
	back = threads_release(task);
	if (!err)
		return back;
	err_free(back);
	return err;
}
