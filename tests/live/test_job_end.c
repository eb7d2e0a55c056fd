/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs that are ended: by the time limit, by an interrupt, by the death of who started them. Nothing is left. */
#include "jobs.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void test_time_limit(void **state)
{
	static const char script[] = "trap '' TERM; sleep 1000 & setsid sleep 1000 & wait";
	static const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct fixture *f = *state;
	struct trial trial;

	f->plan.argv = argv;
	trial_init(&trial);
	assert_ok(job_run_untraced(&f->plan, 500 * NS_PER_MS, &never, &trial));
	assert_true(trial.timed_out);
	assert_false(trial.interrupted);
	assert_int_equal(trial.phases.ended_ns, 0);
	assert_none_left(f->dir);
	trial_deinit(&trial);
}

static void test_interrupt(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	static const volatile bool at_once = true;
	struct fixture *f = *state;
	struct job *job;

	f->plan.argv = argv;
	f->plan.n_tasks = 1;
	assert_fails(job_launch(&f->plan, in_time(), &at_once, &job), EXIT_INTERRUPTED, "interrupted");
	assert_none_left(f->dir);
}

/* A harness that is killed: the job goes with it, whether its tasks wait or run. */
static void check_killed(struct fixture *f, bool release)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	int ready[2];
	size_t n;
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	f->plan.argv = argv;
	pid = fork();
	if (!pid) {
		struct job *job;
		struct err *err = job_launch(&f->plan, in_time(), &never, &job);

		for (size_t i = 0; !err && release && i < job->n_tasks; i++)
			err = job_release(job, i);
		if (err || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	/* A process that is in its execve has no environment for a moment. */
	for (int64_t deadline_ns = in_time(); processes_of(f->dir) < 3 && clock_now_ns() < deadline_ns;)
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	n = processes_of(f->dir);
	kill(pid, SIGKILL);
	assert_true(n >= 3);
	assert_none_left(f->dir);
	/* Orphans have come to us; a zombie left would show as a child. */
	for (int64_t deadline_ns = in_time(); clock_now_ns() < deadline_ns;) {
		if (waitpid(-1, NULL, WNOHANG) < 0)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = NS_PER_MS }, NULL);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_spawn_killed(void **state)
{
	check_killed(*state, false);
	check_killed(*state, true);
}

static void test_mpirun_killed(void **state)
{
	use_mpirun(*state);
	check_killed(*state, false);
	check_killed(*state, true);
}

/* A launcher that does not end at SIGTERM, as Open MPI 5's at times: the guard ends it and all that it started. */
static void test_deaf_launcher_killed(void **state)
{
	static const char script[] =
		"#!/bin/sh\ntrap '' TERM\nwhile [ $# -gt 0 ] && [ \"${1##*/}\" != attachstorm-shim ]; do shift; done\n"
		"for rank in 0 1 2; do ATTACHSTORM_RANK=$rank \"$@\" & done\nwait\n";
	struct fixture *f = *state;
	_cleanup_free_ char *launcher = fs_join(f->dir, "launcher");

	assert_ok(fs_publish(launcher, script, strlen(script)));
	assert_int_equal(chmod(launcher, 0755), 0);
	f->plan.launcher = LAUNCHER_MPIRUN;
	f->plan.mpirun = launcher;
	check_killed(f, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(test_time_limit),	     JOB_TEST(test_interrupt),
		JOB_TEST(test_spawn_killed),	     JOB_TEST(test_mpirun_killed),
		JOB_TEST(test_deaf_launcher_killed),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("job_end", tests, NULL, NULL);
}
