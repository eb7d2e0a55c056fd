/* SPDX-License-Identifier: BSD-3-Clause */
/* What LLDB prints of itself; texts as LLDB 14.0.6 printed them. */
#include "unit/unit.h"

#include <jansson.h>

#include "tool/lldb/stats.h"

static const char statistics[] =
	"{\"memory\": {\"strings\": {\"bytesTotal\": 1048576}},\n"
	" \"modules\": [{\"path\": \"/tmp/host\"}, {\"path\": \"/tmp/lib/libm.so\"}, {\"identifier\": 3}],\n"
	" \"targets\": [{\"breakpoints\": [], \"firstStopTime\": 0.13392247299999999, \"launchOrAttachTime\": 0.125,\n"
	"               \"stopCount\": 207, \"targetCreateTime\": 0.0049410000000000001}],\n"
	" \"totalDebugInfoByteSize\": 4835032, \"totalSymbolTableParseTime\": 0.044023}\n";

static struct err *parse(const char *text, json_t **report, json_t **modules)
{
	return lldbstats_parse(text, strlen(text), report, modules);
}

static void statistics_are_read(void **state)
{
	json_t *report, *modules;

	(void)state;
	assert_ok(parse(statistics, &report, &modules));
	assert_int_equal(json_integer_value(json_object_get(report, "modules")), 3);
	assert_int_equal(json_integer_value(json_object_get(report, "stopCount")), 207);
	assert_int_equal(json_integer_value(json_object_get(report, "totalDebugInfoByteSize")), 4835032);
	assert_true(json_real_value(json_object_get(report, "launchOrAttachTime")) == 0.125);
	assert_null(json_object_get(report, "breakpoints"));
	assert_int_equal(json_object_size(modules), 2);
	assert_non_null(json_object_get(modules, "libm.so"));
	json_decref(report);
	json_decref(modules);
}

static void others_are_refused(void **state)
{
	json_t *report, *modules;

	(void)state;
	assert_err_has(parse("error: no process", &report, &modules), "the statistics are no JSON: line 1");
	assert_err(parse("{}", &report, &modules), "the statistics have no targets or no modules");
	assert_err(parse("{\"modules\": [], \"targets\": [{\"stopCount\": -1}]}", &report, &modules),
		   "stopCount: not a number from 0");
	assert_err(parse("{\"modules\": [], \"targets\": [], \"totalDebugInfoByteSize\": \"4\"}", &report, &modules),
		   "totalDebugInfoByteSize: not a number from 0");
}

static void breakpoints_are_read(void **state)
{
	struct lldb_line line;

	(void)state;
	assert_true(lldb_line_parse("1: name = 'f', locations = 1, resolved = 1, hit count = 20 Options: enabled", &line));
	assert_false(line.is_location);
	assert_int_equal(line.id, 1);
	assert_int_equal(line.hits, 20);
	assert_true(lldb_line_parse("12: name = 'g', locations = 0 (pending) Options: enabled auto-continue ", &line));
	assert_int_equal(line.id, 12);
	assert_int_equal(line.hits, 0);
	assert_true(lldb_line_parse("  4.1: where = libutility1.so`f + 14 at f.c:98:7, address = 0x7f, resolved, hit count = 3 ",
				    &line));
	assert_true(line.is_location);
	assert_int_equal(line.id, 4);
	assert_string_equal(line.library, "libutility1.so");
}

static void other_lines_are_none(void **state)
{
	static const char *const others[] = { "", "Current breakpoints:", "(lldb) breakpoint list", "0: name = 'f'",
					      "1 location added to breakpoint 1", "  1: where = x`y",
					      "99999999999999999999: name = 'f'" };
	struct lldb_line line;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(lldb_line_parse(others[i], &line));
}

static void versions_are_told(void **state)
{
	(void)state;
	assert_int_equal(lldb_major("lldb version 14.0.6"), 14);
	assert_int_equal(lldb_major("lldb version 19.1.7"), 19);
	assert_int_equal(lldb_major("Debian LLDB version 22.1.0 (++2026)"), 22);
	assert_int_equal(lldb_major("lldb-1600.0.39.109"), 0);
	assert_int_equal(lldb_major(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statistics_are_read),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(breakpoints_are_read),
		cmocka_unit_test(other_lines_are_none),
		cmocka_unit_test(versions_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
