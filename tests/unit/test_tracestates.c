/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tracer's waits, stops and detach in all orders in which the threads of a small task can go on meanwhile: the code of
 * trace/ itself, on the kernel of fakekernel.h. Each scene is a program of a few steps; a run seizes it, puts traps
 * in, handles some stops, lets it go, and looks: no trap is left in any memory, nobody is traced, stopped or dead of our
 * doing, each call was made once, each signal came. All orders with up to BUDGET steps put in between the tracer's calls
 * are gone through, for each number of stops handled before the detach, as far as RUNS goes; what is left is drawn at random
 * (TRACESTATES_RUNS, a number of runs for each). A run that fails is told by its choices: TRACESTATES_REPLAY.
 */
#include "unit.h"
#include "fakecalls.h"

#include "lib/progress.h"
#include "trace/task.h"
#include "trace/waits/wait.h"

#define BUDGET 3
#define RUNS 1000

struct scene {
	const char *name;
	struct op_step programs[6][PROGRAM_STEPS]; /* the first is the leader's */
	int most_waits;
};

static const struct scene scenes[] = {
	{ "one thread, two kinds of trap", { { { OP_HOOK, 0 }, { OP_FUNCTION, 0 }, { OP_ODD, 0 }, { OP_HOOK, 0 } } }, 5 },
	{ "two threads in traps",
	  { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_ODD, 0 } }, { { OP_ODD, 0 }, { OP_HOOK, 0 } } }, 6 },
	{ "fork while another hits",
	  { { { OP_CLONE, 1 }, { OP_FORK, 2 }, { OP_HOOK, 0 } },
	    { { OP_HOOK, 0 }, { OP_FUNCTION, 0 } },
	    { { OP_HOOK, 0 }, { OP_FUNCTION, 0 }, { OP_EXIT_GROUP, 0 } } }, 6 },
	{ "posix_spawn and dlopen at once",
	  { { { OP_CLONE, 1 }, { OP_SPAWN, 2 }, { OP_HOOK, 0 } },
	    { { OP_HOOK, 0 }, { OP_HOOK, 0 } },
	    { { OP_FUNCTION, 0 }, { OP_EXEC, 3 } },
	    { { OP_HOOK, 0 }, { OP_EXIT_GROUP, 0 } } }, 6 },
	{ "vfork whose child ends",
	  { { { OP_VFORK, 1 }, { OP_HOOK, 0 } }, { { OP_HOOK, 0 }, { OP_NOTHING, 0 }, { OP_EXIT_GROUP, 0 } } }, 5 },
	{ "a long vfork beside a thread",
	  { { { OP_CLONE, 1 }, { OP_VFORK, 2 }, { OP_HOOK, 0 } },
	    { { OP_HOOK, 0 }, { OP_FUNCTION, 0 } },
	    { { OP_NOTHING, 0 }, { OP_NOTHING, 0 }, { OP_NOTHING, 0 }, { OP_NOTHING, 0 }, { OP_EXEC, 3 } },
	    { { OP_EXIT_GROUP, 0 } } }, 5 },
	{ "memory shared with a process",
	  { { { OP_SHARE, 1 }, { OP_HOOK, 0 }, { OP_HOOK, 0 } }, { { OP_HOOK, 0 }, { OP_FUNCTION, 0 } } }, 5 },
	{ "memory shared with a process that shares it on",
	  { { { OP_SHARE, 1 }, { OP_HOOK, 0 }, { OP_HOOK, 0 } },
	    { { OP_SHARE, 2 }, { OP_HOOK, 0 } },
	    { { OP_HOOK, 0 }, { OP_FUNCTION, 0 } } }, 5 },
	{ "the first thread ends, another shares the memory",
	  { { { OP_CLONE, 1 }, { OP_EXIT, 0 } },
	    { { OP_HOOK, 0 }, { OP_SHARE, 2 }, { OP_HOOK, 0 }, { OP_ODD, 0 } },
	    { { OP_HOOK, 0 }, { OP_ODD, 0 }, { OP_FUNCTION, 0 } } }, 6 },
	{ "the first thread ends, another goes on",
	  { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_EXIT, 0 } }, { { OP_HOOK, 0 }, { OP_ODD, 0 }, { OP_HOOK, 0 } } }, 5 },
	{ "exec by the first thread",
	  { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_EXEC, 2 } }, { { OP_HOOK, 0 }, { OP_ODD, 0 } }, { { OP_HOOK, 0 } } }, 6 },
	{ "exec by another thread",
	  { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_FUNCTION, 0 } }, { { OP_HOOK, 0 }, { OP_EXEC, 2 } }, { { OP_HOOK, 0 } } }, 6 },
	{ "a signal and traps",
	  { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_ODD, 0 } }, { { OP_USR1, 0 }, { OP_HOOK, 0 }, { OP_USR1, 0 } } }, 6 },
	{ "a group stop and traps", { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_HOOK, 0 } }, { { OP_STOP, 0 }, { OP_HOOK, 0 } } }, 6 },
	{ "threads end", { { { OP_CLONE, 1 }, { OP_HOOK, 0 } }, { { OP_HOOK, 0 }, { OP_EXIT, 0 } } }, 5 },
	{ "the process ends", { { { OP_CLONE, 1 }, { OP_HOOK, 0 }, { OP_EXIT_GROUP, 0 } }, { { OP_HOOK, 0 }, { OP_ODD, 0 } } }, 5 },
	{ "a clone of a clone", { { { OP_CLONE, 1 }, { OP_HOOK, 0 } }, { { OP_CLONE, 2 }, { OP_HOOK, 0 } }, { { OP_HOOK, 0 } } }, 5 },
};

/* --- one run ------------------------------------------------------------------------------- */

static char failure[512];
static bool tell_all;

static void fail_run(const char *what, ...)
{
	va_list args;

	if (failure[0])
		return;
	va_start(args, what);
	vsnprintf(failure, sizeof(failure), what, args);
	va_end(args);
}

static void note_error(const char *what, struct err *err)
{
	if (err_is_gone(err) && kernel.processes[0].death < 0)
		fail_run("%s: the process is said to be gone, and lives", what);
	else if (err && !err_is_gone(err))
		fail_run("%s: %s", what, err_message(err));
	err_free(err);
}

static bool anybody_to_wait_for(void)
{
	struct fthread *list[F_THREADS];

	for (int i = 0; i < F_THREADS; i++)
		if (kernel.threads[i].state != F_NONE && is_ready(&kernel.threads[i]))
			return true;
	return runnable(list) > 0;
}

/* As a tool handles a trap: the hook's goes on by itself, others are stepped over; one not ours is the task's. */
static struct err *handle_trap(struct stop *stop)
{
	const struct trap *trap;
	taddr ip;
	struct err *err = thread_ip_get(stop->thread, &ip);

	if (err)
		return err;
	trap = trap_find(&stop->task->traps, ip - 1);
	if (!trap || trap->byte != TRAP_BYTE)
		return thread_cont(stop->thread, SIGTRAP);
	if (trap->addr != HOOK) {
		err = thread_step_over(stop->thread, trap);
		if (err)
			return err;
	}
	return thread_cont(stop->thread, 0);
}

static void handle_stops(struct tracer *tracer, int n)
{
	for (int i = 0; i < n && anybody_to_wait_for(); i++) {
		struct stop stop;
		struct err *err = tracer_wait(tracer, &stop);

		if (err) {
			note_error("wait", err);
			return;
		}
		if (stop.kind == STOP_NO_CHILDREN || (stop.kind == STOP_TASK_GONE))
			return;
		if (stop.kind == STOP_TRAP)
			err = handle_trap(&stop);
		else if (stop.thread)
			err = thread_cont(stop.thread, stop.kind == STOP_SIGNAL ? stop.signal : 0);
		if (!err_is_gone(err)) /* killed while it was handled, by another thread's exec */
			note_error("handling a stop", err);
	}
}

static void put_traps(struct task *task)
{
	struct trap_place places[] = { { .addr = FUNCTION, .id = 0 }, { .addr = ODD, .id = 1 } };
	bool done;
	struct err *err = trap_insert_returning(task, HOOK, TRAP_ID_LOADER, &done);

	if (!err)
		err = traps_insert(task, places, 2);
	note_error("putting traps in", err);
}

/* After the tracer has gone: all go on to their end, and SIGCONT comes. */
static void run_out(void)
{
	struct fthread *list[F_THREADS];

	for (int i = 0; i < 1000; i++) {
		int n = runnable(list);

		for (int p = 0; !n && p < kernel.n_processes; p++)
			if (kernel.processes[p].group_stop)
				process_continue(&kernel.processes[p]);
		n = n ? n : runnable(list);
		if (!n)
			return;
		fthread_step(list[i % n]);
	}
	fail_run("the threads do not come to their ends");
}

static void look_at_threads(void)
{
	for (int i = 0; i < F_THREADS; i++) {
		const struct fthread *t = &kernel.threads[i];

		if (t->state == F_NONE || t->state == F_ZOMBIE)
			continue;
		if (t->traced)
			fail_run("thread %d is still traced", t->tid);
		else if (t->state != F_RUN)
			fail_run("thread %d is left in state %d", t->tid, (int)t->state);
		else if (t->within || kernel.programs[t->program][t->at].op != OP_END)
			fail_run("thread %d did not come to its end", t->tid);
	}
}

static void look_at_processes(void)
{
	for (int i = 0; i < kernel.n_processes; i++) {
		const struct fprocess *p = &kernel.processes[i];

		if (p->death > 0)
			fail_run("process %d died of signal %d", p->pid, WTERMSIG(p->death));
		if (p->death < 0 && p->usr1_seen != p->usr1_sent)
			fail_run("process %d got %d of %d signals", p->pid, p->usr1_seen, p->usr1_sent);
	}
	for (int i = 0; i < F_THREADS; i++)
		if (kernel.mms[i].users && memcmp(kernel.mms[i].text, original_text, TEXT_BYTES))
			fail_run("a trap is left in memory %d", i);
	if (kernel.padding_ran)
		fail_run("the padding behind a function was run");
}

static void run_once(const struct scene *scene, int waits)
{
	struct tracer tracer;
	struct task *task = NULL;
	struct err *err;

	failure[0] = '\0';
	memset(&kernel, 0, sizeof(kernel));
	kernel.programs = scene->programs;
	kernel.next_tid = 1000000;
	kernel.budget = BUDGET;
	kernel.running = true;
	kernel.tell = tell_all;
	fthread_new(0, mm_new(NULL), 0);
	tracer_init(&tracer);
	err = tracer_seize(&tracer, 1000001, 0, &task);
	if (err) {
		note_error("seizing", err);
	} else {
		/* Traps are put in at a stop, as a tool does. */
		note_error("holding", task_take_hold(task));
		put_traps(task);
		note_error("releasing", threads_release(task));
		handle_stops(&tracer, waits);
		kernel.budget += BUDGET;
		if (!task->gone)
			note_error("detaching", task_detach(task));
	}
	kernel.budget = 0;
	tracer_deinit(&tracer);
	run_out();
	look_at_processes();
	look_at_threads();
	kernel.running = false;
}

/* --- all of them --------------------------------------------------------------------------- */

static void tell_failure(const struct scene *scene, int waits, long run)
{
	char text[2048];
	size_t at = 0;

	for (int i = 0; i < choices.at && at < sizeof(text) - 8; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%d", i ? "," : "", choices.choice[i]);
	text[at] = '\0';
	fail_msg("'%s', %d stops handled, run %ld: %s\nrepeat: TRACESTATES_REPLAY='%d %d %s' %s", scene->name, waits, run,
		 failure, (int)(scene - scenes), waits, text, "build/tests/unit/test_tracestates");
}

/* Random choices where the systematic ones do not reach: of each the first is the likeliest. */
static void draw_choices(uint64_t *state)
{
	for (choices.n = 0; choices.n < 600; choices.n++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		choices.of[choices.n] = 1;
		choices.choice[choices.n] = *state % 3 ? 0 : (int)(*state / 3 % 4);
	}
	choices.at = 0;
}

static long run_all(const struct scene *scene, int waits, long runs)
{
	uint64_t state = 2007 + (uint64_t)waits;
	long n = 0;

	choices.n = choices.at = 0;
	do {
		run_once(scene, waits);
		n++;
		if (failure[0])
			tell_failure(scene, waits, n);
	} while (choices_next() && n < runs);
	for (long i = 0; n == runs && i < runs; i++) {
		draw_choices(&state);
		run_once(scene, waits);
		if (failure[0])
			tell_failure(scene, waits, n + i);
	}
	return n;
}

static void all_orders(void **state)
{
	const struct scene *scene = *state;
	const char *text = getenv("TRACESTATES_RUNS");
	long runs = text ? strtol(text, NULL, 10) : RUNS, n = 0;

	for (int waits = 0; waits <= scene->most_waits; waits++)
		n += run_all(scene, waits, runs);
	print_message("%s: %ld orders\n", scene->name, n);
}

static void replay(const char *text)
{
	int scene, waits, used = 0;

	if (sscanf(text, "%d %d %n", &scene, &waits, &used) != 2 || scene >= (int)ARRAY_SIZE(scenes)) {
		puts("TRACESTATES_REPLAY: 'SCENE STOPS CHOICE,...'");
		exit(2);
	}
	for (const char *at = text + used; *at; at += strcspn(at, ","), at += *at == ',')
		choices.choice[choices.n++] = (int)strtol(at, NULL, 10);
	tell_all = true;
	run_once(&scenes[scene], waits);
	printf("%s\n", failure[0] ? failure : "fine");
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(scenes)];

	progress_quiet();
	if (getenv("TRACESTATES_REPLAY")) {
		replay(getenv("TRACESTATES_REPLAY"));
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		tests[i] = (struct CMUnitTest){ scenes[i].name, all_orders, NULL, NULL, (void *)(uintptr_t)&scenes[i] };
	return cmocka_run_group_tests_name("tracestates", tests, NULL, NULL);
}
