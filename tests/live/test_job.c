/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jobs with real processes: small system programs as tasks, started by spawn and by
 * mpirun. Counts and order only; every wait has a limit far above what it needs. The
 * mpirun cases are skipped without one.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/job.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "shim.h"

#define LIMIT_NS (60 * NS_PER_S)
#define MANY_TASKS 36

static const volatile bool never;

struct fixture {
	char dir[64];
	struct job_plan plan;
};

static int setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));

	strcpy(f->dir, "/tmp/test-job.XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->plan = (struct job_plan){ .n_tasks = 3, .launcher = LAUNCHER_SPAWN, .mpirun = "mpirun", .aslr = true,
				     .dir = f->dir };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	_cleanup_err_ struct err *err = fs_remove_tree(f->dir);

	free(f);
	return err ? -1 : 0;
}

static void use_mpirun(struct fixture *f)
{
	_cleanup_free_ char *mpirun = fs_find_program("mpirun");

	if (!mpirun)
		skip();
	f->plan.launcher = LAUNCHER_MPIRUN;
}

#define assert_ok(call)                                                  \
	do {                                                             \
		struct err *err_ = (call);                               \
		if (err_)                                                \
			fail_msg("%s: %s", #call, err_message(err_));    \
	} while (0)

static void assert_err(struct err *err, enum exit_status status, const char *part)
{
	assert_non_null(err);
	if (!strstr(err_message(err), part))
		fail_msg("'%s' is not in '%s'", part, err_message(err));
	assert_int_equal(err_status(err), status);
	err_free(err);
}

static int64_t in_time(void)
{
	return clock_now_ns() + LIMIT_NS;
}

/* Processes alive, other than this one, that belong to the job in dir. */
static size_t processes_of(const char *dir)
{
	_cleanup_free_ char *entry = mem_printf("ATTACHSTORM_PHASE_DIR=%s", dir);
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	while ((d = readdir(proc))) {
		_cleanup_strbuf_ struct strbuf env = STRBUF_INIT;
		_cleanup_free_ char *path = mem_printf("/proc/%s/environ", d->d_name);
		_cleanup_err_ struct err *err = NULL;

		if (d->d_name[0] < '0' || d->d_name[0] > '9')
			continue;
		err = fs_read(path, &env);
		n += !err && memmem(env.text, env.len, entry, strlen(entry) + 1);
	}
	return n;
}

static void assert_none_left(const char *dir)
{
	int64_t deadline_ns = in_time();

	while (processes_of(dir) && clock_now_ns() < deadline_ns)
		nanosleep(&(struct timespec){ .tv_nsec = 10 * NS_PER_MS }, NULL);
	assert_int_equal(processes_of(dir), 0);
}

static void assert_output(struct fixture *f, const char *part)
{
	_cleanup_free_ char *path = fs_join(f->dir, "output.txt");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	assert_ok(fs_read(path, &text));
	if (!strstr(text.text, part))
		fail_msg("'%s' is not in the output '%s'", part, text.text);
}

static void check_launch(struct fixture *f)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	_cleanup_free_ char *sleep_path = NULL;
	char host[65] = "";
	struct job *job;

	gethostname(host, sizeof(host) - 1);
	assert_ok(fs_realpath("/bin/sleep", &sleep_path));
	f->plan.argv = argv;
	assert_ok(job_launch(&f->plan, in_time(), &never, &job));
	assert_int_equal(job->n_tasks, 3);
	assert_true(job_owns(job, job->launcher_pid));
	assert_false(job_owns(job, getpid()));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(job->tasks[i].rank, i);
		assert_string_equal(job->tasks[i].host, host);
		assert_string_equal(job->tasks[i].exe, sleep_path);
		assert_int_equal(kill(job->tasks[i].pid, 0), 0);
		assert_int_equal(job_owns(job, job->tasks[i].pid), f->plan.launcher == LAUNCHER_SPAWN);
	}
	assert_ok(job_release(job, 1));
	while (job->tasks[1].fd >= 0)
		assert_ok(job_exec_error(job, 1));
	/* The end of the connection is the exec of sleep; the others wait in their shims still. */
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *link = mem_printf("/proc/%d/exe", (int)job->tasks[i].pid);
		_cleanup_free_ char *exe = NULL;

		assert_ok(fs_realpath(link, &exe));
		assert_int_equal(strcmp(exe, sleep_path) == 0, i == 1);
	}
	job_end(job, LIMIT_NS);
	assert_int_equal(processes_of(f->dir), 0);
	job_end(job, 0);
	job_destroy(job);
	job_destroy(NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_spawn_launch(void **state)
{
	check_launch(*state);
}

static void test_mpirun_launch(void **state)
{
	use_mpirun(*state);
	check_launch(*state);
}

static void run(struct fixture *f, const char *const *argv, struct trial *trial)
{
	trial_init(trial);
	f->plan.argv = argv;
	assert_ok(job_run_untraced(&f->plan, LIMIT_NS, &never, trial));
	assert_int_equal(processes_of(f->dir), 0);
}

static void test_untraced(void **state)
{
	static const char script[] = "echo $ATTACHSTORM_RANK/$ATTACHSTORM_SIZE $0 $#; exit $ATTACHSTORM_RANK";
	static const char *const argv[] = { "/bin/sh", "-c", script, "a b", "c", NULL };
	struct fixture *f = *state;
	struct trial trial;

	run(f, argv, &trial);
	assert_output(f, "0/3 a b 1\n");
	assert_output(f, "1/3 a b 1\n");
	assert_output(f, "2/3 a b 1\n");
	assert_int_equal(trial.n_tasks, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(trial.tasks[i].rank, i);
		assert_true(WIFEXITED(trial.tasks[i].exit_status));
		assert_int_equal(WEXITSTATUS(trial.tasks[i].exit_status), i);
		assert_int_equal(trial.tasks[i].report.calls, -1);
		assert_in_range(trial.tasks[i].exec_ns, trial.phases.acquired_ns, trial.phases.continued_ns);
	}
	assert_int_equal(WEXITSTATUS(trial.launcher_status), 1);
	assert_in_range(trial.phases.launch_ns, 1, trial.phases.acquired_ns);
	assert_in_range(trial.phases.continued_ns, trial.phases.acquired_ns, trial.phases.ended_ns);
	assert_false(trial.timed_out || trial.interrupted);
	trial_deinit(&trial);
}

static void test_environment(void **state)
{
	static const char script[] = "echo $PYNAMIC_START_NS $EXTRA; cat /proc/$$/personality";
	static const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	static const char *const env[] = { "EXTRA=more", NULL };
	struct fixture *f = *state;
	_cleanup_free_ char *line = NULL;
	struct trial trial;

	f->plan.n_tasks = 1;
	f->plan.env = env;
	f->plan.aslr = false;
	run(f, argv, &trial);
	line = mem_printf("%jd more\n00040000\n", (intmax_t)trial.phases.launch_ns);
	assert_output(f, line);
	trial_deinit(&trial);
	f->plan.aslr = true;
	run(f, argv, &trial);
	assert_output(f, "more\n00000000\n");
	trial_deinit(&trial);
}

/*
 * From 32 tasks on orterun forks them in threads of its own, and the end of the thread that
 * forked counts as the parent's death (prctl(2), PR_SET_PDEATHSIG). In 4.1.4 the threads live
 * as long as the job; were that to change, tasks would die here.
 */
static void test_mpirun_many(void **state)
{
	static const char script[] = "sleep 0.5; echo rank $OMPI_COMM_WORLD_RANK lives";
	static const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct fixture *f = *state;
	struct trial trial;

	use_mpirun(f);
	f->plan.n_tasks = MANY_TASKS;
	run(f, argv, &trial);
	assert_int_equal(trial.launcher_status, 0);
	for (int i = 0; i < MANY_TASKS; i++) {
		_cleanup_free_ char *line = mem_printf("rank %d lives\n", i);

		assert_output(f, line);
		assert_int_equal(trial.tasks[i].exit_status, -1);
	}
	trial_deinit(&trial);
}

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
	assert_err(job_launch(&f->plan, in_time(), &at_once, &job), EXIT_INTERRUPTED, "interrupted");
	assert_none_left(f->dir);
}

static void check_refused(struct fixture *f, const char *const *argv, enum exit_status status, const char *part)
{
	struct job *job;

	f->plan.argv = argv;
	assert_err(job_launch(&f->plan, in_time(), &never, &job), status, part);
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
	assert_err(job_run_untraced(&f->plan, LIMIT_NS, &never, &trial), EXIT_USAGE, "rank 0: cannot execute");
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
	assert_err(job_launch(&f->plan, clock_now_ns() + 300 * NS_PER_MS, &never, &job), EXIT_TIMED_OUT,
		   "only 0 of 3 tasks");
	assert_none_left(f->dir);
}

static void test_output_tail(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *path = fs_join(f->dir, "output.txt"), *two = NULL, *all = NULL;
	struct job job = { .output_path = path };

	assert_ok(fs_publish(path, "one\ntwo\nthree\n\n", 15));
	two = job_output_tail(&job, 2);
	all = job_output_tail(&job, 10);
	assert_string_equal(two, "two\nthree");
	assert_string_equal(all, "one\ntwo\nthree");
}

/* A harness that is killed: the job goes with it, whether its tasks wait or run. */
static void check_killed(struct fixture *f, bool release)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	int ready[2];
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
	assert_true(processes_of(f->dir) >= 3);
	kill(pid, SIGKILL);
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

#define JOB_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(test_spawn_launch),   JOB_TEST(test_mpirun_launch), JOB_TEST(test_untraced),
		JOB_TEST(test_environment),    JOB_TEST(test_mpirun_many),   JOB_TEST(test_time_limit),
		JOB_TEST(test_interrupt),      JOB_TEST(test_no_program),    JOB_TEST(test_exec_error),
		JOB_TEST(test_no_launcher),    JOB_TEST(test_bad_launchers), JOB_TEST(test_launch_deadline),
		JOB_TEST(test_output_tail),    JOB_TEST(test_spawn_killed),  JOB_TEST(test_mpirun_killed),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
