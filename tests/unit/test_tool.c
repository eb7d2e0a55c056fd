/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of tools: found by name; an unknown name is told which there are. */
#include "tool/tool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void known_ones_are_found(void **state)
{
	const struct tool_ops *tool;

	(void)state;
	assert_null(tool_find("null", &tool));
	assert_ptr_equal(tool, &tool_null);
	assert_null(tool_find("native", &tool));
	assert_ptr_equal(tool, &tool_native);
}

static void unknown_ones_are_refused(void **state)
{
	const struct tool_ops *tool = &tool_null;
	struct err *err = tool_find("no-such-tool", &tool);

	(void)state;
	assert_non_null(err);
	assert_string_equal(err_message(err), "no such tool: 'no-such-tool'");
	assert_non_null(strstr(err_hint_text(err), "native"));
	assert_non_null(strstr(err_hint_text(err), "null"));
	assert_non_null(strstr(err_hint_text(err), ", strace")); /* by scenarios/tools/strace.yaml */
	assert_null(strstr(err_hint_text(err), "command (")); /* is no name of a tool */
	assert_ptr_equal(tool, &tool_null);
	err_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_ones_are_found),
		cmocka_unit_test(unknown_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
