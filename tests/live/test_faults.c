/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every door of the native tool, slammed: at each point the N-th call fails, its task dies or
 * is stopped there, or the harness is killed or interrupted, with N from the first call until no
 * run comes so far. Whatever strikes: no crash, no hang, no process, no descriptor is left; what
 * failed is said. faults.h tells how to have some of it.
 *
 * Runs alone: a uprobe at the loader's hook takes the traps of other tests away.
 */
#include "faults.h"
#include "steady.h"

/* What runs, so that each point is come to. */
struct play {
	const char *name;
	const char *argv[4];
	const char *breakpoints[4];
	const char *set; /* scenario keys */
	bool needs_dir;  /* argv[1] is the victims' folder */
	bool each;       /* struck at each call */
};

static const struct play plays[] = {
	{ "loads", { "loads", "", "2" }, { "victim_add", "main" }, "", true, false },
	{ "threads", { "threads", "2", "100" }, { "hot_relative", "hot_push" }, "", false, false },
	{ "forks", { "forks" }, { "marked" }, "breakpoints.write=poke", false, false },
	{ "signals", { "signals" }, { "stepped" }, "", false, false },
	{ "registers", { "threads", "2", "5" }, { "hot_relative" }, "breakpoints.write=debug-registers tracer_threads=2",
	  false, false },
	{ "pages", { "threads", "1", "1" }, { "hot_relative", "hot_push" }, "breakpoints.write=page", false, true },
	{ "audit", { "loads", "", "1" }, { NULL }, "load_events=audit", true, false },
	{ "uprobe", { "loads", "", "1" }, { NULL }, "load_events=uprobe", true, false },
};

/* The point, which plays come to it, and what may strike there. */
static const struct door {
	enum fault_point point;
	const char *plays, *actions;
	unsigned int tolerated; /* from this call on nothing depends on it: a run may be right without */
} doors[] = {
	{ FAULT_SEIZE, "loads", "EIO die kill int", 0 },
	{ FAULT_INTERRUPT, "threads", "EIO die kill", 0 },
	{ FAULT_CONT, "loads threads", "EIO die kill int", 0 },
	{ FAULT_LISTEN, "signals", "EIO die kill", 0 },
	{ FAULT_REGS, "threads", "EIO die kill", 0 },
	{ FAULT_USER, "loads registers", "EIO die kill", 0 },
	{ FAULT_TEXT, "forks", "EIO die kill", 0 },
	{ FAULT_SIGINFO, "signals", "EIO die kill", 0 },
	{ FAULT_SIGMASK, "threads", "EIO die kill", 0 },
	{ FAULT_STEP, "threads", "EIO die kill", 0 },
	{ FAULT_EVENT, "forks threads", "EIO die kill", 0 },
	{ FAULT_WAIT, "loads threads", "EIO kill int", 0 },
	{ FAULT_WAIT, "loads", "EINTR", 1 },
	{ FAULT_MEM_OPEN, "loads forks", "EMFILE die kill", 0 },
	{ FAULT_MEM_READ, "loads", "EIO die kill", 0 },
	{ FAULT_MEM_READ, "pages", "EIO die", 0 },
	{ FAULT_MEM_READ, "loads pages", "short", 1 }, /* what a batch has not brought is read by itself */
	{ FAULT_MEM_WRITE, "loads", "ENOMEM short die kill", 12 }, /* what fails when a task is let go is tried again */
	{ FAULT_MEM_WRITE, "threads", "ENOMEM short die kill", 1 }, /* a push that cannot be emulated is stepped */
	{ FAULT_MEM_WRITE, "pages", "ENOMEM short die kill", 7 }, /* two at each hook, then the page of each task */
	{ FAULT_AUXV, "loads", "EMFILE die kill", 0 },
	{ FAULT_MAPS, "loads", "EMFILE die kill", 2 }, /* of an event's libraries the symbols are missing, with a warning */
	{ FAULT_MAPS_ASK, "loads", "ENOTTY die kill", 1 }, /* a kernel without it has the text of all mappings */
	{ FAULT_THREAD, "loads", "EAGAIN kill", 0 },
	{ FAULT_ELF, "loads", "EMFILE kill", 1 }, /* a library without symbols, with a warning */
	{ FAULT_PERF, "uprobe", "EACCES kill", 0 },
	{ FAULT_HEAR, "uprobe audit", "EIO kill", 0 },
	{ FAULT_MAP, "uprobe audit", "ENOMEM kill", 0 },
	{ FAULT_SPAWN, "loads", "EAGAIN kill", 0 },
	{ FAULT_SOCKET, "loads", "EMFILE kill", 0 },
	{ FAULT_ACCEPT, "loads", "EMFILE kill int", 0 },
	{ FAULT_ACCEPT, "loads", "EINTR ECONNABORTED", 1 },
	{ FAULT_HELLO, "loads", "ECONNRESET short kill", 0 },
	{ FAULT_HELLO, "loads", "EINTR", 1 },
	{ FAULT_RELEASE, "loads", "EPIPE short die kill", 0 },
	{ FAULT_PIDFD, "loads", "EMFILE die kill", 0 },
	{ FAULT_FILE_READ, "loads", "EMFILE kill", 1 },
};

/* What one strike is about. */
struct tried {
	struct spy *spy;
	const struct door *door;
	const struct play *play;
};

static void run_play(struct spy *spy, const struct play *play, const char *text)
{
	const char *argv[5] = { play->argv[0], play->needs_dir ? spy->victims : play->argv[1], play->argv[2] };
	struct err *err;
	long before;

	enter_run(spy);
	spy->scenario.time_limit_ns = RUN_LIMIT_NS / 2;
	if (spy_set(spy, play->set))
		_exit(99);
	before = (long)open_descriptors();
	assert_ok(fault_set(text));
	err = spy_run_env(spy, 2, play->breakpoints, argv, NULL);
	tell(err);
	told->timed_out = spy->trial.timed_out;
	told->interrupted = spy->trial.interrupted || (err && err_status(err) == EXIT_INTERRUPTED);
	told->invalid = spy->trial.n_contradictions > 0;
	for (size_t i = 0; i < spy->trial.n_tasks; i++)
		told->invalid = told->invalid || spy->trial.tasks[i].exit_status;
	told->descriptors = (long)open_descriptors() - before;
	told->done = true;
	_exit(0);
}

/* One run; what was wrong with it, or NULL. */
static char *run_one(const struct strike *strike, void *data)
{
	const struct tried *tried = data;
	const char *action = strike->action;
	bool tolerated = tried->door->tolerated && strike->call >= tried->door->tolerated;
	bool killed = !strcmp(action, "kill");
	char *wrong = NULL;
	int status = 0;
	pid_t pid;

	pid = fork();
	if (!pid)
		run_play(tried->spy, tried->play, strike->text);
	if (!wait_for(pid, RUN_LIMIT_NS, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		wrong = mem_strdup("hangs");
	} else if (WIFSIGNALED(status) && !(killed && WTERMSIG(status) == SIGKILL)) {
		wrong = mem_printf("ends by signal %d", WTERMSIG(status));
	} else if (WIFSIGNALED(status)) {
		told->struck = true;
	} else if (!told->done) {
		wrong = mem_printf("ends with status %d", WEXITSTATUS(status));
	} else if (told->struck && told->timed_out) {
		wrong = mem_strdup("waits until its time is over");
	} else if (told->struck && told->failed && (told->gone || !told->message[0])) {
		wrong = mem_printf("fails without a reason: '%s'", told->message);
	} else if (told->struck && !told->failed && !told->invalid && !told->interrupted && !tolerated &&
		   strcmp(action, "die") != 0 && strcmp(action, "int") != 0) {
		wrong = mem_strdup("goes on as if nothing were");
	} else if (!told->struck && (told->failed || told->invalid)) {
		wrong = mem_printf("fails without a fault: '%s'", told->message);
	} else if (told->descriptors) {
		wrong = mem_printf("leaves %ld descriptors ('%s')", told->descriptors, told->message);
	}
	if (!wait_for(-1, END_LIMIT_NS, &status) && !wrong)
		wrong = mem_printf("leaves processes ('%s')", told->message);
	end_children();
	return wrong;
}

static bool can_play(const struct play *play)
{
	/* No PMU for uprobes, and nothing to slam. */
	return strcmp(play->name, "uprobe") != 0 || has_uprobes();
}

static void every_door(void **state)
{
	struct spy *spy = *state;

	n_runs = n_wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		_cleanup_free_ char *actions = mem_strdup(doors[i].actions);
		unsigned int struck = 0, played = 0;
		char *rest = NULL;

		if (!is_wanted(doors[i].point))
			continue;
		for (char *action = strtok_r(actions, " ", &rest); action; action = strtok_r(NULL, " ", &rest))
			for (size_t j = 0; j < ARRAY_SIZE(plays); j++)
				if (has_word(doors[i].plays, plays[j].name) && can_play(&plays[j])) {
					struct tried tried = { spy, &doors[i], &plays[j] };

					struck += go_through(&(struct strike){ .point = doors[i].point, .action = action,
									       .play = plays[j].name,
									       .each = plays[j].each },
							     run_one, &tried);
					played++;
				}
		/* How often some are come to is a matter of which thread is faster. */
		if (played && !struck) {
			print_error("%s: no run comes there\n", fault_name(doors[i].point));
			n_wrong++;
		}
	}
	print_message("%u runs\n", n_runs);
	assert_int_equal(n_wrong, 0);
}

static void every_point_was_struck(void **state)
{
	(void)state;
	assert_points_struck(BY_RUNS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_door, spy_setup, spy_teardown),
		cmocka_unit_test(every_point_was_struck),
	};

	faults_init();
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
