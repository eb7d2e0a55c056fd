/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracers that come and go, at random: a task with a random mix of what is hard on them (tests/victims/restless.c); a
 * tracer attaches and detaches, or is killed in the middle, and what it left is taken out; meanwhile the task may be
 * stopped and continued, or frozen. Counted are tasks that died, or did not end when told to; tracers that did not come
 * back, or failed; text that is not the files'; results that are wrong. None may be.
 *
 * SOAK_ROUNDS, SOAK_SEED and SOAK_SECONDS (0: no limit) in the environment, SOAK_MIX for tasks of these activities
 * alone. The seed gives what is done, not when. Whatever happens, an alarm included, no task is left: all are in
 * groups of ours, and die with us.
 * Runs alone: a uprobe at the loader's hook puts a trap there, and tasks that get no processor are taken for stuck.
 */
#include <sys/prctl.h>

#include "soak.h"

#define ROUNDS 500
#define SEED 20
#define SECONDS 120 /* it ends with fewer rounds, and says so, on a slow machine */
#define ROUND_SECONDS 240 /* of a round that comes back from nothing: an alarm ends it all */
#define ROUNDS_PER_TASK 12
#define ROUND_NS (40 * NS_PER_S)
#define MAX_STUCK 3

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	static const char text[] = "\ntest_soak: a round does not come to its end: all are killed\n";

	if (sig != SIGALRM) {
		interrupted = 1;
		return;
	}
	end_all();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

/* --- what is done to it ------------------------------------------------------------ */

/* Empty if all is well. For a process of its own. */
typedef void (*act_fn)(struct soak *soak, char *text, size_t size);

static void attach_once(struct soak *soak, char *text, size_t size)
{
	static const char *const quiet[] = { "never_called", NULL };
	static const char *const all[] = { "marked", "stepped", "victim_add", "never_called", NULL };
	static const int writes[] = { BP_WRITE_MEM, BP_WRITE_PAGE, BP_WRITE_MEM, BP_WRITE_DEBUG_REGISTERS };
	struct err *err;

	soak->s->spy->scenario.breakpoints_write = soak->quiet ? BP_WRITE_MEM : writes[pick(soak, ARRAY_SIZE(writes))];
	err = attach(soak->s, soak->s->pids, 1, (1 + pick(soak, 15)) * NS_PER_MS, soak->quiet ? quiet : all);
	if (err)
		snprintf(text, size, "%s", err_message(err));
	else if (soak->s->spy->trial.tasks[0].left != TASK_LEFT_CLEAN)
		snprintf(text, size, "it was not left clean");
	err_free(err);
}

static void repair_once(struct soak *soak, char *text, size_t size)
{
	struct symcache *symbols = symcache_create();
	size_t n = 0;
	struct err *err = repair_task(soak->s->pids[0], symbols, &n);

	symcache_destroy(symbols);
	if (err)
		snprintf(text, size, "repair: %s", err_message(err));
	else if (n)
		snprintf(text, size, "%zu repaired", n);
	err_free(err);
}

/* In a process of its own, which is killed after a time if kill_us is not 0. */
static void run_tracer(struct soak *soak, act_fn act, unsigned int kill_us, char *text, size_t size)
{
	int fds[2], status = 0;
	ssize_t got;

	*text = '\0';
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	the_tracer = fork();
	if (!the_tracer) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		act(soak, text, size);
		_exit(write(fds[1], text, strlen(text) + 1) < 0);
	}
	close(fds[1]);
	if (kill_us) {
		usleep(kill_us);
		kill(the_tracer, SIGKILL);
	}
	if (!wait_end(the_tracer, ROUND_NS, &status)) {
		snprintf(text, size, "its tracer does not come back");
		say(soak, text);
		task_show(the_tracer);
		task_show(the_task);
		soak->stuck++;
		kill(the_tracer, SIGKILL);
		wait_end(the_tracer, END_NS, &status);
	} else if (!kill_us) {
		got = read(fds[0], text, size - 1);
		text[got > 0 ? got : 0] = '\0';
		if (got < 1)
			snprintf(text, size, "its tracer ended with status 0x%x", (unsigned int)status);
	}
	the_tracer = 0;
	close(fds[0]);
}

enum trouble { NO_TROUBLE, STORM, FREEZE };

/* Beside a tracer: SIGSTOP and SIGCONT, or the freezer, from another process. */
static void trouble_start(struct soak *soak, enum trouble trouble)
{
	unsigned int first_us = pick(soak, 40000), pause_us = 200 + pick(soak, 3000), n = 1 + pick(soak, 10);

	if (trouble == NO_TROUBLE)
		return;
	*(trouble == FREEZE ? &soak->freezes : &soak->storms) += 1;
	the_storm = fork();
	if (the_storm)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	usleep(first_us);
	for (unsigned int i = 0; i < n; i++) {
		for (int on = 1; on >= 0; on--) {
			if (trouble == FREEZE)
				freezer_set(soak->freezer, on);
			else
				kill(the_task, on ? SIGSTOP : SIGCONT);
			usleep(pause_us);
		}
	}
	_exit(0);
}

static void trouble_end(void)
{
	int status;

	if (the_storm && !wait_end(the_storm, END_NS, &status)) {
		kill(the_storm, SIGKILL);
		waitpid(the_storm, NULL, 0);
	}
	the_storm = 0;
	kill(the_task, SIGCONT);
	if (the_freezer)
		freezer_set(the_freezer, false);
}

/* Frozen by version 1 it is out of reach: left alone, and named, as is right. */
static bool is_frozen(const char *text)
{
	return strstr(text, "is frozen");
}

/* Somebody's uprobe, as is right, too; one that we had left is found by who looks at the text. */
static bool is_foreign(const char *text)
{
	return strstr(text, "there is a trap already");
}

static void one_round(struct soak *soak)
{
	unsigned int kind = pick(soak, 6);
	enum trouble trouble = kind < 3 ? NO_TROUBLE : kind < 4 || !soak->freezer ? STORM : FREEZE;
	/* One that comes past a trap when nobody is there any more dies of it, so only a task that comes to none. */
	bool killed = soak->quiet && pick(soak, 3);
	unsigned int stuck = soak->stuck;
	size_t n = 0;
	char text[512];

	trouble_start(soak, trouble);
	run_tracer(soak, attach_once, killed ? 1 + pick(soak, 40000) : 0, text, sizeof(text));
	*(killed ? &soak->kills : &soak->attaches) += 1;
	soak->random += killed; /* the child's numbers are its own */
	if (killed) {
		run_tracer(soak, repair_once, 0, text, sizeof(text));
		if (is_frozen(text)) {
			trouble_end();
			run_tracer(soak, repair_once, 0, text, sizeof(text));
		}
		if (sscanf(text, "%zu repaired", &n) == 1)
			*text = '\0';
		soak->repaired += n;
	}
	trouble_end();
	soak->refused += is_frozen(text);
	soak->uprobed += is_foreign(text);
	if (soak->stuck == stuck && *text && !is_frozen(text) && !is_foreign(text)) {
		say(soak, text);
		soak->failed++;
	}
}

/* --- all of it ---------------------------------------------------------------------- */

static uint64_t number_from_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static void soak_setup_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	/* Orphans of the tasks come to us. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static void soak_rounds(void **state)
{
	struct soak soak = { .s = *state };
	uint64_t n = number_from_env("SOAK_ROUNDS", ROUNDS), seed = number_from_env("SOAK_SEED", SEED),
		 seconds = number_from_env("SOAK_SECONDS", SECONDS);
	int64_t start_ns = clock_now_ns(), end_ns = seconds ? start_ns + (int64_t)seconds * NS_PER_S : INT64_MAX;

	soak.random = seed * 2 + 1;
	soak_setup_signals();
	for (int i = 0; i < N_FREEZERS; i++)
		freezer_make(&soak.freezers[i], i);
	print_message("SOAK_SEED=%llu SOAK_ROUNDS=%llu\n", (unsigned long long)seed, (unsigned long long)n);
	while (soak.rounds < n && clock_now_ns() < end_ns && !interrupted && soak.stuck < MAX_STUCK) {
		alarm(ROUND_SECONDS);
		if (!soak.s->n)
			task_start(&soak);
		usleep(pick(&soak, 3000));
		one_round(&soak);
		soak.rounds++;
		if (task_is_whole(&soak) && pick(&soak, ROUNDS_PER_TASK) == 0)
			task_end(&soak);
	}
	if (soak.s->n)
		task_end(&soak);
	alarm(0);
	for (int i = 0; i < N_FREEZERS; i++) {
		if (!soak.freezers[i].group && i != FREEZER_V2_ALONE)
			print_message("nothing was frozen by %s: not to be had here\n", freezer_kinds[i].mount);
		freezer_remove(&soak.freezers[i]);
	}
	if (soak.rounds < n)
		print_message("%s after %u of %llu rounds\n", interrupted ? "interrupted" : "ended", soak.rounds,
			      (unsigned long long)n);
	print_message("%u rounds in %lld s: %u tasks; %u tracers detached, %u killed, whose %zu traps were taken out; "
		      "%u storms of SIGSTOP, %u freezes (%u refused by that name)\n"
		      "%u dead, %u stuck, %u damaged, %u wrong, %u failed%s\n",
		      soak.rounds, (long long)((clock_now_ns() - start_ns) / NS_PER_S), soak.tasks, soak.attaches,
		      soak.kills, soak.repaired, soak.storms, soak.freezes, soak.refused, soak.dead, soak.stuck,
		      soak.damaged, soak.wrong, soak.failed, soak.uprobed ? "; some met a uprobe of somebody else's" : "");
	assert_int_equal(soak.dead + soak.stuck + soak.damaged + soak.wrong + soak.failed + interrupted, 0);
	if (soak.kills > 50) /* else they were killed before or after all that matters */
		assert_true(soak.repaired > 0);
}

static int soak_setup(void **state)
{
	int failed = steady_setup(state);

	if (!failed)
		((struct steady *)*state)->program = "restless";
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(soak_rounds, soak_setup, steady_teardown),
	};

	return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
