/* SPDX-License-Identifier: BSD-3-Clause */
/* Processes of tools: talk, end, leftovers, what they used. The tool is a shell. */
#include "unit/unit.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "tool/process/process.h"

#define LIMIT_NS (20 * NS_PER_S)

struct fixture {
	char *dir;
	struct outside_set set;
};

static int setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	_cleanup_free_ char *home = NULL;

	signal(SIGPIPE, SIG_IGN);
	temp_dir_setup((void **)&f->dir);
	home = fs_join(f->dir, "home");
	assert_ok(outside_set_init(f->dir, home, &f->set));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int ret = temp_dir_teardown((void **)&f->dir);

	free(f);
	return ret;
}

static struct outside *start(struct fixture *f, const char *script, bool merge)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct outside_opts opts = { .argv = argv, .name = "shell", .label = "a", .merge_stderr = merge };
	struct outside *o;

	assert_ok(outside_start(&f->set, &opts, &o));
	return o;
}

static const char *next_line(struct fixture *f, struct outside *o)
{
	int64_t until_ns = clock_now_ns() + LIMIT_NS;
	const char *line;

	while (!(line = outside_line(o)) && !outside_ended(o) && clock_now_ns() < until_ns)
		outside_set_wait(&f->set, NULL, 0, until_ns);
	return line ? line : outside_line(o);
}

static void finish(struct fixture *f, struct trial *trial)
{
	trial_init(trial);
	outside_set_end(&f->set, NS_PER_S, trial);
	assert_true(outside_set_ended(&f->set));
}

static void talk(void **state)
{
	struct fixture *f = *state;
	struct outside *o = start(f, "echo hello; while read -r x; do echo \"got $x\"; done; echo \"$HOME\"; printf end", false);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct trial trial;

	assert_string_equal(next_line(f, o), "hello");
	outside_send(o, "%d apples\n", 3);
	assert_string_equal(next_line(f, o), "got 3 apples");
	outside_close_input(o);
	assert_string_equal(next_line(f, o), f->set.home);
	assert_string_equal(next_line(f, o), "end");
	assert_null(next_line(f, o));
	assert_true(outside_ended(o));
	assert_int_equal(outside_status(o), 0);
	finish(f, &trial);
	assert_true(trial.tracer_cpu_ns >= 0 && trial.tracer_peak_rss_bytes > 0 && trial.bytes_read > 0);
	assert_int_equal(trial.ptrace_calls, -1);
	assert_ok(fs_read(outside_transcript(o), &text));
	assert_non_null(strstr(text.text, "hello\n<< 3 apples\ngot 3 apples\n"));
	outside_set_deinit(&f->set, true);
}

static void standard_error_beside_or_among(void **state)
{
	struct fixture *f = *state;
	struct outside *beside = start(f, "echo one >&2; echo two", false);
	struct trial trial;

	assert_string_equal(next_line(f, beside), "two");
	assert_null(next_line(f, beside));
	finish(f, &trial);
	outside_set_deinit(&f->set, false);

	assert_ok(outside_set_init(f->dir, f->dir, &f->set));
	beside = start(f, "echo one >&2; echo two", true);
	assert_string_equal(next_line(f, beside), "one");
	finish(f, &trial);
	outside_set_deinit(&f->set, false);
}

static void a_question_is_an_unfinished_line(void **state)
{
	struct fixture *f = *state;
	struct outside *o = start(f, "echo text; printf 'Really? '; read -r x", true);
	_cleanup_free_ char *tail = NULL;
	struct trial trial;

	assert_string_equal(next_line(f, o), "text");
	for (int i = 0; i < 200 && !*outside_unfinished(o); i++)
		outside_set_wait(&f->set, NULL, 0, clock_now_ns() + LIMIT_NS);
	assert_string_equal(outside_unfinished(o), "Really? ");
	assert_false(outside_ended(o));
	tail = outside_tail(o, 100);
	assert_string_equal(tail, "text | Really? ");
	finish(f, &trial);
	assert_true(WIFSIGNALED(outside_status(o)));
	outside_set_deinit(&f->set, false);
}

static void bytes_that_are_no_text_are_noticed(void **state)
{
	struct fixture *f = *state;
	struct outside *o = start(f, "printf 'gr\\303\\274n\\n'; echo ok; printf '\\377\\376\\n'", true);
	struct trial trial;

	assert_string_equal(next_line(f, o), "gr\303\274n");
	while (next_line(f, o))
		;
	assert_true(outside_binary(o));
	finish(f, &trial);
	outside_set_deinit(&f->set, false);
}

static void who_ignores_the_end_is_killed_with_what_it_started(void **state)
{
	struct fixture *f = *state;
	struct outside *o = start(f, "trap '' TERM; setsid sleep 1000 & echo $!; while :; do sleep 1; done", true);
	struct trial trial;
	pid_t child = atoi(next_line(f, o));

	assert_true(child > 1);
	finish(f, &trial);
	assert_int_equal(WTERMSIG(outside_status(o)), SIGKILL);
	/* Killed, and perhaps not reaped yet by whoever has inherited it. */
	if (!kill(child, 0)) {
		_cleanup_free_ char *path = mem_printf("/proc/%d/status", (int)child);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		struct err *err = fs_read(path, &text);

		assert_true(err || strstr(text.text, "State:\tZ"));
		err_free(err);
	}
	outside_set_deinit(&f->set, false);
}

static void a_missing_tool_is_skipped(void **state)
{
	struct fixture *f = *state;
	const char *const argv[] = { "no-such-debugger", NULL };
	const struct outside_opts opts = { .argv = argv, .name = "debugger", .label = "a" };
	struct outside *o;
	struct err *err = outside_start(&f->set, &opts, &o);
	struct trial trial;

	assert_non_null(err);
	assert_int_equal(err_status(err), EXIT_SKIPPED);
	assert_string_equal(err_message(err),
			    "cannot start the tool debugger: there is no program 'no-such-debugger' here");
	err_free(err);
	finish(f, &trial);
	assert_int_equal(trial.tracer_cpu_ns, -1);
	outside_set_deinit(&f->set, false);
}

static void large_transcripts_stay_if_asked_for(void **state)
{
	for (int keep = 0; keep < 2; keep++) {
		struct fixture *f = *state;
		struct outside *o = start(f, "i=0; while [ $i -lt 3000 ]; do echo 'a line of the transcript, or so'; "
					     "i=$((i+1)); done", true);
		_cleanup_free_ char *path = mem_strdup(outside_transcript(o));
		struct trial trial;
		size_t n = 0;

		while (next_line(f, o))
			n++;
		assert_int_equal(n, 3000);
		finish(f, &trial);
		outside_set_deinit(&f->set, keep);
		assert_int_equal(fs_exists(path), keep);
		assert_ok(outside_set_init(f->dir, f->dir, &f->set));
	}
	outside_set_deinit(&((struct fixture *)*state)->set, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(talk, setup, teardown),
		cmocka_unit_test_setup_teardown(standard_error_beside_or_among, setup, teardown),
		cmocka_unit_test_setup_teardown(a_question_is_an_unfinished_line, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_that_are_no_text_are_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(who_ignores_the_end_is_killed_with_what_it_started, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_tool_is_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(large_transcripts_stay_if_asked_for, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
