/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A launcher started under MPIR: it is traced from its exec to MPIR_Breakpoint, where its table
 * of tasks is filled and it waits for tools.
 *
 * Invariant: a launcher that is held has all its threads stopped, so that nothing of it
 * comes to anybody's wait; it is let go with no trap in it.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "job/launch.h"
#include "job/acquire/internal.h"
#include "job/rendezvous.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/proc.h"
#include "trace/memory/procmem.h"

enum { DEBUG_SPAWNED = 1, DEBUG_ABORTING = 2 }; /* MPIR_debug_state */

#define TRAP_ID_ENTRY 1
#define TRAP_ID_MPIR 2

static struct err *launcher_ended(const struct stop *stop)
{
	_cleanup_free_ char *how = proc_status_text(stop->status);

	return err_hint(err_new("the launcher %s before it had a process table", how),
			"Open MPI has one when all tasks have come to MPI_Init: a program without MPI never does, "
			"and is to be acquired by the shim");
}

/* Runs the launcher until it has hit the trap with this id, or, with id 0, until its exec. */
static struct err *run_to(struct mpir_hold *hold, uint32_t id, struct thread **ret)
{
	for (;;) {
		const struct trap *trap;
		struct stop stop;
		taddr ip;
		struct err *err = tracer_wait(&hold->tracer, &stop);

		if (err)
			return err;
		switch (stop.kind) {
		case STOP_TICK:
			if (*hold->stop)
				return err_exit(EXIT_INTERRUPTED,
						"interrupted before the launcher had started the tasks");
			if (clock_now_ns() > hold->deadline_ns)
				return err_exit(EXIT_TIMED_OUT, "the launcher had not started the tasks in time");
			continue;
		case STOP_CHILD_GONE:
			continue;
		case STOP_NO_CHILDREN:
		case STOP_TASK_GONE:
			return launcher_ended(&stop);
		case STOP_EXEC:
			if (id)
				return err_hint(err_new("the launcher executes another program"),
						"give that as the scenario's key 'mpirun'");
			*ret = stop.thread;
			return NULL;
		case STOP_TRAP:
			err = thread_ip_get(stop.thread, &ip);
			trap = err ? NULL : trap_find(&hold->launcher->traps, ip - 1);
			if (trap && trap->id == id) {
				*ret = stop.thread;
				return NULL;
			}
			if (!err)
				err = thread_cont(stop.thread, trap ? 0 : SIGTRAP);
			break;
		case STOP_SIGNAL:
			err = thread_cont(stop.thread, stop.signal);
			break;
		case STOP_OTHER:
			err = thread_cont(stop.thread, 0);
			break;
		}
		if (err && !err_is_gone(err))
			return err;
	}
}

/* From its exec to its first own instruction, when the loader has mapped its libraries. */
static struct err *run_to_entry(struct mpir_hold *hold, struct thread *thread)
{
	struct user_regs_struct regs;
	uint64_t entry;
	struct err *err;

	err = process_auxv(hold->launcher->pid, AT_ENTRY, &entry);
	if (!err)
		err = trap_insert(hold->launcher, entry, TRAP_ID_ENTRY);
	if (!err)
		err = thread_cont(thread, 0);
	if (!err)
		err = run_to(hold, TRAP_ID_ENTRY, &thread);
	if (!err)
		err = thread_regs_get(thread, &regs);
	if (!err)
		err = trap_remove(hold->launcher, entry);
	if (err)
		return err;
	regs.rip = entry;
	return thread_regs_set(thread, &regs);
}

/* To the first instruction of a program that has the interface. */
static struct err *run_to_launcher(struct mpir_hold *hold, struct thread **ret)
{
	for (;;) {
		struct err *err = run_to(hold, 0, ret);

		if (!err)
			err = run_to_entry(hold, *ret);
		if (err)
			return err;
		err = mpir_symbols_find(hold->launcher->pid, &hold->mpir);
		if (!err || err_is_gone(err) || !hold->script)
			return err;
		err_free(err); /* the interpreter of a script */
		err = thread_cont(*ret, 0);
		if (err)
			return err;
	}
}

/* Several calls of MPIR_Breakpoint are fine; the one that counts says that tasks are there. */
static struct err *run_to_spawned(struct mpir_hold *hold, struct thread *thread)
{
	struct task *launcher = hold->launcher;
	const int32_t one = 1;
	struct err *err;

	err = task_write(launcher, hold->mpir.being_debugged, &one, sizeof(one));
	if (!err)
		err = trap_insert(launcher, hold->mpir.breakpoint, TRAP_ID_MPIR);
	while (!err) {
		int32_t state = 0;

		err = thread_cont(thread, 0);
		if (!err)
			err = run_to(hold, TRAP_ID_MPIR, &thread);
		if (!err)
			err = memory_read(&launcher->memory, hold->mpir.debug_state, &state, sizeof(state));
		if (!err && state == DEBUG_SPAWNED)
			return threads_hold(launcher, NULL);
		if (!err && state == DEBUG_ABORTING)
			return err_new("the launcher could not start the tasks");
		if (!err)
			err = thread_step_over(thread, trap_find(&launcher->traps, hold->mpir.breakpoint));
	}
	return err;
}

static bool is_script(const char *command)
{
	_cleanup_free_ char *path = fs_find_program(command);
	_cleanup_fclose_ FILE *file = path ? fopen(path, "re") : NULL;

	return file && fgetc(file) == '#' && fgetc(file) == '!';
}

static struct err *bring_to_table(struct mpir_hold *hold, const struct job_plan *plan, struct job *job,
				  struct found *found)
{
	struct thread *thread;
	struct err *err;

	err = tracer_seize(&hold->tracer, job->tasks[0].pid, 0, &hold->launcher);
	if (!err)
		err = job_release(job, 0);
	if (!err)
		err = run_to_launcher(hold, &thread);
	if (!err)
		err = run_to_spawned(hold, thread);
	if (!err)
		err = mpir_table_read(&hold->launcher->memory, &hold->mpir, plan, found);
	if (err_is_gone(err))
		return err_new("the launcher was killed before it had started the tasks");
	if (err)
		return err;
	return found->n ? job_take_found(job, found, TASK_AT_MPI_INIT) : mpir_none_here(found);
}

struct err *mpir_launch(const struct job_plan *plan, int64_t deadline_ns, const volatile bool *stop,
			struct job **ret)
{
	_cleanup_(found_deinit) struct found found = { 0 };
	struct mpir_hold *hold;
	struct job *job;
	struct err *err = launch_start(plan, GATE_LAUNCHER, &job);

	if (err)
		return err;
	hold = job->hold = mem_alloc(sizeof(*hold));
	hold->stop = stop;
	hold->deadline_ns = deadline_ns;
	hold->script = is_script(plan->mpirun);
	tracer_init(&hold->tracer);
	err = rendezvous_wait(job, deadline_ns, stop);
	if (!err) {
		tracer_ticks_start();
		err = bring_to_table(hold, plan, job, &found);
		tracer_ticks_stop();
	}
	if (!err && found.n != plan->n_tasks) {
		_cleanup_free_ char *elsewhere = found_elsewhere_text(&found);

		err = err_new("the launcher's process table has %zu tasks here, but %zu were asked for%s", found.n,
			      plan->n_tasks, elsewhere);
	}
	if (err)
		return launch_failed(job, err);
	*ret = job;
	return NULL;
}
