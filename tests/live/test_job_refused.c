/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs that cannot be started, by a program or by its launcher: one error says why, and nothing is left. */
#include "jobs.h"

#include <sys/stat.h>

static void check_refused(struct fixture *f, const char *const *argv, enum exit_status status, const char *part)
{
	struct job *job;

	f->plan.argv = argv;
	assert_fails(job_launch(&f->plan, in_time(), &never, &job), status, part);
	assert_none_left(f->dir);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_no_program(void **state)
{
	static const char *const missing[] = { "no-such-program-here", NULL };
	static const char *const missing_path[] = { "/no/such/program", NULL };
	static const char *const folder[] = { "/tmp", NULL };
	static const char *const data[] = { "/etc/passwd", NULL };

	check_refused(*state, missing, EXIT_USAGE, "cannot start 'no-such-program-here': no such program in PATH");
	check_refused(*state, missing_path, EXIT_USAGE, "cannot start '/no/such/program': No such file");
	check_refused(*state, folder, EXIT_USAGE, "cannot start '/tmp': Is a directory");
	check_refused(*state, data, EXIT_USAGE, "cannot start '/etc/passwd': Permission denied");
}

/* An executable file that the kernel refuses only at its exec. */
static void test_exec_error(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = fs_join(f->dir, "script");
	const char *const argv[] = { path, NULL };
	struct trial trial;

	assert_ok(fs_publish(path, "#!/no/such/interpreter\n", 23));
	assert_int_equal(chmod(path, 0755), 0);
	f->plan.argv = argv;
	trial_init(&trial);
	assert_fails(job_run_untraced(&f->plan, LIMIT_NS, &never, &trial), EXIT_USAGE, "rank 0: cannot execute");
	assert_none_left(f->dir);
	trial_deinit(&trial);
}

static void test_no_launcher(void **state)
{
	static const char *const argv[] = { "true", NULL };
	struct fixture *f = *state;

	f->plan.launcher = LAUNCHER_MPIRUN;
	f->plan.mpirun = "no-such-mpirun";
	check_refused(f, argv, EXIT_SKIPPED, "no launcher 'no-such-mpirun' here");
}

static void write_launcher(struct fixture *f, const char *script, char **ret)
{
	*ret = fs_join(f->dir, "launcher");
	assert_ok(fs_publish(*ret, script, strlen(script)));
	assert_int_equal(chmod(*ret, 0755), 0);
	f->plan.launcher = LAUNCHER_MPIRUN;
	f->plan.mpirun = *ret;
}

#define SKIP_TO_SHIM "while [ \"${1%shim}\" = \"$1\" ]; do shift; done\n"

/* Launchers that fail, and each says why in its output or its ranks. */
static void test_bad_launchers(void **state)
{
	static const struct {
		const char *script, *part;
	} cases[] = {
		{ "#!/bin/sh\necho there are not enough slots >&2\nexit 3\n", "not enough slots" },
		{ "#!/bin/sh\nexit 3\n", "the launcher exited with status 3 when 0 of 3 tasks were there" },
		{ "#!/bin/sh\n" SKIP_TO_SHIM "\"$@\" & wait\n", "tells no rank" },
		{ "#!/bin/sh\n" SKIP_TO_SHIM "PMI_RANK=7 \"$@\" & wait\n", "rank 7, but the job has ranks 0 to 2" },
		{ "#!/bin/sh\n" SKIP_TO_SHIM "PMI_RANK=x \"$@\" & wait\n", "PMI_RANK='x' is not a rank" },
		{ "#!/bin/sh\n" SKIP_TO_SHIM "PMI_RANK=1 \"$@\" & PMI_RANK=1 \"$@\" & wait\n", "two tasks came as rank 1" },
		{ "#!/bin/sh\n" SKIP_TO_SHIM "PMI_RANK=1 \"$@\" & PMI_RANK=2 \"$@\" & sleep 0.3; exit 1\n",
		  "the launcher exited with status 1 when 2 of 3 tasks were there" },
	};
	static const char *const argv[] = { "true", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *path = NULL;

		write_launcher(*state, cases[i].script, &path);
		check_refused(*state, argv, EXIT_USAGE, cases[i].part);
	}
}

/* Tasks that never come: the deadline ends it, and the launcher with it. */
static void test_launch_deadline(void **state)
{
	static const char *const argv[] = { "true", NULL };
	struct fixture *f = *state;
	_cleanup_free_ char *path = NULL;
	struct job *job;

	write_launcher(f, "#!/bin/sh\n[ \"$1\" = --version ] || sleep 1000\n", &path);
	f->plan.argv = argv;
	assert_fails(job_launch(&f->plan, clock_now_ns() + 300 * NS_PER_MS, &never, &job), EXIT_TIMED_OUT,
		   "only 0 of 3 tasks");
	assert_none_left(f->dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(test_no_program),
		JOB_TEST(test_exec_error),
		JOB_TEST(test_no_launcher),
		JOB_TEST(test_bad_launchers),
		JOB_TEST(test_launch_deadline),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("job_refused", tests, NULL, NULL);
}
