/* SPDX-License-Identifier: BSD-3-Clause */
/* What a scenario needs: found, or named with what to install. */
#include "unit.h"

#include "job/needs.h"

static struct scenario scenario_with(const char *const *settings)
{
	struct scenario s = { 0 };

	conf_defaults(&scenario_table, &s);
	for (; *settings; settings++)
		assert_ok(conf_set(&scenario_table, *settings, &s));
	return s;
}

#define SCENARIO(...) scenario_with((const char *const[]){ __VA_ARGS__, NULL })

static void test_here(void **state)
{
	struct scenario nothing = SCENARIO("tasks=1");
	struct scenario s = SCENARIO("needs.programs=sh,ls", "needs.modules=os,json.decoder");
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	assert_ok(needs_check(&nothing, NULL));
	needs_put(&nothing, NULL, &text);
	assert_string_equal(text.text, "");
	assert_ok(needs_check(&s, "/usr/bin/python3"));
	assert_ok(needs_check(&s, "ls")); /* no interpreter: python3 is asked */
	needs_put(&s, "/usr/bin/python3", &text);
	assert_string_equal(text.text, "programs sh, ls; modules os, json.decoder of /usr/bin/python3");
	scenario_deinit(&s);
	scenario_deinit(&nothing);
}

/* All that is missing is in one message; a module's name is never run as code. */
static void test_missing(void **state)
{
	struct scenario s = SCENARIO("needs.programs=sh,no-such-program", "needs.modules=os,no_such_module,no.such,.x,"
				     "__import__('os')", "needs.packages=p1,p2");
	struct scenario bare = SCENARIO("needs.programs=no-such-program");
	struct err *err;

	(void)state;
	assert_err_hint(needs_check(&s, "/usr/bin/python3"),
			"the scenario needs what is not here: program 'no-such-program', module 'no_such_module' of "
			"/usr/bin/python3, module 'no.such' of /usr/bin/python3, module '.x' of /usr/bin/python3, "
			"module '__import__('os')' of /usr/bin/python3",
			"install p1 p2");
	err = needs_check(&bare, NULL);
	assert_int_equal(err_status(err), EXIT_SKIPPED);
	assert_null(err_hint_text(err));
	err_free(err);
	scenario_deinit(&bare);
	scenario_deinit(&s);
}

static void test_interpreter(void **state)
{
	struct scenario s = SCENARIO("needs.modules=os");
	char dir[] = "/tmp/test_needs.XXXXXX";
	_cleanup_free_ char *broken = NULL, *message = NULL;

	(void)state;
	assert_err(needs_check(&s, "/no/such/python3"),
		   "the scenario needs what is not here: Python interpreter '/no/such/python3'");
	assert_non_null(mkdtemp(dir));
	broken = fs_join(dir, "python-broken");
	assert_int_equal(symlink("/bin/false", broken), 0);
	message = mem_printf("'%s', asked for its modules, exited with status 1", broken);
	assert_err(needs_check(&s, broken), message);
	assert_ok(fs_remove_tree(dir));
	scenario_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_here),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_interpreter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
