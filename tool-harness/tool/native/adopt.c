/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking over a task that runs already, or is held in MPI_Init by its launcher: its threads
 * are stopped where they are, and its start-up link map is read at once. One whose loader
 * has not come so far goes on to its first consistent stop, like one acquired at exec.
 *
 * Invariant: a thread of the task runs only after the trap at the hook is in.
 */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "job/acquire/acquire.h"
#include "job/shim.h"
#include "lib/clock.h"
#include "lib/progress.h"
#include "tool/native/native.h"

#define ENDING_ROUNDS 200 /* of a millisecond; only an error waits for them */
#define LOOKS 20          /* at what a thread blocks, if it cannot be told at once */
#define BETWEEN_LOOKS_US 500

/*
 * The link map that a task is found with is an event of its own: null, as no announcement
 * was seen.
 */
static void found_with_map(struct native *native, struct native_task *t, int64_t begin_ns)
{
	struct event *event = trial_add_event(native->trial);
	struct trial_task *task = &native->trial->tasks[t->task->index];

	event->task = t->task->index;
	event->tid = t->task->pid;
	event->class = EVENT_NULL;
	event->seen_ns = event->begin_ns = begin_ns;
	event->linkmap_ns = clock_now_ns() - begin_ns;
	task->stops[EVENT_NULL]++;
	task->load_events++;
	t->event = native->trial->n_events - 1;
	t->state = NATIVE_STARTED;
}

/* srun holds tasks at their first exec, which is the shim's where that has something to do: one more is to come. */
static struct err *shim_go_on(struct native_task *t, struct trial_task *task)
{
	task->acquired_at = TASK_AT_EXEC;
	t->state = NATIVE_RELEASED;
	kill(t->task->pid, SIGCONT); /* as at its start without a shim */
	return threads_release(t->task);
}

static struct err *take_over(struct native *native, struct native_task *t)
{
	struct trial_task *task = &native->trial->tasks[t->task->index];
	int64_t begin_ns;
	size_t n_left = 0;
	struct err *err;
	taddr map;

	err = task_take_hold(t->task);
	for (int i = 0; !err && i < LOOKS && task_hides_deafness(t->task); i++) {
		err = threads_release(t->task);
		usleep(BETWEEN_LOOKS_US);
		if (!err)
			err = task_take_hold(t->task);
	}
	if (!err && task->acquired_at == TASK_AT_MPI_INIT && shim_runs_in(t->task->pid))
		return shim_go_on(t, task);
	if (!err)
		err = task_clean_up(t->task, &n_left);
	if (!err && n_left)
		progress_note("%zu trap%s that a killed tracer had left in pid %d taken out", n_left,
			      n_left == 1 ? "" : "s", (int)t->task->pid);
	if (!err)
		err = task_refuse_deaf(t->task);
	if (!err)
		err = native_find_loader(native, t);
	begin_ns = clock_now_ns();
	if (!err)
		err = loader_read_stop(&t->loader, t->task, 0, 0, &t->stop);
	if (err)
		return err;
	map = t->loader.spaces.v[0].debug.map;
	if (map && namespaces_are_consistent(&t->loader.spaces)) {
		found_with_map(native, t, begin_ns);
		return NULL;
	}
	if (!map && task->acquired_at == TASK_AT_MPI_INIT) {
		task->acquired_at = TASK_AT_EXEC; /* srun holds them there, by SIGSTOP */
		task->exec_ns = begin_ns;
		t->state = NATIVE_AT_EXEC;
		return NULL;
	}
	/* Whatever was announced before we came is none of our events. */
	t->loader.announced = false;
	t->state = NATIVE_STARTING;
	return threads_release(t->task);
}

struct err *native_adopt(struct native *native, struct native_task *t)
{
	struct err *err = take_over(native, t);

	/* What is left of a task that ends reads as anything, some time before it has ended. */
	for (int i = 0; err && !err_is_gone(err) && i < ENDING_ROUNDS; i++) {
		if (job_task_ended(native->job, t->task->index) || task_is_ending(t->task)) {
			err_free(err);
			return err_gone();
		}
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	}
	return err;
}
