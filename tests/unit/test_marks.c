/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase marks: what a task's file says, and what of it is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "job/marks.h"
#include "lib/fs.h"
#include "lib/mem.h"

static int setup(void **state)
{
	struct trial *trial = mem_alloc(sizeof(*trial));

	trial_init(trial);
	trial->n_tasks = 2;
	trial->tasks = mem_calloc(2, sizeof(*trial->tasks));
	for (int i = 0; i < 2; i++)
		trial->tasks[i] = (struct trial_task){ .rank = i, .pid = 100 + i, .host = mem_strdup("node.site"),
						       .report = { -1, -1, -1 } };
	for (int i = 0; i < 2; i++)
		memset(trial->tasks[i].counters, -1, sizeof(trial->tasks[i].counters));
	*state = trial;
	return 0;
}

static int teardown(void **state)
{
	struct trial *trial = *state;

	trial_deinit(trial);
	free(trial);
	return 0;
}

static void parse(struct trial *trial, const char *text)
{
	marks_parse(text, strlen(text), trial, &trial->tasks[1]);
}

static void test_good(void **state)
{
	struct trial *trial = *state;
	struct trial_task *task = &trial->tasks[1];

	parse(trial, "main 10 101 -1\nmpi_init 20 101 1\nimport_begin 30 101 1\nimport_end 40 101 1\n"
		     "report modules_imported 8\nreport calls 0\nreport mpi_test_passed 1\nexit 50 101 1\n");
	assert_int_equal(trial->n_contradictions, 0);
	assert_int_equal(task->marks_ns[MARK_MAIN], 10);
	assert_int_equal(task->marks_ns[MARK_MPI_INIT], 20);
	assert_int_equal(task->marks_ns[MARK_IMPORT_BEGIN], 30);
	assert_int_equal(task->marks_ns[MARK_IMPORT_END], 40);
	assert_int_equal(task->marks_ns[MARK_VISIT_BEGIN], 0);
	assert_int_equal(task->marks_ns[MARK_EXIT], 50);
	assert_int_equal(task->report.modules_imported, 8);
	assert_int_equal(task->report.calls, 0);
	assert_int_equal(task->report.mpi_test_passed, 1);
	assert_int_equal(trial->tasks[0].marks_ns[MARK_MAIN], 0);
}

static void test_counters(void **state)
{
	struct trial *trial = *state;
	const struct trial_task *task = &trial->tasks[1];

	parse(trial, "report import_l1d_misses 123\nreport visit_l1i_misses 0\nreport visit_instructions 7\n");
	assert_int_equal(trial->n_contradictions, 0);
	assert_int_equal(task->counters[COUNTED_IMPORT][COUNTER_L1D_MISSES], 123);
	assert_int_equal(task->counters[COUNTED_VISIT][COUNTER_L1I_MISSES], 0);
	assert_int_equal(task->counters[COUNTED_VISIT][COUNTER_INSTRUCTIONS], 7);
	assert_int_equal(task->counters[COUNTED_VISIT][COUNTER_L2_MISSES], -1);
	assert_int_equal(trial->tasks[0].counters[COUNTED_IMPORT][COUNTER_L1D_MISSES], -1);
}

/* Each is one contradiction that names the line, and the other lines are still read. */
static void test_bad_lines(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "wrong number of fields" },
		{ "main", "wrong number of fields" },
		{ "main 1 101 1 1", "wrong number of fields" },
		{ "main 1 101 1 1 1 1 1", "wrong number of fields" },
		{ "main  1 101", "no number" },
		{ "banana 1 101 1", "unknown mark" },
		{ "report import_banana 1", "unknown report" },
		{ "report importl1d_misses 1", "unknown report" },
		{ "report import_l1d_misses -1", "no number" },
		{ "main x 101 1", "no number" },
		{ "main -1 101 1", "no number" },
		{ "main 0 101 1", "no number" },
		{ "main 1x 101 1", "no number" },
		{ "main 99999999999999999999 101 1", "no number" },
		{ "main 1 101 -2", "no number" },
		{ "main 1 101 0", "another rank" },
		{ "mpi_init 1 101 1", "second mark" },
		{ "report calls", "wrong number of fields" },
		{ "report calls -1", "no number" },
		{ "report bananas 1", "unknown report" },
		{ "report mpi_test_passed 2", "neither 0 nor 1" },
		{ "report modules_imported 3", "second time" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = mem_printf("mpi_init 5 101 1\nreport modules_imported 3\n%s\nexit 9 101 1\n",
						       cases[i].line);
		void *fresh;
		struct trial *trial;

		(void)state;
		setup(&fresh);
		trial = fresh;
		parse(trial, text);
		if (trial->n_contradictions != 1)
			fail_msg("'%s': %zu contradictions", cases[i].line, trial->n_contradictions);
		if (!strstr(trial->contradictions[0], cases[i].why) ||
		    !strstr(trial->contradictions[0], "rank 1: line 3 "))
			fail_msg("'%s': %s", cases[i].line, trial->contradictions[0]);
		assert_int_equal(trial->tasks[1].marks_ns[MARK_EXIT], 9);
		assert_int_equal(trial->tasks[1].marks_ns[MARK_MPI_INIT], 5);
		teardown(&fresh);
	}
}

static void test_cut_off(void **state)
{
	struct trial *trial = *state;

	parse(trial, "main 10 101 -1\nexit 50 1");
	assert_int_equal(trial->n_contradictions, 1);
	assert_non_null(strstr(trial->contradictions[0], "line 2 of its phase marks is cut off"));
	assert_int_equal(trial->tasks[1].marks_ns[MARK_EXIT], 0);
	marks_parse("main 1\0 1 1\n", 12, trial, &trial->tasks[1]);
	assert_int_equal(trial->n_contradictions, 2);
}

static void test_forked_child(void **state)
{
	struct trial *trial = *state;

	parse(trial, "main 10 101 1\nexit 20 555 1\nexit 30 101 1\n");
	assert_int_equal(trial->n_contradictions, 0);
	assert_int_equal(trial->tasks[1].marks_ns[MARK_EXIT], 30);
}

static void publish(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	assert_null(fs_publish(path, text, strlen(text)));
}

static void test_folder(void **state)
{
	struct trial *trial = *state;
	char dir[] = "/tmp/test-marks.XXXXXX";
	struct err *err;

	assert_non_null(mkdtemp(dir));
	publish(dir, "phase.node.site.100", "import_begin 10 100 0\nimport_end 70 100 0\n");
	publish(dir, "phase.node.site.101", "import_begin 20 101 1\nimport_end 60 101 1\n");
	publish(dir, "phase.node.site.1010", "rubbish of a forked child\n");
	publish(dir, "phase.other.100", "rubbish of another host\n");
	publish(dir, "output.txt", "rubbish\n");
	assert_null(marks_read(dir, trial));
	assert_int_equal(trial->n_contradictions, 0);
	assert_int_equal(trial->tasks[0].marks_ns[MARK_IMPORT_END], 70);
	assert_int_equal(trial->tasks[1].marks_ns[MARK_IMPORT_BEGIN], 20);
	assert_int_equal(trial->phases.imported_ns, 70);
	assert_null(fs_remove_tree(dir));
	err = marks_read(dir, trial);
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), dir));
	err_free(err);
}

#define MARKS_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MARKS_TEST(test_good), MARKS_TEST(test_counters),       MARKS_TEST(test_bad_lines), MARKS_TEST(test_cut_off),
		MARKS_TEST(test_forked_child), MARKS_TEST(test_folder),
	};

	return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
