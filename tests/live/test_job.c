/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Jobs with real processes: small system programs as tasks, started by spawn and by
 * mpirun. Counts and order only; every wait has a limit far above what it needs. The
 * mpirun cases are skipped without one.
 */
#include "jobs.h"

#include <signal.h>

#include "measure/failure.h"

#define MANY_TASKS 36

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
	assert_int_equal(job->spawned[0], job->launcher_pid);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(job->tasks[i].rank, i);
		assert_string_equal(job->tasks[i].host, host);
		assert_string_equal(job->tasks[i].exe, sleep_path);
		assert_int_equal(kill(job->tasks[i].pid, 0), 0);
		if (f->plan.launcher == LAUNCHER_SPAWN)
			assert_int_equal(job->spawned[i], job->tasks[i].pid);
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

static void assert_output(struct fixture *f, const char *part)
{
	_cleanup_free_ char *path = fs_join(f->dir, "output.txt");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	assert_ok(fs_read(path, &text));
	if (!strstr(text.text, part))
		fail_msg("'%s' is not in the output '%s'", part, text.text);
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
	/* The status of the first that did not exit with 0, whichever that was. */
	assert_int_equal(trial.failure.who, FAILURE_TASK);
	assert_in_range(trial.failure.task, 1, 2);
	assert_int_equal(trial.launcher_status, trial.tasks[trial.failure.task].exit_status);
	assert_true(trial.tasks[trial.failure.task].ended < trial.tasks[3 - trial.failure.task].ended);
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
		assert_int_equal(trial.tasks[i].exit_status, 0); /* mpirun's child, and seen all the same */
		assert_in_range(trial.tasks[i].ended, 1, MANY_TASKS);
	}
	trial_deinit(&trial);
}

/* The others end later, and with another status; what each says is its own. */
static void check_failure(struct fixture *f, const char *script, int code)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct trial trial;

	run(f, argv, &trial);
	assert_int_equal(trial.failure.who, FAILURE_TASK);
	assert_int_equal(trial.failure.task, 1);
	assert_int_equal(failure_code(trial.failure.status), code);
	assert_int_equal(trial.tasks[1].ended, 1);
	assert_string_equal(trial.failure.last_words, "first | no licence");
	trial_deinit(&trial);
}

static void test_failure(void **state)
{
	check_failure(*state, "[ $ATTACHSTORM_RANK = 1 ] || { echo other >&2; sleep 0.3; exit 4; }; "
			      "echo first >&2; echo no licence >&2; exit 3", 3);
	check_failure(*state, "[ $ATTACHSTORM_RANK = 1 ] || { echo other >&2; sleep 0.3; exit 4; }; "
			      "echo first >&2; echo no licence >&2; kill -ABRT $$", 128 + SIGABRT);
}

static void test_mpirun_failure(void **state)
{
	use_mpirun(*state);
	check_failure(*state, "[ $OMPI_COMM_WORLD_RANK = 1 ] || { echo other >&2; exec sleep 100; }; "
			      "echo first >&2; echo no licence >&2; exit 3", 3);
	check_failure(*state, "[ $OMPI_COMM_WORLD_RANK = 1 ] || { echo other >&2; exec sleep 100; }; "
			      "echo first >&2; echo no licence >&2; kill -SEGV $$", 128 + SIGSEGV);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(test_spawn_launch),
		JOB_TEST(test_mpirun_launch),
		JOB_TEST(test_untraced),
		JOB_TEST(test_environment),
		JOB_TEST(test_mpirun_many),
		JOB_TEST(test_failure),
		JOB_TEST(test_mpirun_failure),
		JOB_TEST(test_output_tail),
	};

	shim_use_built();
	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
