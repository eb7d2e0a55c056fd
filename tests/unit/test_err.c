/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit/unit.h"

#include <errno.h>

static void message_is_wrapped_outwards(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = err_new("cannot read '%s'", "x");

	err = err_wrap(err, "rank %d", 3);
	assert_string_equal(err_message(err), "rank 3: cannot read 'x'");
	assert_int_equal(err_status(err), EXIT_USAGE);
	assert_int_equal(err_errnum(err), 0);
	assert_null(err_hint_text(err));
}

static void errno_is_kept_through_wrapping(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = err_wrap(err_errno(ENOENT, "cannot open '%s'", "x"), "job");

	assert_string_equal(err_message(err), "job: cannot open 'x': No such file or directory");
	assert_int_equal(err_errnum(err), ENOENT);
}

static void deepest_hint_stays(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = err_hint(err_new("x"), "do %s", "this");

	err = err_hint(err, "do that");
	assert_string_equal(err_hint_text(err), "do this");
}

static void status_is_set_and_changed(void **state)
{
	(void)state;
	_cleanup_err_ struct err *err = err_exit(EXIT_SKIPPED, "no mpirun");

	assert_int_equal(err_status(err), EXIT_SKIPPED);
	err = err_with_status(err, EXIT_INVALID);
	assert_int_equal(err_status(err), EXIT_INVALID);
}

static void success_passes_through(void **state)
{
	(void)state;
	assert_null(err_wrap(NULL, "context"));
	assert_null(err_hint(NULL, "hint"));
	assert_null(err_with_status(NULL, EXIT_INVALID));
	assert_false(err_is_gone(NULL));
	err_free(NULL);
}

static void gone_is_told_by_identity_and_never_changes(void **state)
{
	(void)state;
	struct err *err = err_with_status(err_hint(err_wrap(err_gone(), "rank 1"), "hint"), EXIT_OK);
	_cleanup_err_ struct err *other = err_new("task is gone");

	assert_true(err_is_gone(err));
	assert_false(err_is_gone(other));
	assert_string_equal(err_message(err), "task is gone");
	assert_null(err_hint_text(err));
	assert_int_equal(err_status(err), EXIT_INVALID);
	err_free(err);
	assert_string_equal(err_message(err_gone()), "task is gone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_is_wrapped_outwards),
		cmocka_unit_test(errno_is_kept_through_wrapping),
		cmocka_unit_test(deepest_hint_stays),
		cmocka_unit_test(status_is_set_and_changed),
		cmocka_unit_test(success_passes_through),
		cmocka_unit_test(gone_is_told_by_identity_and_never_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
