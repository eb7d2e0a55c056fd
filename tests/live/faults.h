/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults one after the other: at a point the N-th call fails, or somebody dies or is stopped there,
 * with N from the first call until no run comes so far. What the tests of that share, and which of
 * them comes to which point: one that nobody comes to any more fails a test.
 * FAULT_POINTS="wait spawn" in the environment: these points only. FAULT_VERBOSE=1: each run.
 */
#ifndef TESTS_LIVE_FAULTS_H
#define TESTS_LIVE_FAULTS_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/progress.h"
#include "lib/strbuf.h"
#include "native.h"

#define RUN_LIMIT_NS (60 * NS_PER_S)  /* the tool's own is half of it */
#define END_LIMIT_NS (10 * NS_PER_S)  /* of tasks that the kernel ends */
#define LAST_CALL 120

/* What a run's process tells before it ends. */
struct told {
	bool struck, failed, gone, invalid, timed_out, interrupted, done;
	long descriptors; /* more than before */
	char message[512];
};

/* Shared with the process of the run. */
static struct told *told;

/* Which test comes to a point. */
#define BY_RUNS 1u   /* test_faults.c */
#define BY_ATTACH 2u /* test_faults_attach.c */
#define BY_FILES 4u  /* test_faults_files.c */

static const unsigned int drivers[FAULT_N] = {
	[FAULT_SEIZE] = BY_RUNS | BY_ATTACH,
	[FAULT_INTERRUPT] = BY_RUNS | BY_ATTACH,
	[FAULT_CONT] = BY_RUNS | BY_ATTACH,
	[FAULT_LISTEN] = BY_RUNS,
	[FAULT_DETACH] = BY_ATTACH,
	[FAULT_REGS] = BY_RUNS | BY_ATTACH,
	[FAULT_USER] = BY_RUNS | BY_ATTACH,
	[FAULT_TEXT] = BY_RUNS | BY_ATTACH,
	[FAULT_SIGINFO] = BY_RUNS,
	[FAULT_PENDING] = BY_ATTACH,
	[FAULT_SIGMASK] = BY_RUNS | BY_ATTACH,
	[FAULT_STEP] = BY_RUNS | BY_ATTACH,
	[FAULT_EVENT] = BY_RUNS,
	[FAULT_WAIT] = BY_RUNS | BY_ATTACH,
	[FAULT_MEM_OPEN] = BY_RUNS | BY_ATTACH,
	[FAULT_MEM_READ] = BY_RUNS | BY_ATTACH,
	[FAULT_MEM_WRITE] = BY_RUNS | BY_ATTACH,
	[FAULT_AUXV] = BY_RUNS | BY_ATTACH,
	[FAULT_MAPS] = BY_RUNS | BY_ATTACH,
	[FAULT_MAPS_ASK] = BY_RUNS | BY_ATTACH,
	[FAULT_THREAD] = BY_RUNS | BY_ATTACH,
	[FAULT_ELF] = BY_RUNS | BY_ATTACH,
	[FAULT_PERF] = BY_RUNS,
	[FAULT_HEAR] = BY_RUNS,
	[FAULT_MAP] = BY_RUNS,
	[FAULT_SPAWN] = BY_RUNS,
	[FAULT_SOCKET] = BY_RUNS,
	[FAULT_ACCEPT] = BY_RUNS,
	[FAULT_HELLO] = BY_RUNS,
	[FAULT_RELEASE] = BY_RUNS,
	[FAULT_PIDFD] = BY_RUNS | BY_ATTACH,
	[FAULT_FILE_READ] = BY_RUNS | BY_FILES,
	[FAULT_FILE_WRITE] = BY_FILES,
	[FAULT_FILE_NAME] = BY_FILES,
	[FAULT_FOLDER] = BY_FILES,
};

/* Of this program; n_struck by point. */
static unsigned int n_runs, n_wrong, n_struck[FAULT_N];

static inline bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static inline bool is_wanted(enum fault_point point)
{
	const char *only = getenv("FAULT_POINTS");

	return !only || has_word(only, fault_name(point));
}

static inline bool has_uprobes(void)
{
	return fs_exists("/sys/bus/event_source/devices/uprobe/type");
}

/* The last test of each program: none of its points was left out, and none is nobody's. */
static inline void assert_points_struck(unsigned int driver)
{
	_cleanup_strbuf_ struct strbuf counts = STRBUF_INIT;
	unsigned int n_missing = 0;

	for (unsigned int i = FAULT_NONE + 1; i < FAULT_N; i++) {
		enum fault_point point = (enum fault_point)i;

		if (!drivers[i])
			fail_msg("no test comes to '%s'", fault_name(point));
		if (!(drivers[i] & driver) || !is_wanted(point) || (point == FAULT_PERF && !has_uprobes()))
			continue;
		strbuf_printf(&counts, " %s %u", fault_name(point), n_struck[i]);
		if (!n_struck[i]) {
			print_error("%s: no run comes there\n", fault_name(point));
			n_missing++;
		}
	}
	print_message("struck:%s\n", counts.text);
	assert_int_equal(n_missing, 0);
}

static struct spy *interrupted_spy;

static inline void interrupt(int sig)
{
	(void)sig;
	interrupted_spy->stop = true;
}

/* In the run's own process, which may be killed, before anything else. */
static inline void enter_run(struct spy *spy)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	interrupted_spy = spy;
	signal(SIGINT, interrupt);
	if (!freopen("/dev/null", "w", stderr))
		_exit(99);
}

/* What the run came to; no fault strikes from here on. */
static inline void tell(const struct err *err)
{
	told->struck = fault_has_struck();
	assert_ok(fault_set(NULL));
	told->failed = err;
	told->gone = err_is_gone(err);
	if (err)
		snprintf(told->message, sizeof(told->message), "%s", err_message(err));
}

/* Waits for one process, or with -1 for all children; false if they do not end in time. */
static inline bool wait_for(pid_t pid, int64_t limit_ns, int *status_ret)
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
static inline void end_children(void)
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

/* From each call to the next, then in steps, as a run has hundreds. */
static inline unsigned int next_call(unsigned int call)
{
	return call < 3 ? call + 1 : 4 * call;
}

/* `text` is the fault as fault_set takes it; it and `call` are go_through's. */
struct strike {
	enum fault_point point;
	const char *action, *play;
	bool each; /* at each call, since those that matter are rare */
	unsigned int call;
	const char *text;
};

/*
 * Strikes from the first call on, until no run comes so far; how often that was. `run_one` makes one
 * run, and gives what was wrong with it (heap) or NULL.
 */
static inline unsigned int go_through(struct strike *strike, char *(*run_one)(const struct strike *, void *data),
				      void *data)
{
	unsigned int struck = 0;

	for (strike->call = 1; strike->call < LAST_CALL;
	     strike->call = strike->each ? strike->call + 1 : next_call(strike->call)) {
		_cleanup_free_ char *text = NULL, *wrong = NULL;

		strike->text = text = mem_printf("%s:%u:%s", fault_name(strike->point), strike->call, strike->action);
		memset(told, 0, sizeof(*told));
		wrong = run_one(strike, data);
		n_runs++;
		if (wrong) {
			print_error("%s of '%s': %s\n", text, strike->play, wrong);
			n_wrong++;
		}
		if (getenv("FAULT_VERBOSE"))
			print_message("%s of '%s': %s%s%s%s %s\n", text, strike->play, told->struck ? "struck" : "not reached",
				      told->failed ? ", failed" : "", told->invalid ? ", invalid" : "",
				      told->interrupted ? ", interrupted" : "", told->message);
		if (!told->struck)
			break;
		struck++;
	}
	n_struck[strike->point] += struck;
	return struck;
}

static inline void faults_init(void)
{
	shim_use_built();
	/* Orphans of a killed harness come to us: none is overlooked. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	progress_quiet();
}

#endif
