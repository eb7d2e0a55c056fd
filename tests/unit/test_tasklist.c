/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of tasks: what is read, and each bad line with its place. */
#include "unit.h"

#include "job/acquire/acquire.h"
#include "job/acquire/tasklist.h"

static struct err *parse(const char *text, struct tasklist *ret)
{
	return tasklist_parse("l", text, strlen(text), ret);
}

static void lines_are_read(void **state)
{
	struct tasklist list;

	(void)state;
	assert_ok(parse("# rank host pid\n\n 1\tn1 4712 # the second\r\n0 - 4711", &list));
	assert_int_equal(list.n, 2);
	assert_int_equal(list.tasks[0].rank, 0);
	assert_int_equal(list.tasks[0].pid, 4711);
	assert_string_equal(list.tasks[0].host, "-");
	assert_int_equal(list.tasks[1].rank, 1);
	assert_int_equal(list.tasks[1].pid, 4712);
	assert_string_equal(list.tasks[1].host, "n1");
	tasklist_deinit(&list);
}

static void bad_lines_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "l: no tasks" },
		{ "# none\n", "l: no tasks" },
		{ "0 - 1\n4711\n", "l:2: a line is RANK HOST PID" },
		{ "0 - 1 x\n", "l:1: a line is RANK HOST PID" },
		{ "x - 1\n", "l:1: 'x' is not a rank" },
		{ "-1 - 1\n", "l:1: '-1' is not a rank" },
		{ "\n0 - 0\n", "l:2: '0' is not a pid" },
		{ "0 - 99999999999\n", "l:1: '99999999999' is not a pid" },
		{ "0 - 2147483648\n", "l:1: '2147483648' is not a pid" },
		{ "0 - 1e3\n", "l:1: '1e3' is not a pid" },
		{ "0 - 5\n0 - 6\n", "l: rank 0 is there twice" },
		{ "0 - 5\n1 - 5\n", "l: pid 5 is there twice" },
	};
	struct tasklist list;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_err(parse(cases[i].text, &list), cases[i].message);
	assert_ok(parse("0 a 5\n1 b 5\n", &list)); /* of two hosts */
	tasklist_deinit(&list);
	assert_err(tasklist_parse("l", "0 a\0b 5\n", 8, &list), "l:1: the host is no name");
}

static void pids_alone(void **state)
{
	struct tasklist list;

	(void)state;
	assert_ok(tasklist_pids("20,10,30", &list));
	assert_int_equal(list.n, 3);
	assert_int_equal(list.tasks[0].pid, 20);
	assert_int_equal(list.tasks[1].pid, 10);
	assert_int_equal(list.tasks[2].rank, 2);
	tasklist_deinit(&list);
	assert_err(tasklist_pids("", &list), "'' is not a pid");
	assert_err(tasklist_pids("1,", &list), "'' is not a pid");
	assert_err(tasklist_pids("1,-2", &list), "'-2' is not a pid");
	assert_err(tasklist_pids("7,7", &list), "the list of pids: pid 7 is there twice");
}

static void a_host_with_or_without_domain_is_here(void **state)
{
	char *names[] = { (char *)"alias" };
	const struct conf_list others = { .strings = names, .n = 1 };
	const struct here here = { .own = "node7", .others = &others };
	const struct here full = { .own = "node7.site.org" };

	(void)state;
	assert_true(host_is_here("node7", &here));
	assert_true(host_is_here("node7.site.org", &here));
	assert_true(host_is_here("localhost", &here));
	assert_true(host_is_here("-", &here));
	assert_true(host_is_here("alias", &here));
	assert_false(host_is_here("node71", &here));
	assert_false(host_is_here("node", &here));
	assert_true(host_is_here("node7", &full));
	assert_false(host_is_here("node7.elsewhere.org", &full));
}

/* Each way can do something, but for the one that is another by the time it is asked. */
static void the_table_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < ACQUIRE_N; i++) {
		const struct acquire_ops *ops = acquire_get((enum acquire)i);

		assert_int_equal(ops->start || ops->find, i != ACQUIRE_AUTO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_read),
		cmocka_unit_test(bad_lines_are_named),
		cmocka_unit_test(pids_alone),
		cmocka_unit_test(a_host_with_or_without_domain_is_here),
		cmocka_unit_test(the_table_is_whole),
	};

	return cmocka_run_group_tests_name("tasklist", tests, NULL, NULL);
}
