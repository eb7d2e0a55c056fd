/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stacks of a job's tasks, taken when the scenario asks for them and merged in the trial: at
 * the end of phase 1 and at load events that of the thread that is stopped anyway, before
 * unfinished tasks are ended those of all threads. Invariant: a task whose stack cannot be
 * taken costs that stack and nothing else.
 */
#include "lib/clock.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "tool/native/native.h"
#include "tool/stack.h"

#define MARK_NOT_STARTED "[before exec]"
#define MARK_RUNNING "[not stopped]" /* asleep in the kernel where no signal reaches it */

struct native_stacks {
	bool wanted[STACKS_N];
	struct stack_walker *walker;
	struct stack stack;
};

void native_stacks_init(struct native *native)
{
	const struct conf_list *moments = &native->request->scenario->stacks;
	struct native_stacks *stacks;

	if (!scenario_wants_stacks(native->request->scenario))
		return;
	stacks = mem_alloc(sizeof(*stacks));
	for (size_t i = 0; i < moments->n; i++)
		stacks->wanted[moments->choices[i] - STACKS_SCENARIO_FIRST] = true;
	stacks->walker = stack_walker_create(native->libraries);
	native->stacks = stacks;
}

void native_stacks_deinit(struct native *native)
{
	if (!native->stacks)
		return;
	stack_walker_destroy(native->stacks->walker);
	free(native->stacks);
	native->stacks = NULL;
}

static bool is_wanted(const struct native *native, enum stacks_moment moment)
{
	return native->stacks && native->stacks->wanted[moment];
}

static void begin_task(struct native *native, struct native_task *t)
{
	struct stack_walker *walker = native->stacks->walker;
	struct loader_change all;

	stack_walker_begin(walker, &t->task->memory);
	namespaces_all(&t->loader.spaces, &all);
	for (size_t i = 0; i < all.n_added; i++)
		stack_walker_map(walker, all.added[i]->bias, all.added[i]->data);
	/* Before the first link map is read the loader is what runs. */
	if (!all.n_added && t->loader.path)
		stack_walker_map(walker, t->loader.base,
				 library_get_mapped(native->libraries, t->loader.path, &t->loader.file,
						    t->loader.path));
	loader_change_deinit(&all);
}

/* A thread that has run into a trap is where the trap is; the same holds for one that is about
 * to run the `ret` behind the trap at the loader's hook. */
static void put_before_trap(const struct thread *thread, struct user_regs_struct *regs)
{
	const struct trap_table *traps = &thread->task->traps;
	const struct trap *here = trap_find(traps, regs->rip);

	if ((here && here->byte == TRAP_RETURN) || (thread->at_trap && trap_find(traps, regs->rip - 1)))
		regs->rip--;
}

/* One more stack in the trial's tree. The thread is stopped and its task's walk begun. */
static struct err *take(struct native *native, const struct native_task *t, struct thread *thread,
			enum stacks_moment moment)
{
	struct native_stacks *stacks = native->stacks;
	struct user_regs_struct regs;
	struct err *err = thread_regs_get(thread, &regs);

	if (err)
		return err;
	put_before_trap(thread, &regs);
	stack_walk(stacks->walker, &regs, &stacks->stack);
	stacktree_add(&native->trial->stacks[moment], stacks->stack.frames, stacks->stack.n,
		      (uint32_t)native->trial->tasks[t->task->index].rank);
	return NULL;
}

static void take_mark(struct native *native, const struct native_task *t, const char *mark)
{
	const struct stack_frame frame = { .function = mark };

	stacktree_add(&native->trial->stacks[STACKS_END], &frame, 1,
		      (uint32_t)native->trial->tasks[t->task->index].rank);
}

/* The thread that waits at the start-up stop; of a task that was held as it ran the first one. */
static struct thread *start_thread(const struct native_task *t)
{
	struct thread *thread = t->waiting ? NULL : t->task->threads;

	while (thread && !(thread->stopped && thread->tid == t->task->pid))
		thread = thread->next;
	return t->waiting ? t->waiting : thread;
}

struct err *native_start_stack(struct native *native, struct native_task *t)
{
	struct trial_phases *phases = &native->trial->phases;
	struct thread *thread = start_thread(t);
	struct err *err;

	if (!is_wanted(native, STACKS_START) || !thread)
		return NULL;
	begin_task(native, t);
	err = take(native, t, thread, STACKS_START);
	if (err)
		return err;
	phases->last_stack_ns = clock_now_ns();
	if (!phases->first_stack_ns)
		phases->first_stack_ns = phases->last_stack_ns;
	return NULL;
}

struct err *native_event_stack(struct native *native, struct native_task *t, struct thread *thread,
			       struct event *event)
{
	int64_t begin_ns = clock_now_ns();
	struct err *err;

	if (!is_wanted(native, STACKS_EVENTS))
		return NULL;
	begin_task(native, t);
	err = take(native, t, thread, STACKS_EVENTS);
	event->stacks_ns = clock_now_ns() - begin_ns;
	return err;
}

static struct err *end_task(struct native *native, struct native_task *t)
{
	struct err *err = threads_hold(t->task, NULL);

	if (err)
		return err;
	if (t->state == NATIVE_RELEASED) {
		take_mark(native, t, MARK_NOT_STARTED);
		return NULL;
	}
	begin_task(native, t);
	for (struct thread *thread = t->task->threads; thread; thread = thread->next) {
		if (thread->visitor)
			continue;
		err = thread->stopped ? take(native, t, thread, STACKS_END) : NULL;
		if (err_is_gone(err))
			continue;
		if (err)
			return err;
		if (!thread->stopped)
			take_mark(native, t, MARK_RUNNING);
	}
	return NULL;
}

void native_end_stacks(struct native *native)
{
	if (!is_wanted(native, STACKS_END))
		return;
	for (size_t i = 0; i < native->n_tasks; i++) {
		struct native_task *t = &native->tasks[i];
		struct err *err = t->task && !t->task->gone ? end_task(native, t) : NULL;

		if (err && !err_is_gone(err))
			progress_warn("rank %zu: no stack: %s", native->first + i, err_message(err));
		err_free(err);
	}
}
