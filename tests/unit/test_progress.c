/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <fcntl.h>

#include "lib/progress.h"
#include "lib/strbuf.h"

/* Standard error of this program goes to a file for all tests: progress looks at it once. */
static int saved_fd, file_fd;

static int redirect(void **state)
{
	char path[] = "/tmp/unit.XXXXXX";

	(void)state;
	fflush(stderr);
	saved_fd = dup(STDERR_FILENO);
	file_fd = mkstemp(path);
	unlink(path);
	return dup2(file_fd, STDERR_FILENO) < 0 ? -1 : 0;
}

static int restore(void **state)
{
	(void)state;
	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	return close(file_fd);
}

static int rewind_file(void **state)
{
	(void)state;
	return ftruncate(file_fd, 0) < 0 || lseek(file_fd, 0, SEEK_SET) < 0;
}

static void assert_printed(const char *expected)
{
	char text[4096];

	fflush(stderr);
	ssize_t n = pread(file_fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void notes_and_warnings_are_lines(void **state)
{
	(void)state;
	progress_note("building %d", 3);
	progress_warn("busy %s", "machine");
	assert_printed("building 3\nwarning: busy machine\n");
}

static void a_log_gets_one_line_for_a_short_phase(void **state)
{
	(void)state;
	for (size_t i = 0; i <= 100; i++)
		progress_count("compile", i, 100);
	progress_count("link", 1, 2);
	progress_count("link", 2, 2);
	assert_printed("compile: 100/100\nlink: 2/2\n");
}

static void quiet_leaves_warnings(void **state)
{
	(void)state;
	progress_quiet();
	progress_note("note");
	progress_count("count", 1, 1);
	progress_warn("warned");
	assert_printed("warning: warned\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(notes_and_warnings_are_lines, rewind_file),
		cmocka_unit_test_setup(a_log_gets_one_line_for_a_short_phase, rewind_file),
		cmocka_unit_test_setup(quiet_leaves_warnings, rewind_file), /* last: it stays quiet */
	};

	return cmocka_run_group_tests(tests, redirect, restore);
}
