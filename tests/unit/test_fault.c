/* SPDX-License-Identifier: BSD-3-Clause */
/* The switch for faults: texts taken and refused, which call it strikes, and what it does there. */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fault.h"
#include "lib/progress.h"

static int off(void **state)
{
	(void)state;
	assert_ok(fault_set(NULL));
	return 0;
}

/* Which of ten calls at a point fail, as a string of digits. */
static const char *strikes(enum fault_point point)
{
	static char text[16];
	size_t n = 0;

	for (int i = 0; i < 10; i++)
		if (fault_at(point, 0))
			text[n++] = (char)('0' + i);
	text[n] = '\0';
	return text;
}

static void the_nth_call_is_struck(void **state)
{
	(void)state;
	assert_string_equal(strikes(FAULT_CONT), "");
	assert_ok(fault_set("ptrace-cont:3:EPERM"));
	assert_string_equal(strikes(FAULT_WAIT), "");
	assert_false(fault_has_struck());
	assert_string_equal(strikes(FAULT_CONT), "2");
	assert_true(fault_has_struck());
	assert_ok(fault_set("ptrace-cont:8+:EPERM"));
	assert_string_equal(strikes(FAULT_CONT), "789");
	assert_ok(fault_set("ptrace-cont"));
	assert_string_equal(strikes(FAULT_CONT), "0");
	assert_ok(fault_set(NULL));
	assert_string_equal(strikes(FAULT_CONT), "");
}

static void calls_fail_as_asked(void **state)
{
	(void)state;
	assert_ok(fault_set("mem-write:1:ENOSPC"));
	errno = 0;
	assert_int_equal(FAULT_OR(FAULT_MEM_WRITE, 0, 7), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(FAULT_OR(FAULT_MEM_WRITE, 0, 7), 7);
	assert_ok(fault_set("mem-write:2:short"));
	assert_int_equal(FAULT_OR(FAULT_MEM_WRITE, 0, 7), 7);
	assert_int_equal(FAULT_OR(FAULT_MEM_WRITE, 0, 7), 0);
}

/* Status of a process that comes to a point which is about itself, or about nobody. */
static int status_at(const char *text, bool about_itself)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		assert_ok(fault_set(text));
		_exit(fault_at(FAULT_SEIZE, about_itself ? getpid() : 0));
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return status;
}

static void somebody_dies(void **state)
{
	(void)state;
	assert_int_equal(WTERMSIG(status_at("ptrace-seize:1:die", true)), SIGKILL);
	assert_int_equal(status_at("ptrace-seize:1:die", false), 0);
	assert_int_equal(WTERMSIG(status_at("ptrace-seize:1:kill", false)), SIGKILL);
	assert_int_equal(WTERMSIG(status_at("ptrace-seize:1:int", false)), SIGINT);
	assert_int_equal(WTERMSIG(status_at("ptrace-seize:1:term", false)), SIGTERM);
	assert_int_equal(WSTOPSIG(status_at("ptrace-seize:1:stop", true)), SIGSTOP);
	assert_int_equal(status_at("ptrace-seize:2:kill", false), 0);
}

static void what_is_no_fault_is_refused(void **state)
{
	(void)state;
	assert_err(fault_set("nowhere"), "'nowhere' is no point of a fault");
	assert_err(fault_set("wait:0"), "'wait:0' is not POINT[:N[+][:WHAT]], with N of 1 or more");
	assert_err_has(fault_set("wait:-1"), "with N of 1 or more");
	assert_err_has(fault_set("wait:1x"), "with N of 1 or more");
	assert_err_has(fault_set("wait:1:EIO:more"), "with N of 1 or more");
	assert_err(fault_set("wait:1:EBANANA"), "'EBANANA' is no fault");
	assert_err(fault_set("wait:1:short"), "'wait' moves no bytes, so nothing there can be short");
	assert_string_equal(strikes(FAULT_WAIT), "");
}

static void the_environment_sets_it_once(void **state)
{
	(void)state;
	assert_int_equal(setenv(FAULT_ENV, "spawn:2", 1), 0);
	assert_ok(fault_from_env());
	assert_null(getenv(FAULT_ENV));
	assert_string_equal(strikes(FAULT_SPAWN), "1");
	assert_ok(fault_from_env());
	assert_int_equal(setenv(FAULT_ENV, "", 1), 0);
	assert_err(fault_from_env(), FAULT_ENV ": '' is no point of a fault");
}

static void each_point_has_its_own_name(void **state)
{
	(void)state;
	for (int i = FAULT_NONE + 1; i < FAULT_N; i++) {
		assert_ok(fault_set(fault_name((enum fault_point)i)));
		assert_int_equal(fault_armed, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_nth_call_is_struck, off),
		cmocka_unit_test_teardown(calls_fail_as_asked, off),
		cmocka_unit_test_teardown(somebody_dies, off),
		cmocka_unit_test_teardown(what_is_no_fault_is_refused, off),
		cmocka_unit_test_teardown(the_environment_sets_it_once, off),
		cmocka_unit_test_teardown(each_point_has_its_own_name, off),
	};

	progress_quiet();
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
