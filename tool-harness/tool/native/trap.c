/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trap of one thread told apart: the loader's hook, a breakpoint hit, or the task's own.
 * Also where a new program's loader is found.
 *
 * Invariant: the thread runs again, or its death is left to the wait to tell.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/native/native.h"
#include "trace/procstate.h"

static struct err *breakpoint_hit(struct native *native, struct native_task *t, struct thread *thread,
				  const struct trap *trap)
{
	taddr at = trap->addr; /* the table may move */
	struct err *err = NULL;

	native_count_hit(native, t, trap->id, trap->place);
	if (native->trial->breakpoints[trap->id].places[trap->place].kind == PLACE_RESOLVER)
		err = native_resolver_hit(native, t, thread, trap);
	if (!err)
		err = thread_step_over(thread, trap_find(&t->task->traps, at));
	if (!err)
		err = native_stopped_otherwise(native, t, thread);
	return err ? err : thread_cont(thread, 0);
}

/* A debug register stops before the instruction, which runs when the thread is let go. */
static struct err *register_hit(struct native *native, struct native_task *t, struct thread *thread,
				uint32_t breakpoint, taddr at)
{
	uint32_t place = 0;
	struct err *err;

	for (int i = 0; i < DEBUGREGS; i++)
		if (t->registers[i].addr == at)
			place = t->registers[i].place;
	native_count_hit(native, t, breakpoint, place);
	err = native_stopped_otherwise(native, t, thread);
	return err ? err : thread_cont(thread, 0);
}

/*
 * A task that ignores SIGTRAP, or handles and blocks it, loses that at a trap (docs/ptrace-notes.md). Which one did
 * cannot be told afterwards; that it dies of its next one can, and who only reads "signal 5" would blame the task.
 */
static void warn_of_death(const struct native *native, const struct native_task *t, const struct thread *thread)
{
	if (!thread_status_has_signal(thread->tid, "SigCgt", SIGTRAP) &&
	    !thread_status_has_signal(thread->tid, "SigIgn", SIGTRAP))
		progress_warn("rank %zu (pid %d) gets a SIGTRAP of its own and dies of it; if it meant to ignore or "
			      "block it, a trap of ours took this away: 'load_events: audit' without breakpoints "
			      "leaves it alone",
			      native->first + (size_t)(t - native->tasks), (int)t->task->pid);
}

/* A trap where we have none: the task's own int3 or SIGTRAP, which it gets; or one of ours
 * that went away (its library was unmapped and mapped again) while the signal was under way. */
static struct err *foreign_trap(const struct native *native, struct native_task *t, struct thread *thread)
{
	struct user_regs_struct regs;
	siginfo_t info;
	uint8_t byte = TRAP_BYTE;
	struct err *err = thread_siginfo_get(thread, &info);

	if (!err)
		err = thread_regs_get(thread, &regs);
	/* Of a debug register that was given up while the signal was under way. */
	if (!err && native->request->scenario->breakpoints_write == BP_WRITE_DEBUG_REGISTERS &&
	    (info.si_code == TRAP_HWBKPT || (info.si_code == TRAP_BRKPT && debugreg_of_thread(thread, regs.rip))))
		return thread_cont(thread, 0);
	if (!err && info.si_code == SI_KERNEL)
		err = memory_read(&t->task->memory, regs.rip - 1, &byte, 1);
	if (err)
		return err;
	if (byte == TRAP_BYTE) {
		warn_of_death(native, t, thread);
		return thread_cont(thread, SIGTRAP);
	}
	regs.rip -= 1;
	err = thread_regs_set(thread, &regs);
	return err ? err : thread_cont(thread, 0);
}

struct err *native_trap(struct native *native, struct native_task *t, const struct stop *stop)
{
	int64_t begin_ns = clock_now_ns();
	const struct trap *trap;
	uint32_t breakpoint;
	bool hit = false;
	taddr ip;
	struct err *err;

	err = thread_ip_get(stop->thread, &ip);
	if (!err && debugreg_find(t->task, ip, &breakpoint))
		err = debugreg_was_hit(stop->thread, &hit);
	if (err)
		return err;
	if (hit)
		return register_hit(native, t, stop->thread, breakpoint, ip);
	trap = trap_find(&t->task->traps, ip - 1);
	if (!trap)
		return foreign_trap(native, t, stop->thread);
	if (trap->id == TRAP_ID_LOADER)
		return native_load_event(native, t, stop, trap->addr, begin_ns);
	if (trap->id == NATIVE_TRAP_MARK)
		return native_mark(native, t, stop->thread, trap);
	if (trap->id == NATIVE_TRAP_RESOLVED)
		return native_resolved(native, t, stop->thread, trap);
	return breakpoint_hit(native, t, stop->thread, trap);
}

struct err *native_find_loader(struct native *native, struct native_task *t)
{
	struct symcache *symbols = library_set_symbols(native_libraries(native, t));
	struct err *err = loader_find(task_live_tid(t->task), symbols, &t->loader);

	if (!err)
		namespaces_share(&t->loader.spaces, native->steps);
	if (!err && native->request->scenario->load_events == LOAD_EVENTS_PROBES)
		err = loader_use_probes(&t->loader);
	if (!err)
		err = loader_hook_in(&t->loader, t->task);
	if (!err && !native->trial->loader.path)
		err = loader_offers(&t->loader, symbols, &native->trial->loader);
	return err;
}

struct err *native_exec(struct native *native, struct native_task *t)
{
	struct trial_task *task = native_trial_task(native, t);
	_cleanup_free_ char *link = mem_printf("/proc/%d/exe", task_live_tid(t->task));
	char exe[4096];
	ssize_t len = readlink(link, exe, sizeof(exe) - 1);

	if (len > 0) {
		exe[len] = '\0';
		mapping_path_plain(exe, NULL);
		free(task->exe);
		task->exe = mem_strdup(exe);
	}
	loader_deinit(&t->loader);
	memset(t->planted, 0, native->request->n_breakpoints * sizeof(t->planted[0]));
	t->n_planted = 0;
	t->n_resolving = 0;
	debugregs_after_exec(t->task);
	return native_find_loader(native, t);
}
