/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The driver's metrics of made-up untraced runs: which spans and counts are whose, and the
 * two tables against golden files.
 */
#include "golden.h"

#include "lib/clock.h"
#include "lib/strbuf.h"
#include "report/grid/text.h"
#include "report/paper.h"
#include "report/table/table.h"

#define N_TASKS 4
#define LAUNCH_NS (100 * NS_PER_S)

/* What a rank takes for each part, in ms; rank r takes r/10 more. */
static const struct made_up {
	const char *program;
	bool bind_now;
	int64_t startup_ms, import_ms, visit_ms;
	int64_t import_l1d, visit_l1d;
} made_up[] = {
	{ "host", false, 400, 200, 10, 2000000, 4000 },
	{ "linked", false, 500, 40, 900, 300000, 2500000 },
	{ "linked", true, 1400, 40, 10, 300000, 4000 },
	{ "linked_now", false, 1300, 40, 10, 300000, 4000 },
};

static int64_t later(int64_t from_ns, int64_t ms, int rank)
{
	return from_ns + ms * NS_PER_MS + ms * NS_PER_MS * rank / 10;
}

static void fill_task(struct trial_task *task, const struct made_up *m, uint32_t repetition, bool counted)
{
	int64_t *marks = task->marks_ns;

	task->exec_ns = LAUNCH_NS + 100 * NS_PER_MS;
	marks[MARK_DRIVER] = later(LAUNCH_NS, m->startup_ms, task->rank);
	marks[MARK_IMPORT_BEGIN] = LAUNCH_NS + 2 * NS_PER_S;
	marks[MARK_IMPORT_END] = later(marks[MARK_IMPORT_BEGIN], m->import_ms, task->rank);
	marks[MARK_VISIT_BEGIN] = LAUNCH_NS + 4 * NS_PER_S;
	marks[MARK_VISIT_END] = later(marks[MARK_VISIT_BEGIN], m->visit_ms, task->rank);
	marks[MARK_MPI_BEGIN] = LAUNCH_NS + 6 * NS_PER_S;
	marks[MARK_MPI_END] = later(marks[MARK_MPI_BEGIN], 20, task->rank);
	if (!counted)
		return;
	task->counters[COUNTED_IMPORT][COUNTER_L1D_MISSES] = m->import_l1d + task->rank * 1000 + repetition * 10000;
	task->counters[COUNTED_VISIT][COUNTER_L1D_MISSES] = m->visit_l1d;
	task->counters[COUNTED_VISIT][COUNTER_L1I_MISSES] = 600;
	/* L1-I of the import: a counter that is not there. */
}

static void make_run(struct run *run, uint32_t repetitions, bool counted)
{
	run_init(run);
	run->id = mem_strdup("tables");
	run->complete = true;
	run->scenario = json_pack("{s:s, s:i, s:s, s:s}", "tool", "none", "tasks", N_TASKS, "launcher", "mpirun",
				  "aslr", "on");
	if (counted)
		run->counters = json_pack("{s:s, s:s, s:[s], s:s}", "source", "callgrind", "asked", "auto", "notes",
					  "perf cannot count L1-D misses: no", "caches", "simulated: small ones");
	for (size_t i = 0; i < ARRAY_SIZE(made_up); i++) {
		_cleanup_free_ char *name = variant_name(made_up[i].program, made_up[i].bind_now);

		run_add_variant(run, name, made_up[i].program, made_up[i].bind_now);
	}
	for (uint32_t repetition = 0; repetition < repetitions; repetition++) {
		for (size_t i = 0; i < ARRAY_SIZE(made_up); i++) {
			struct trial *trial = run_add_trial(run);

			trial->repetition = repetition;
			trial->temperature = TEMPERATURE_WARM;
			trial->variant = (uint32_t)i;
			trial->counter_source = counted ? COUNTERS_CALLGRIND : COUNTERS_OFF;
			trial->phases.launch_ns = LAUNCH_NS;
			trial_add_tasks(trial, N_TASKS);
			for (size_t j = 0; j < N_TASKS; j++)
				fill_task(&trial->tasks[j], &made_up[i], repetition, counted);
		}
	}
	run_summarise(run);
}

static void assert_ms(const struct run *run, size_t variant, enum span span, double ms)
{
	assert_float_equal(run->variants[variant].summaries[TEMPERATURE_WARM].untraced_ns[span].p50, ms * NS_PER_MS, 1);
}

static void test_spans(void **state)
{
	struct run run;

	(void)state;
	make_run(&run, 3, false);
	assert_int_equal(run.n_variants, ARRAY_SIZE(made_up));
	for (size_t i = 0; i < run.n_variants; i++) {
		const struct made_up *m = &made_up[i];
		int64_t sum_ms = m->startup_ms + m->import_ms + m->visit_ms;

		assert_string_equal(run.variants[i].program, m->program);
		assert_int_equal(run.variants[i].bind_now, m->bind_now);
		assert_int_equal(run.variants[i].summaries[TEMPERATURE_WARM].n_untraced, 3);
		assert_int_equal(run.variants[i].summaries[TEMPERATURE_COLD].n_untraced, 0);
		/* rank 3 is the slowest, the median is between ranks 1 and 2 */
		assert_ms(&run, i, SPAN_DRIVER_WORST, 1.3 * m->startup_ms);
		assert_ms(&run, i, SPAN_DRIVER_MEDIAN, 1.15 * m->startup_ms);
		assert_ms(&run, i, SPAN_OWN_WORST, 1.3 * m->startup_ms - 100);
		assert_ms(&run, i, SPAN_IMPORT_WORST, 1.3 * m->import_ms);
		assert_ms(&run, i, SPAN_VISIT_WORST, 1.3 * m->visit_ms);
		assert_ms(&run, i, SPAN_MPI_TEST_MEDIAN, 1.15 * 20);
		assert_ms(&run, i, SPAN_SUM_WORST, 1.3 * sum_ms);
		assert_ms(&run, i, SPAN_SUM_MEDIAN, 1.15 * sum_ms);
	}
	run_deinit(&run);
}

static void test_counts(void **state)
{
	const struct summary *s;
	struct run run;

	(void)state;
	make_run(&run, 3, true);
	s = &run.variants[1].summaries[TEMPERATURE_WARM];
	assert_int_equal(s->counters_worst[COUNTED_IMPORT][COUNTER_L1D_MISSES].n, 3);
	assert_float_equal(s->counters_worst[COUNTED_IMPORT][COUNTER_L1D_MISSES].p50, 313000, 0);
	assert_float_equal(s->counters_worst[COUNTED_IMPORT][COUNTER_L1D_MISSES].max, 323000, 0);
	assert_float_equal(s->counters_median[COUNTED_IMPORT][COUNTER_L1D_MISSES].p50, 311500, 0);
	assert_float_equal(s->counters_worst[COUNTED_VISIT][COUNTER_L1D_MISSES].p50, 2500000, 0);
	assert_int_equal(s->counters_worst[COUNTED_IMPORT][COUNTER_L1I_MISSES].n, 0);
	assert_int_equal(s->counters_worst[COUNTED_VISIT][COUNTER_L2_MISSES].n, 0);
	run_deinit(&run);
}

static void assert_table(const char *golden, const struct run *run)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	table_format(run, &out);
	assert_golden(golden, out.text);
	for (char *line = strtok(out.text, "\n"); line; line = strtok(NULL, "\n"))
		assert_in_range(text_display_width(line), 1, GRID_TEXT_WIDTH);
}

static void test_table1(void **state)
{
	struct run run;

	(void)state;
	make_run(&run, 3, false);
	assert_table("table1.txt", &run);
	run_deinit(&run);
}

/* Simulated time is no time: Table 1 is not there. */
static void test_table2(void **state)
{
	struct run run;

	(void)state;
	make_run(&run, 3, true);
	assert_table("table2.txt", &run);
	run_deinit(&run);
}

/* A record that was read back gives the same tables. */
static void test_read_back(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	_cleanup_free_ char *path = NULL;
	struct run run, back;

	make_run(&run, 2, true);
	assert_ok(run_write(&run, *state, &path));
	assert_ok(run_read(path, &back));
	table_format(&run, &before);
	table_format(&back, &after);
	assert_string_equal(before.text, after.text);
	assert_int_equal(back.trials[2].variant, 2);
	assert_string_equal(back.variants[2].program, "linked");
	assert_true(back.variants[2].bind_now);
	assert_int_equal(back.trials[2].counter_source, COUNTERS_CALLGRIND);
	assert_int_equal(back.trials[2].tasks[3].counters[COUNTED_IMPORT][COUNTER_L1D_MISSES], 303000);
	assert_int_equal(back.trials[2].tasks[3].counters[COUNTED_IMPORT][COUNTER_L1I_MISSES], -1);
	run_deinit(&run);
	run_deinit(&back);
}

/* The paper's totals are the sums of its columns: nothing was mistyped. */
static void test_paper(void **state)
{
	static const char *const names[] = { "host", "linked", "linked+bind_now" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct paper_row *row = paper_find(names[i]);

		assert_non_null(row);
		assert_float_equal(row->startup_s + row->import_s + row->visit_s, row->total_s, 0.05);
	}
	assert_null(paper_find("linked_now"));
	assert_null(paper_find("host+bind_now"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),  cmocka_unit_test(test_counts),    cmocka_unit_test(test_table1),
		cmocka_unit_test(test_table2), cmocka_unit_test(test_read_back), cmocka_unit_test(test_paper),
	};

	return cmocka_run_group_tests_name("metrics", tests, temp_dir_setup, temp_dir_teardown);
}
