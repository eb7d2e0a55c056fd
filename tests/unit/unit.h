/* SPDX-License-Identifier: BSD-3-Clause */
/* What every unit test needs: cmocka, and checks of errors and of temporary folders. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/mem.h"

/* No error; if there is one, the test fails with its message. */
#define assert_ok(call)                                              \
	do {                                                         \
		struct err *err_ = (call);                           \
		if (err_)                                            \
			fail_msg("%s: %s", #call, err_message(err_)); \
	} while (0)

/* An error with exactly this message. */
#define assert_err(call, message)                                    \
	do {                                                         \
		_cleanup_err_ struct err *err_ = (call);             \
		if (!err_)                                           \
			fail_msg("%s: no error", #call);             \
		assert_string_equal(err_message(err_), (message));   \
	} while (0)

/* An error with this message and this hint. */
#define assert_err_hint(call, message, hint)                         \
	do {                                                         \
		_cleanup_err_ struct err *err_ = (call);             \
		if (!err_)                                           \
			fail_msg("%s: no error", #call);             \
		assert_string_equal(err_message(err_), (message));   \
		assert_non_null(err_hint_text(err_));                \
		assert_string_equal(err_hint_text(err_), (hint));    \
	} while (0)

/* An error whose message has this text in it. */
#define assert_err_has(call, part)                                   \
	do {                                                         \
		_cleanup_err_ struct err *err_ = (call);             \
		if (!err_)                                           \
			fail_msg("%s: no error", #call);             \
		if (!strstr(err_message(err_), (part)))              \
			fail_msg("%s: '%s' does not say '%s'", #call, err_message(err_), (part)); \
	} while (0)

/* A folder of its own for each test: group setup and teardown, *state is its path. */
static inline int temp_dir_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/unit.XXXXXX", tmp ? tmp : "/tmp");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static inline int temp_dir_teardown(void **state)
{
	_cleanup_free_ char *dir = *state;
	_cleanup_err_ struct err *err = fs_remove_tree(dir);

	return err ? -1 : 0;
}

#endif
