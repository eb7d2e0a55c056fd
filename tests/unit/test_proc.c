/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/proc.h"

#define ARGV(...) (const char *const[]){ __VA_ARGS__, NULL }
#define SHELL(script) ARGV("sh", "-c", script)

static void output_and_status_are_collected(void **state)
{
	(void)state;
	struct proc_result result;

	assert_ok(proc_run(SHELL("echo out; echo err >&2; exit 3"), NULL, 0, &result));
	assert_string_equal(result.out.text, "out\n");
	assert_string_equal(result.err.text, "err\n");
	assert_int_equal(WEXITSTATUS(result.status), 3);
	proc_result_deinit(&result);
}

static void long_output_does_not_block(void **state)
{
	(void)state;
	struct proc_result result;

	assert_ok(proc_run(SHELL("head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2"), NULL, 0, &result));
	assert_int_equal(result.out.len, 1000000);
	assert_int_equal(result.err.len, 500000);
	proc_result_deinit(&result);
}

static void missing_program_is_an_error(void **state)
{
	(void)state;
	struct proc_result result;
	pid_t pid = -7;

	assert_err(proc_run(ARGV("no-such-program"), NULL, 0, &result),
		   "cannot find program 'no-such-program' in PATH: No such file or directory");
	assert_err(proc_spawn(ARGV("/no/such"), NULL, &pid), "cannot start '/no/such': No such file or directory");
	assert_err(proc_spawn(ARGV("/etc/passwd"), NULL, &pid), "cannot start '/etc/passwd': Permission denied");
	assert_int_equal(pid, -7);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void unusable_program_is_an_error_and_reaped(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, "broken");
	pid_t pid;

	assert_ok(fs_publish(path, "#!/no/such/interpreter\n", 23));
	assert_int_equal(chmod(path, 0755), 0);
	assert_err_has(proc_spawn(ARGV(path), NULL, &pid), "No such file or directory");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void folder_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	struct proc_opts opts = PROC_OPTS_INIT;
	pid_t pid;

	opts.cwd = "/no/such/folder";
	assert_err(proc_spawn(SHELL(":"), &opts, &pid), "cannot enter folder of 'sh': No such file or directory");
}

static void environment_is_added_and_replaced(void **state)
{
	(void)state;
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;

	setenv("TEST_PROC_OLD", "old", 1);
	setenv("TEST_PROC_OLDER", "older", 1);
	opts.env_set = ARGV("TEST_PROC_OLD=new", "TEST_PROC_NEW=added");
	opts.cwd = "/";
	assert_ok(proc_run(SHELL("echo $TEST_PROC_OLD $TEST_PROC_OLDER $TEST_PROC_NEW; pwd; "
				 "env | grep -c ^TEST_PROC_OLD="), &opts, 0, &result));
	assert_string_equal(result.out.text, "new older added\n/\n1\n");
	proc_result_deinit(&result);
}

static void deadline_kills(void **state)
{
	(void)state;
	struct proc_opts opts = PROC_OPTS_INIT;
	struct proc_result result;
	int64_t begin = clock_now_ns();

	opts.new_group = true;
	_cleanup_err_ struct err *err = proc_run(SHELL("sleep 100; sleep 100"), &opts, 50 * NS_PER_MS, &result);
	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_TIMED_OUT);
	assert_string_equal(err_message(err), "'sh' did not end within 0.05 s");
	assert_true(clock_now_ns() - begin < 50 * NS_PER_S);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void grandchild_with_the_pipe_does_not_hold_us(void **state)
{
	(void)state;
	struct proc_result result;
	int64_t begin = clock_now_ns();

	assert_ok(proc_run(SHELL("sleep 100 & echo $!"), NULL, 0, &result));
	assert_true(clock_now_ns() - begin < 50 * NS_PER_S);
	pid_t grandchild = (pid_t)atoi(result.out.text);
	assert_true(grandchild > 1);
	assert_int_equal(kill(grandchild, SIGKILL), 0);
	proc_result_deinit(&result);
}

static void standard_descriptors_may_cross(void **state)
{
	_cleanup_free_ char *path = fs_join(*state, "both");
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct proc_opts opts = PROC_OPTS_INIT;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	struct proc_result result;

	assert_true(fd >= 0);
	opts.stdout_fd = fd;
	opts.stderr_fd = fd;
	assert_ok(proc_run(SHELL("echo a; echo b >&2; cat"), &opts, 0, &result));
	proc_result_deinit(&result);
	assert_ok(fs_read(path, &sb));
	assert_string_equal(sb.text, "a\nb\n");
}

static void no_descriptor_leaks_into_the_child(void **state)
{
	(void)state;
	struct proc_result result;

	/* Those that this program was started with are not ours. */
	assert_int_equal(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), 0);
	/* ls itself has one more, for the folder that it lists. */
	assert_ok(proc_run(ARGV("ls", "/proc/self/fd"), NULL, 0, &result));
	assert_string_equal(result.out.text, "0\n1\n2\n3\n");
	proc_result_deinit(&result);
}

static void child_begins_with_clean_signals(void **state)
{
	(void)state;
	struct proc_result result;
	sigset_t blocked, old, after;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	assert_ok(proc_run(ARGV("grep", "SigBlk", "/proc/self/status"), NULL, 0, &result));
	sigprocmask(SIG_SETMASK, &old, &after);
	assert_string_equal(result.out.text, "SigBlk:\t0000000000000000\n");
	assert_true(sigismember(&after, SIGUSR1));
	assert_false(sigismember(&after, SIGUSR2));
	proc_result_deinit(&result);
}

/* What this program changes for itself is not what its starter gave to the child. */
static void child_has_the_limits_and_signals_of_our_start(void **state)
{
	(void)state;
	struct rlimit start, raised;
	struct proc_result result;
	_cleanup_free_ char *expected = NULL;
	_cleanup_strbuf_ struct strbuf own = STRBUF_INIT;
	const char *ignored;

	/* Not always 0: what posix_spawn(3) starts, as by make, ignores glibc's own two signals. */
	assert_ok(fs_read("/proc/self/status", &own));
	ignored = strstr(own.text, "SigIgn:");
	assert_non_null(ignored);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &start), 0);
	raised = start;
	raised.rlim_cur = start.rlim_cur > 100 ? 100 : start.rlim_cur + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &raised), 0);
	signal(SIGPIPE, SIG_IGN);
	assert_ok(proc_run(SHELL("ulimit -Sn; ulimit -Hn; grep SigIgn /proc/self/status"), NULL, 0, &result));
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &start), 0);
	expected = mem_printf("%ju\n%ju\n%.*s\n", (uintmax_t)start.rlim_cur, (uintmax_t)start.rlim_max,
			      (int)strcspn(ignored, "\n"), ignored);
	assert_string_equal(result.out.text, expected);
	proc_result_deinit(&result);
}

static void death_of_the_parent_kills_the_child(void **state)
{
	(void)state;
	int ends[2];
	char byte;

	/* A parent of its own spawns a child that holds the pipe, then dies: the pipe must end. */
	assert_int_equal(pipe(ends), 0);
	pid_t parent = fork();
	if (parent == 0) {
		struct proc_opts opts = PROC_OPTS_INIT;
		pid_t pid;

		close(ends[0]);
		opts.stdout_fd = ends[1];
		opts.death_signal = SIGKILL;
		_exit(proc_spawn(ARGV("sleep", "100"), &opts, &pid) ? 1 : 0);
	}
	close(ends[1]);
	int status;
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void status_is_told_in_words(void **state)
{
	(void)state;
	_cleanup_free_ char *ok = proc_status_text(0), *three = proc_status_text(3 << 8);
	_cleanup_free_ char *killed = proc_status_text(SIGSEGV), *odd = proc_status_text(0xffff);

	assert_string_equal(ok, "exited with status 0");
	assert_string_equal(three, "exited with status 3");
	assert_string_equal(killed, "was killed by SIGSEGV");
	assert_string_equal(odd, "ended with wait status 0xffff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_status_are_collected),
		cmocka_unit_test(long_output_does_not_block),
		cmocka_unit_test(missing_program_is_an_error),
		cmocka_unit_test(unusable_program_is_an_error_and_reaped),
		cmocka_unit_test(folder_that_is_not_there_is_an_error),
		cmocka_unit_test(environment_is_added_and_replaced),
		cmocka_unit_test(deadline_kills),
		cmocka_unit_test(grandchild_with_the_pipe_does_not_hold_us),
		cmocka_unit_test(standard_descriptors_may_cross),
		cmocka_unit_test(no_descriptor_leaks_into_the_child),
		cmocka_unit_test(child_begins_with_clean_signals),
		cmocka_unit_test(child_has_the_limits_and_signals_of_our_start),
		cmocka_unit_test(death_of_the_parent_kills_the_child),
		cmocka_unit_test(status_is_told_in_words),
	};

	return cmocka_run_group_tests(tests, temp_dir_setup, temp_dir_teardown);
}
