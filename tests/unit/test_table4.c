/* SPDX-License-Identifier: BSD-3-Clause */
/* Table 4: which runs have it, what is predicted from which numbers, ratios, and the text. */
#include "unit.h"

#include <math.h>

#include "lib/clock.h"
#include "report/grid/text.h"
#include "report/table/table.h"
#include "report/table4/rows.h"

#define MS ((double)NS_PER_MS)

/* A made-up run, to which a test adds; and its table, if the test makes it. */
struct made {
	struct run run;
	struct table4 table;
};

static int setup(void **state)
{
	struct made *made = *state = mem_alloc(sizeof(*made));
	struct run *run = &made->run;

	run_init(run);
	run->id = mem_strdup("made-up");
	run->scenario = json_pack("{s:s, s:i, s:{s:i}}", "acquire", "shim", "tasks", 1, "breakpoints", "count", 10);
	run->host = json_pack("{s:i, s:I}", "cpus", 2, "memory_bytes", (json_int_t)2 << 30);
	run->target = json_pack("{s:s, s:i}", "name", "small", "expect_import_events", 100);
	return 0;
}

static int teardown(void **state)
{
	struct made *made = *state;

	table4_deinit(&made->table);
	run_deinit(&made->run);
	free(made);
	return 0;
}

static void set_phases(struct trial *trial, double phase1_ms, double phase2_ms)
{
	struct trial_phases *p = &trial->phases;

	p->launch_ns = NS_PER_S;
	p->acquired_ns = p->stopped_ns = p->started_ns = p->linkmaps_ns = p->symbols_ns = p->launch_ns + 1;
	p->planted_ns = p->continued_ns = p->launch_ns + (int64_t)(phase1_ms * MS);
	p->imported_ns = p->continued_ns + (int64_t)(phase2_ms * MS);
	p->ended_ns = p->imported_ns + NS_PER_S;
}

/* One repetition of a variant: untraced and under the tool, both temperatures, cold twice as long. */
static void add(struct run *run, const char *name, const char *tool, size_t tasks, double own1_ms, double own2_ms)
{
	uint32_t variant = 0;

	while (variant < run->n_variants && strcmp(run->variants[variant].name, name))
		variant++;
	if (variant == run->n_variants)
		json_object_set_new(run_add_variant(run, name, NULL, false)->settings, "tool", json_string(tool));
	for (size_t i = 0; i < 4; i++) {
		struct trial *trial = run_add_trial(run);
		double times = i < 2 ? 2 : 1;

		trial->variant = variant;
		trial->temperature = i < 2 ? TEMPERATURE_COLD : TEMPERATURE_WARM;
		trial->traced = i % 2;
		trial->tool = mem_strdup(trial->traced ? tool : "none");
		trial_add_tasks(trial, tasks);
		trial->n_breakpoints = 0;
		trial->tracer_peak_rss_bytes = 100 << 20;
		set_phases(trial, times * ((double)tasks * 10 + i % 2 * own1_ms),
			   times * ((double)tasks * 20 + i % 2 * own2_ms));
	}
}

static const struct table4_row *find(const struct table4 *table, const char *name, bool predicted)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (!strcmp(table->rows[i].variant->name, name) && table->rows[i].predicted == predicted)
			return &table->rows[i];
	return NULL;
}

static void assert_time(const struct table4_time *time, double ms, double low_ms, double high_ms)
{
	assert_float_equal(time->ns / MS, ms, 1e-6);
	assert_float_equal(time->low_ns / MS, low_ms, 1e-6);
	assert_float_equal(time->high_ns / MS, high_ms, 1e-6);
}

static void make_table(struct made *made)
{
	run_summarise(&made->run);
	table4_make(&made->run, &made->table);
}

static void only_of_several_tools(void **state)
{
	struct made *made = *state;

	add(&made->run, "one", "native", 1, 10, 10);
	run_summarise(&made->run);
	assert_false(table4_applies(&made->run));
	add(&made->run, "two", "native", 2, 10, 10);
	run_summarise(&made->run);
	assert_false(table4_applies(&made->run));
	add(&made->run, "three", "gdb", 2, 10, 10);
	run_summarise(&made->run);
	assert_true(table4_applies(&made->run));
}

/* Own time times 8, on top of the untraced job of 8 tasks; at least half of it on 2 CPUs. */
static void product(void **state)
{
	const struct table4_row *row;
	struct made *made = *state;

	add(&made->run, "native 8", "native", 8, 5, 6);
	add(&made->run, "gdb", "gdb", 1, 100, 200);
	make_table(made);
	assert_int_equal(made->table.n_rows, 3);
	assert_null(find(&made->table, "native 8", true));
	row = find(&made->table, "native 8", false);
	assert_time(&row->times[TEMPERATURE_WARM][TABLE4_PHASE1], 85, 85, 85);
	row = find(&made->table, "gdb", false);
	assert_time(&row->times[TEMPERATURE_COLD][TABLE4_TOTAL], 660, 660, 660);
	row = find(&made->table, "gdb", true);
	assert_int_equal((int)row->tasks, 8);
	assert_time(&row->times[TEMPERATURE_WARM][TABLE4_PHASE1], 80 + 800, 80 + 400, 80 + 800);
	assert_time(&row->times[TEMPERATURE_WARM][TABLE4_PHASE2], 160 + 1600, 160 + 800, 160 + 1600);
	assert_time(&row->times[TEMPERATURE_COLD][TABLE4_TOTAL], 5280, 2880, 5280);
	assert_float_equal(row->memory_bytes, 800.0 * (1 << 20), 1);
	assert_non_null(strstr(row->law[TEMPERATURE_WARM], "product"));
	assert_int_equal(made->table.n_ratios, 0); /* not the same work: 8 tasks and 1 */
}

/* A temperature without a valid run under the tool has no prediction either. */
static void nothing_from_invalid_runs(void **state)
{
	const struct table4_row *row;
	struct made *made = *state;

	add(&made->run, "native 8", "native", 8, 10, 10);
	add(&made->run, "gdb", "gdb", 1, 100, 200);
	for (size_t i = 0; i < made->run.n_trials; i++)
		if (made->run.trials[i].traced && made->run.trials[i].temperature == TEMPERATURE_COLD && !strcmp(made->run.trials[i].tool, "gdb"))
			trial_contradict(&made->run.trials[i], "made up");
	make_table(made);
	row = find(&made->table, "gdb", true);
	assert_non_null(row);
	for (size_t i = 0; i < TABLE4_N; i++) {
		assert_true(isnan(row->times[TEMPERATURE_COLD][i].ns));
		assert_true(isnan(row->times[TEMPERATURE_COLD][i].high_ns));
		assert_false(isnan(row->times[TEMPERATURE_WARM][i].ns));
	}
	assert_null(row->law[TEMPERATURE_COLD]);
}

/* Measured with as many tasks as CPUs, they overlap already. */
static void range_is_of_repetitions(void **state)
{
	const struct table4_row *row;
	struct made *made = *state;

	add(&made->run, "native 8", "native", 8, 5, 6);
	add(&made->run, "gdb", "gdb", 2, 100, 200);
	add(&made->run, "gdb", "gdb", 2, 120, 200);
	add(&made->run, "gdb", "gdb", 2, 140, 200);
	make_table(made);
	row = find(&made->table, "gdb", true);
	assert_time(&row->times[TEMPERATURE_WARM][TABLE4_PHASE1], 80 + 4 * 120, 80 + 4 * 100, 80 + 4 * 140);
}

/* Three sizes at which each task takes the same are a law with all its weight at one value. */
static void law(void **state)
{
	const struct table4_row *row;
	struct made *made = *state;

	add(&made->run, "native 16", "native", 16, 5, 6);
	for (size_t i = 0; i < 3; i++) {
		add(&made->run, "gdb 1", "gdb", 1, 50, 200);
		add(&made->run, "gdb 2", "gdb", 2, 100, 400);
		add(&made->run, "gdb 4", "gdb", 4, 200, 800);
	}
	make_table(made);
	assert_null(find(&made->table, "gdb 1", true));
	assert_null(find(&made->table, "gdb 2", true));
	row = find(&made->table, "gdb 4", true);
	assert_non_null(row);
	assert_non_null(strstr(row->law[TEMPERATURE_WARM], "law: T1 constant, T2 none, of 3 sizes"));
	assert_float_equal(row->times[TEMPERATURE_WARM][TABLE4_PHASE2].ns / MS, 320 + 3200, 1);
}

/* A tool is set against the kit's own where both did the same, acquired in the same way. */
static void ratios(void **state)
{
	struct made *made = *state;

	add(&made->run, "gdb", "gdb", 1, 90, 180);
	add(&made->run, "native", "native", 1, 40, 30);
	add(&made->run, "lldb", "lldb", 1, 90, 180);
	json_object_set_new(made->run.variants[2].settings, "acquire", json_string("mpir-launch"));
	make_table(made);
	assert_int_equal(made->table.n_rows, 3); /* nothing to predict */
	assert_int_equal(made->table.n_ratios, 1);
	assert_string_equal(made->table.ratios[0].row->tool, "gdb");
	assert_string_equal(made->table.ratios[0].base->tool, "native");
	assert_float_equal(made->table.ratios[0].times[TEMPERATURE_WARM][TABLE4_PHASE1], 2, 1e-9);
	assert_float_equal(made->table.ratios[0].times[TEMPERATURE_COLD][TABLE4_PHASE2], 4, 1e-9);
}

static void put(const struct run *run, struct strbuf *out)
{
	struct grid_list list = { 0 };

	table4_add(run, &list);
	grid_list_to_text(&list, out);
	grid_list_deinit(&list);
}

static void text(void **state)
{
	static const char name[] = "a gdb with a name that has no room in its column";
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct made *made = *state;

	add(&made->run, "native 32", "native", 32, 5, 6);
	add(&made->run, name, "gdb", 1, 100, 200);
	run_summarise(&made->run);
	put(&made->run, &out);
	assert_non_null(strstr(out.text, "  predicted                     32"));
	assert_non_null(strstr(out.text, "paper: TotalView, Pynamic       32       6:39       3:21      10:00       1:01"
					 "       3:10       4:11\n"));
	assert_non_null(strstr(out.text, ": 32 tasks would hold 3.13 GiB, this machine has 2.00 GiB"));
	for (char *line = strtok(out.text, "\n"); line; line = strtok(NULL, "\n"))
		if (text_display_width(line) > GRID_TEXT_WIDTH && !strstr(line, name))
			fail_msg("too wide: %s", line);
}

/* A command has no marks: its whole run is what there is, and the paper has no such row. */
static void command(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct made *made = *state;

	json_decref(made->run.target);
	made->run.target = NULL;
	add(&made->run, "native", "native", 1, 5, 6);
	add(&made->run, "gdb", "gdb", 1, 100, 200);
	for (size_t i = 0; i < made->run.n_trials; i++)
		made->run.trials[i].phases.imported_ns = 0;
	make_table(made);
	assert_true(isnan(made->table.rows[0].times[TEMPERATURE_WARM][TABLE4_PHASE2].ns));
	assert_float_equal(made->table.rows[0].times[TEMPERATURE_WARM][TABLE4_TOTAL].ns / MS, 1041, 1e-6);
	put(&made->run, &out);
	assert_non_null(strstr(out.text, "whole run"));
	assert_null(strstr(out.text, "paper"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_of_several_tools),
		TEST(product),
		TEST(nothing_from_invalid_runs),
		TEST(range_is_of_repetitions),
		TEST(law),
		TEST(ratios),
		TEST(text),
		TEST(command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
