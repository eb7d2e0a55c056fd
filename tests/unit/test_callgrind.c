/* SPDX-License-Identifier: BSD-3-Clause */
/* Callgrind's files: the head of one, and which file of a task is which phase's. */
#include "unit.h"

#include "job/counts/counters.h"

#define HEAD(pid, part, trigger)                                                       \
	"# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npid: " pid         \
	"\ncmd:  /t/host /t/driver.py events: no\npart: " part                         \
	"\n\n\ndesc: I1 cache: 65536 B, 64 B, 2-way associative\n\n"                   \
	"desc: Timerange: Basic block 0 - 7\ndesc: Trigger: " trigger "\n\npositions: line\n"
#define AT_MARK "--dump-before=pynamic_phase"
#define EVENTS "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw\n"

static const char *parse(const char *text, struct callgrind_part *ret)
{
	return callgrind_parse(text, strlen(text), ret);
}

static void test_head(void **state)
{
	struct callgrind_part part;

	(void)state;
	assert_null(parse(HEAD("101", "6", AT_MARK) EVENTS "summary: 1000 300 200 7 50 3 4 20 1\n\n\nfn=(1) x\n", &part));
	assert_int_equal(part.pid, 101);
	assert_int_equal(part.part, 6);
	assert_true(part.at_mark);
	assert_int_equal(part.counters[COUNTER_INSTRUCTIONS], 1000);
	assert_int_equal(part.counters[COUNTER_L1D_MISSES], 53);
	assert_int_equal(part.counters[COUNTER_L1I_MISSES], 7);
	assert_int_equal(part.counters[COUNTER_L2_MISSES], 25);
	/* other order, other events between, trailing zeros left out */
	assert_null(parse(HEAD("101", "12", "Program termination")
			  "events: D1mw D1mr Bc I1mr Ir ILmr DLmr DLmw\nsummary: 1 2 99 3 4 5\n", &part));
	assert_false(part.at_mark);
	assert_int_equal(part.counters[COUNTER_L1D_MISSES], 3);
	assert_int_equal(part.counters[COUNTER_L2_MISSES], 5);
}

static void test_bad_heads(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "ends before its summary" },
		{ "summary: 1\n", "has a summary before the rest of its head" },
		{ HEAD("101", "6", AT_MARK) EVENTS, "ends before its summary" },
		{ HEAD("101", "6", AT_MARK) EVENTS "summary: 1 2 3", "ends before its summary" },
		{ HEAD("x", "6", AT_MARK), "has no process number" },
		{ HEAD("-3", "6", AT_MARK), "has no process number" },
		{ HEAD("101", "99999999999999999999", AT_MARK), "has no part number" },
		{ HEAD("101", "6", AT_MARK) "summary: 1\n", "has a summary before the rest of its head" },
		{ HEAD("101", "6", AT_MARK) "events: Ir Dr Dw\nsummary: 1 2 3\n",
		  "has not all events: was it made without --cache-sim=yes?" },
		{ HEAD("101", "6", AT_MARK) EVENTS "summary: 1 2 3 4 5 6 7 8 9 10\n", "has more counts than events" },
		{ HEAD("101", "6", AT_MARK) EVENTS "summary: 1 2 x\n", "has a count that is no number" },
		{ HEAD("101", "6", AT_MARK) "events: Ir Ir\nsummary: 1 2\n", "names an event twice" },
		{ HEAD("101", "6", AT_MARK) "events: D1mr D1mw\nsummary: 9223372036854775807 1\n",
		  "has a count that is too large" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct callgrind_part part = { .pid = 77 };
		const char *why = parse(cases[i].text, &part);

		assert_non_null(why);
		assert_string_equal(why, cases[i].why);
		assert_int_equal(part.pid, 77);
	}
}

/* --- the files of a task ----------------------------------------------------------- */

static const enum mark marks[] = { MARK_MAIN, MARK_IMPORT_BEGIN, MARK_IMPORT_END, MARK_VISIT_BEGIN, MARK_VISIT_END,
				   MARK_EXIT };

static void put_part(const char *dir, const char *name, int part, const char *trigger)
{
	_cleanup_free_ char *path = fs_join(dir, name);
	_cleanup_free_ char *text =
		mem_printf("pid: 101\npart: %d\ndesc: Trigger: %s\n" EVENTS "summary: %d000 0 0 %d %d 1 0 0 0\n\nfn=(1)\n",
			   part, trigger, part, part, 10 * part);

	assert_ok(fs_publish(path, text, strlen(text)));
}

/* What callgrind leaves of a task with the marks above: 6 parts, and the one of the end. */
static void put_parts(const char *dir)
{
	assert_ok(fs_remove_tree(dir));
	assert_ok(fs_mkdirs(dir));
	for (int part = 1; part <= 6; part++) {
		_cleanup_free_ char *name = mem_printf("callgrind.101.%d", part);

		put_part(dir, name, part, AT_MARK);
	}
	put_part(dir, "callgrind.101", 7, "Program termination");
}

static void make_trial(struct trial *trial)
{
	trial_init(trial);
	trial_add_tasks(trial, 1);
	trial->tasks[0].pid = 101;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		trial->tasks[0].marks_ns[marks[i]] = 1000 + 10 * i;
}

static bool has_file(const char *dir, const char *name)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	return fs_exists(path);
}

static void test_files(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "good");
	struct trial trial;

	put_parts(dir);
	make_trial(&trial);
	callgrind_read(dir, &trial);
	assert_int_equal(trial.n_contradictions, 0);
	/* part 3 ends at import_end, part 5 at visit_end */
	assert_int_equal(trial.tasks[0].counters[COUNTED_IMPORT][COUNTER_INSTRUCTIONS], 3000);
	assert_int_equal(trial.tasks[0].counters[COUNTED_IMPORT][COUNTER_L1D_MISSES], 31);
	assert_int_equal(trial.tasks[0].counters[COUNTED_VISIT][COUNTER_L1I_MISSES], 5);
	assert_true(has_file(dir, "callgrind.101.3") && has_file(dir, "callgrind.101.5"));
	assert_false(has_file(dir, "callgrind.101.4") || has_file(dir, "callgrind.101"));
	trial_deinit(&trial);
}

static void assert_contradicted(const char *dir, struct trial *trial, const char *why)
{
	callgrind_read(dir, trial);
	assert_int_equal(trial->n_contradictions, 1);
	if (!strstr(trial->contradictions[0], why))
		fail_msg("'%s' does not say '%s'", trial->contradictions[0], why);
	trial_deinit(trial);
}

/* A part more or less than marks: no part is taken for another's. */
static void test_other_number_of_parts(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "number");
	struct trial trial;

	put_parts(dir);
	make_trial(&trial);
	trial.tasks[0].marks_ns[MARK_MPI_INIT] = 1005;
	assert_contradicted(dir, &trial, "is not what its name says");
	make_trial(&trial);
	trial.tasks[0].marks_ns[MARK_MAIN] = 0;
	assert_contradicted(dir, &trial, "is not what its name says");
}

static void test_bad_files(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "bad");
	struct trial trial;

	put_parts(dir);
	put_part(dir, "callgrind.101.3", 4, AT_MARK);
	make_trial(&trial);
	assert_contradicted(dir, &trial, "is not what its name says");
	put_part(dir, "callgrind.101.3", 3, "Program termination");
	make_trial(&trial);
	assert_contradicted(dir, &trial, "is not what its name says");
	put_part(dir, "callgrind.101.3", 3, AT_MARK);
	make_trial(&trial);
	trial.tasks[0].pid = 102;
	assert_contradicted(dir, &trial, "No such file");
	/* marks that do not enclose a phase */
	make_trial(&trial);
	trial.tasks[0].marks_ns[MARK_EXIT] = trial.tasks[0].marks_ns[MARK_IMPORT_BEGIN] + 1;
	assert_contradicted(dir, &trial, "do not enclose the import");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_bad_heads),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_other_number_of_parts),
		cmocka_unit_test(test_bad_files),
	};

	return cmocka_run_group_tests_name("callgrind", tests, temp_dir_setup, temp_dir_teardown);
}
