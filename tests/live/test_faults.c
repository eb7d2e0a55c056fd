/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every door of the native tool, slammed: at each point the N-th call fails, its task dies or
 * is stopped there, or the harness is killed or interrupted, with N from the first call until no
 * run comes so far. Whatever strikes: no crash, no hang, no process, no descriptor is left; what
 * failed is said. FAULT_POINTS="wait spawn" in the environment: these points only.
 *
 * Runs alone: a uprobe at the loader's hook takes the traps of other tests away.
 */
#include "steady.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/progress.h"

#define RUN_LIMIT_NS (60 * NS_PER_S)  /* the tool's own is half of it */
#define END_LIMIT_NS (10 * NS_PER_S)  /* of tasks that the kernel ends */
#define LAST_CALL 120

/* What a run's process tells before it ends. */
struct told {
	bool struck, failed, gone, invalid, timed_out, interrupted, done;
	long descriptors; /* more than before */
	char message[512];
};

/* What runs, so that each point is come to. */
struct play {
	const char *name;
	const char *argv[4];
	const char *breakpoints[4];
	const char *set; /* scenario keys */
	bool needs_dir;  /* argv[1] is the victims' folder */
};

static const struct play plays[] = {
	{ "loads", { "loads", "", "2" }, { "victim_add", "main" }, "", true },
	{ "threads", { "threads", "2", "100" }, { "hot_relative", "hot_push" }, "", false },
	{ "forks", { "forks" }, { "marked" }, "breakpoints.write=poke", false },
	{ "signals", { "signals" }, { "stepped" }, "", false },
	{ "registers", { "threads", "2", "5" }, { "hot_relative" }, "breakpoints.write=debug-registers tracer_threads=2",
	  false },
	{ "audit", { "loads", "", "1" }, { NULL }, "load_events=audit", true },
	{ "uprobe", { "loads", "", "1" }, { NULL }, "load_events=uprobe", true },
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
	{ FAULT_MEM_READ, "loads", "short", 1 }, /* what a batch has not brought is read by itself */
	{ FAULT_MEM_WRITE, "loads", "ENOMEM die kill", 12 }, /* what fails when a task is let go is tried again */
	{ FAULT_MEM_WRITE, "threads", "ENOMEM die kill", 1 }, /* a push that cannot be emulated is stepped */
	{ FAULT_AUXV, "loads", "EMFILE die kill", 0 },
	{ FAULT_THREAD, "loads", "EAGAIN kill", 0 },
	{ FAULT_ELF, "loads", "EMFILE kill", 1 }, /* a library without symbols, with a warning */
	{ FAULT_PERF, "uprobe", "EACCES kill", 0 },
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

static struct told *told;

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static struct spy *interrupted_spy;

static void interrupt(int sig)
{
	(void)sig;
	interrupted_spy->stop = true;
}

/* The harness: a process of its own, that may be killed. */
static void run_play(struct spy *spy, const struct play *play, const char *text)
{
	const char *argv[5] = { play->argv[0], play->needs_dir ? spy->victims : play->argv[1], play->argv[2] };
	struct err *err;
	long before;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	interrupted_spy = spy;
	signal(SIGINT, interrupt);
	spy->scenario.time_limit_ns = RUN_LIMIT_NS / 2;
	if (spy_set(spy, play->set) || !freopen("/dev/null", "w", stderr))
		_exit(99);
	before = (long)open_descriptors();
	assert_ok(fault_set(text));
	err = spy_run_env(spy, 2, play->breakpoints, argv, NULL);
	told->struck = fault_has_struck();
	assert_ok(fault_set(NULL));
	told->failed = err;
	told->gone = err_is_gone(err);
	if (err)
		snprintf(told->message, sizeof(told->message), "%s", err_message(err));
	told->timed_out = spy->trial.timed_out;
	told->interrupted = spy->trial.interrupted || (err && err_status(err) == EXIT_INTERRUPTED);
	for (size_t i = 0; i < spy->trial.n_tasks; i++)
		told->invalid = told->invalid || spy->trial.tasks[i].exit_status;
	told->descriptors = (long)open_descriptors() - before;
	told->done = true;
	_exit(0);
}

/* Waits for one process, or with -1 for all children; false if they do not end in time. */
static bool wait_for(pid_t pid, int64_t limit_ns, int *status_ret)
{
	int64_t until_ns = clock_now_ns() + limit_ns;

	for (;;) {
		pid_t got = waitpid(pid, status_ret, WNOHANG | __WALL);

		if ((got < 0 && errno == ECHILD) || (pid > 0 && got == pid))
			return true;
		if (clock_now_ns() > until_ns)
			return false;
		if (got == 0)
			usleep(500);
	}
}

/* Ends what an orphaned job has left, for the next run; this process is their reaper. */
static void end_children(void)
{
	_cleanup_free_ char *path = mem_printf("/proc/self/task/%d/children", getpid());
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *rest = NULL;
	int status;

	assert_ok(fs_read(path, &text));
	for (char *word = strtok_r(text.text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		kill(atoi(word), SIGKILL);
	wait_for(-1, END_LIMIT_NS, &status);
}

/* One run; what was wrong with it, or NULL. */
static char *run_one(struct spy *spy, const struct play *play, const char *action, const char *text, bool tolerated)
{
	bool killed = !strcmp(action, "kill");
	char *wrong = NULL;
	int status = 0;
	pid_t pid;

	memset(told, 0, sizeof(*told));
	pid = fork();
	if (!pid)
		run_play(spy, play, text);
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

/* From each call to the next, then in steps, as a run has hundreds. */
static unsigned int next_call(unsigned int call)
{
	return call < 3 ? call + 1 : 4 * call;
}

static unsigned int n_runs, n_wrong;

static unsigned int go_through(struct spy *spy, const struct door *door, const struct play *play, const char *action)
{
	unsigned int call = 1, struck = 0;

	for (; call < LAST_CALL; call = next_call(call)) {
		_cleanup_free_ char *text = mem_printf("%s:%u:%s", fault_name(door->point), call, action);
		bool tolerated = door->tolerated && call >= door->tolerated;
		_cleanup_free_ char *wrong = run_one(spy, play, action, text, tolerated);

		n_runs++;
		if (wrong) {
			print_error("%s of '%s': %s\n", text, play->name, wrong);
			n_wrong++;
		}
		if (getenv("FAULT_VERBOSE"))
			print_message("%s of '%s': %s%s%s%s %s\n", text, play->name, told->struck ? "struck" : "not reached",
				      told->failed ? ", failed" : "", told->invalid ? ", invalid" : "",
				      told->interrupted ? ", interrupted" : "", told->message);
		if (!told->struck)
			break;
		struck++;
	}
	return struck;
}

static bool can_play(const struct play *play)
{
	/* No PMU for uprobes, and nothing to slam. */
	return strcmp(play->name, "uprobe") != 0 || fs_exists("/sys/bus/event_source/devices/uprobe/type");
}

static void every_door(void **state)
{
	const char *only = getenv("FAULT_POINTS");
	struct spy *spy = *state;

	n_runs = n_wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(doors); i++) {
		_cleanup_free_ char *actions = mem_strdup(doors[i].actions);
		unsigned int struck = 0, played = 0;
		char *rest = NULL;

		if (only && !has_word(only, fault_name(doors[i].point)))
			continue;
		for (char *action = strtok_r(actions, " ", &rest); action; action = strtok_r(NULL, " ", &rest))
			for (size_t j = 0; j < ARRAY_SIZE(plays); j++)
				if (has_word(doors[i].plays, plays[j].name) && can_play(&plays[j])) {
					struck += go_through(spy, &doors[i], &plays[j], action);
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

/* --- tasks attached to ---------------------------------------------------------------- */

static const struct attach_door {
	enum fault_point point;
	const char *actions;
} attach_doors[] = {
	{ FAULT_SEIZE, "EIO die kill int" },	 { FAULT_INTERRUPT, "EIO die kill" }, { FAULT_CONT, "EIO die kill int" },
	{ FAULT_DETACH, "EIO die kill" },	 { FAULT_REGS, "EIO die kill" },      { FAULT_USER, "EIO die kill" },
	{ FAULT_PENDING, "EIO die kill" },	 { FAULT_SIGMASK, "EIO die kill" },   { FAULT_STEP, "EIO die kill" },
	{ FAULT_WAIT, "EIO kill int" },		 { FAULT_MEM_OPEN, "EMFILE die kill" }, { FAULT_MEM_READ, "EIO die kill" },
	{ FAULT_MEM_WRITE, "ENOMEM die kill" }, { FAULT_AUXV, "EMFILE kill" },     { FAULT_ELF, "EMFILE kill" },
	{ FAULT_PIDFD, "EMFILE kill" },
};

static void attach_play(struct steady *s, const char *text, bool quiet)
{
	struct err *err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	interrupted_spy = s->spy;
	signal(SIGINT, interrupt);
	if (!freopen("/dev/null", "w", stderr))
		_exit(99);
	assert_ok(fault_set(text));
	err = attach(s, s->pids, 2, 20 * NS_PER_MS, quiet ? WORDS("never_called", "victim_add") :
							      WORDS("marked", "victim_add", "never_called"));
	told->struck = fault_has_struck();
	assert_ok(fault_set(NULL));
	told->failed = err;
	told->gone = err_is_gone(err);
	if (err)
		snprintf(told->message, sizeof(told->message), "%s", err_message(err));
	told->done = true;
	_exit(0);
}

/* A task afterwards: as it was before anybody came, after a repair if there was nobody to clean. */
static char *look_at_task(struct steady *s, size_t i, bool killed, bool dies)
{
	struct symcache *symbols = symcache_create();
	struct err *err = NULL;
	char what[512] = "";
	size_t n = 0;
	int status;

	if (status_field(s->pids[i], "TracerPid") != '0')
		return mem_printf("task %zu is still traced ('%s')", i, told->message);
	for (int round = 0; round < 1000 && strchr("tT", status_field(s->pids[i], "State")); round++)
		usleep(1000);
	if (killed)
		err = repair_task(s->pids[i], symbols, &n);
	symcache_destroy(symbols);
	if (err)
		return mem_printf("cannot repair task %zu: %s", i, err_message(err));
	if (*(const volatile uint8_t *)_r_debug.r_brk != TRAP_BYTE && text_changes(s->pids[i], what, sizeof(what)))
		return mem_printf("task %zu: %s ('%s')", i, what, told->message);
	kill(s->pids[i], SIGTERM);
	if (!wait_for(s->pids[i], END_LIMIT_NS, &status)) {
		char state = status_field(s->pids[i], "State");

		kill(s->pids[i], SIGKILL);
		waitpid(s->pids[i], NULL, __WALL);
		return mem_printf("task %zu does not end: its state is %c ('%s')", i, state, told->message);
	}
	if (status && !(dies && status == SIGKILL))
		return mem_printf("task %zu has status 0x%x ('%s')", i, status, told->message);
	return NULL;
}

static char *attach_one(struct steady *s, const char *action, const char *text)
{
	/* A task that comes to a trap while nobody traces it dies: a quiet one comes to none. */
	bool killed = !strcmp(action, "kill");
	char *wrong = NULL;
	int status = 0;
	pid_t pid;

	memset(told, 0, sizeof(*told));
	s->n = 0;
	for (int i = 0; i < 2; i++)
		steady_start(s, killed ? "quiet" : "busy");
	pid = fork();
	if (!pid)
		attach_play(s, text, killed);
	if (!wait_for(pid, RUN_LIMIT_NS, &status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		wrong = mem_strdup("hangs");
	} else if (WIFSIGNALED(status) && killed) {
		told->struck = true;
	} else if (!told->done) {
		wrong = mem_printf("the tracer ends with status 0x%x", status);
	} else if (told->failed && (told->gone || !told->message[0])) {
		wrong = mem_printf("fails without a reason: '%s'", told->message);
	}
	for (size_t i = 0; i < 2; i++) {
		siginfo_t info = { 0 };

		if (!strcmp(action, "die") &&
		    !waitid(P_PID, (id_t)s->pids[i], &info, WEXITED | WNOHANG | WNOWAIT | __WALL) && info.si_pid)
			waitpid(s->pids[i], NULL, __WALL);
		else if (!wrong)
			wrong = look_at_task(s, i, killed, !strcmp(action, "die"));
		else
			kill(s->pids[i], SIGKILL);
		close(s->out[i]);
	}
	if (wrong)
		end_children();
	s->n = 0;
	return wrong;
}

/* Who attaches does no harm, whatever fails: the tasks end well, and their text is their files'. */
static void tasks_attached_to_live_on(void **state)
{
	const char *only = getenv("FAULT_POINTS");
	struct steady *s = *state;

	n_runs = n_wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(attach_doors); i++) {
		_cleanup_free_ char *actions = mem_strdup(attach_doors[i].actions);
		const char *name = fault_name(attach_doors[i].point);
		char *rest = NULL;

		if (only && !has_word(only, name))
			continue;
		for (char *action = strtok_r(actions, " ", &rest); action; action = strtok_r(NULL, " ", &rest)) {
			for (unsigned int call = 1; call < LAST_CALL; call = next_call(call)) {
				_cleanup_free_ char *text = mem_printf("%s:%u:%s", name, call, action);
				_cleanup_free_ char *wrong = attach_one(s, action, text);

				n_runs++;
				if (wrong) {
					print_error("attach, %s: %s\n", text, wrong);
					n_wrong++;
				}
				if (getenv("FAULT_VERBOSE"))
					print_message("attach, %s: %s%s %s\n", text, told->struck ? "struck" : "not reached",
						      told->failed ? ", failed" : "", told->message);
				if (!told->struck)
					break;
			}
		}
	}
	print_message("%u runs\n", n_runs);
	assert_int_equal(n_wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tasks_attached_to_live_on, steady_setup, steady_teardown),
		cmocka_unit_test_setup_teardown(every_door, spy_setup, spy_teardown),
	};

	shim_use_built();
	/* Orphans of a killed harness come to us: none is overlooked. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	progress_quiet();
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
