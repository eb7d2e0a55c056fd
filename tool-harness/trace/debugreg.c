/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Debug registers by PTRACE_POKEUSER of struct user's u_debugreg (ptrace(2), sys/user.h). Each
 * address that is written into a thread counts as a trap written.
 *
 * Invariant: a thread whose version is its task's has the task's addresses, and no other.
 */
#include "trace/debugreg.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "trace/task.h"

#define DR7 7
#define ICEBP 0xf1
#define RESUME_FLAG (1u << 16) /* of eflags */

struct err *debugreg_add(struct task *task, taddr addr, uint32_t id, bool *fresh_ret)
{
	struct debugregs *regs = &task->debug;
	uint32_t known;
	int i = 0;

	*fresh_ret = false;
	if (debugreg_find(task, addr, &known))
		return NULL;
	while (i < DEBUGREGS && regs->used & 1u << i)
		i++;
	if (i == DEBUGREGS)
		return err_hint(err_new("a thread of pid %d has %d debug registers, and more breakpoints", task->pid,
					DEBUGREGS),
				"lower the number of breakpoints, or set breakpoints.write to mem");
	regs->addr[i] = addr;
	regs->id[i] = id;
	regs->used |= (uint8_t)(1u << i);
	regs->version++;
	*fresh_ret = true;
	return NULL;
}

bool debugreg_find(const struct task *task, taddr addr, uint32_t *id_ret)
{
	for (int i = 0; i < DEBUGREGS; i++) {
		if (task->debug.used & 1u << i && task->debug.addr[i] == addr) {
			*id_ret = task->debug.id[i];
			return true;
		}
	}
	return false;
}

bool debugreg_of_thread(const struct thread *thread, taddr addr)
{
	for (int i = 0; i < DEBUGREGS; i++)
		if (thread->debug.used & 1u << i && thread->debug.addr[i] == addr)
			return true;
	return false;
}

size_t debugregs_forget_range(struct task *task, taddr low, taddr high)
{
	struct debugregs *regs = &task->debug;
	size_t n = 0;

	for (int i = 0; i < DEBUGREGS; i++) {
		if (!(regs->used & 1u << i) || regs->addr[i] < low || regs->addr[i] >= high)
			continue;
		regs->used &= (uint8_t)~(1u << i);
		regs->version++;
		n++;
	}
	return n;
}

void debugregs_after_exec(struct task *task)
{
	task->debug.used = 0;
	for (struct thread *t = task->threads; t; t = t->next) {
		t->debug.used = 0;
		t->debug.version = task->debug.version;
	}
}

void debugregs_clear(struct task *task)
{
	if (!task->debug.used)
		return;
	task->debug.used = 0;
	task->debug.version++;
}

static struct err *poke(struct thread *thread, int number, uint64_t value)
{
	size_t offset = offsetof(struct user, u_debugreg) + (size_t)number * sizeof(value);
	struct err *err = ptrace_request(thread->task->tracer, PTRACE_POKEUSER, thread->tid, (void *)offset,
					 (void *)(uintptr_t)value);

	if (!err || err_is_gone(err))
		return err;
	if (err_errnum(err) == ENOSPC)
		return err_hint(err_with_status(err, EXIT_SKIPPED),
				"another user of this machine's debug registers (perf?) holds them; "
				"set breakpoints.write to mem");
	return err_wrap(err, "cannot write debug register %d", number);
}

/* DR7 enables register i for this thread by bit 2i; a type of 0 and a length of 0 is "execute". */
static uint64_t enabled(uint8_t used)
{
	uint64_t bits = 0;

	for (int i = 0; i < DEBUGREGS; i++)
		if (used & 1u << i)
			bits |= UINT64_C(1) << 2 * i;
	return bits;
}

static struct err *poke_address(struct thread *thread, int i)
{
	thread->task->tracer->traps_written++;
	thread->debug.addr[i] = thread->task->debug.addr[i];
	return poke(thread, i, thread->debug.addr[i]);
}

struct err *debugregs_sync(struct thread *thread)
{
	const struct debugregs *wanted = &thread->task->debug;
	struct debugregs *have = &thread->debug;
	struct err *err = NULL;

	for (int i = 0; !err && i < DEBUGREGS; i++)
		if (wanted->used & 1u << i && !(have->used & 1u << i && have->addr[i] == wanted->addr[i]))
			err = poke_address(thread, i);
	if (!err && have->used != wanted->used)
		err = poke(thread, DR7, enabled(wanted->used));
	if (err)
		return err;
	have->used = wanted->used;
	have->version = wanted->version;
	return NULL;
}

struct err *debugregs_rewrite(struct task *task)
{
	for (struct thread *t = task->threads; t; t = t->next) {
		struct err *err = t->stopped ? debugregs_sync(t) : NULL;

		for (int i = 0; !err && t->stopped && i < DEBUGREGS; i++)
			if (task->debug.used & 1u << i)
				err = poke_address(t, i);
		if (err && !err_is_gone(err))
			return err;
	}
	return NULL;
}

struct err *debugregs_adopt(struct task *task, size_t *n_ret)
{
	void *at = (void *)(offsetof(struct user, u_debugreg) + DR7 * sizeof(uint64_t));
	size_t n = 0;

	for (struct thread *t = task->threads; t; t = t->next) {
		uint64_t bits;

		if (!t->stopped)
			continue;
		task->tracer->ptrace_calls++;
		errno = 0;
		bits = (uint64_t)ptrace(PTRACE_PEEKUSER, t->tid, at, NULL);
		if (errno && errno != ESRCH)
			return err_errno(errno, "cannot read a debug register of thread %d", t->tid);
		if (errno) /* it has ended */
			continue;
		for (int i = 0; i < DEBUGREGS; i++) {
			if (!(bits >> 2 * i & 3))
				continue;
			t->debug.used |= (uint8_t)(1u << i);
			n++;
		}
	}
	task->debug.version += n > 0;
	*n_ret = n;
	return NULL;
}

struct err *debugreg_was_hit(struct thread *thread, bool *ret)
{
	struct user_regs_struct regs;
	uint8_t before = 0;
	siginfo_t info;
	struct err *err = thread_siginfo_get(thread, &info);

	if (err || info.si_code != TRAP_BRKPT) {
		if (!err)
			*ret = info.si_code == TRAP_HWBKPT;
		return err;
	}
	err = thread_regs_get(thread, &regs);
	if (err)
		return err;
	err_free(memory_read(&thread->task->memory, regs.rip - 1, &before, 1)); /* of a page's first byte, perhaps */
	*ret = before != ICEBP;
	if (!*ret)
		return NULL;
	regs.eflags |= RESUME_FLAG;
	return thread_regs_set(thread, &regs);
}
