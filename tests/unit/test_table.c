/* SPDX-License-Identifier: BSD-3-Clause */
/* The table against golden files, and its parts: numbers, widths, verdicts. */
#include "golden.h"
#include "nullrun.h"
#include "report/grid/text.h"
#include "report/human.h"
#include "report/table/short.h"
#include "report/table/table.h"

static void describe(struct run *run)
{
	free(run->id);
	run->id = mem_strdup("small-4");
	run->started_utc = mem_strdup("2026-03-01T12:00:00Z");
	run->kit_version = mem_strdup("0.1.0");
	run->complete = true;
	run->scenario = json_pack("{s:s, s:i, s:s, s:s, s:s, s:{s:i, s:s, s:s}}", "tool", "null", "tasks", 4, "launcher",
				  "mpirun", "aslr", "on", "wait", "block", "breakpoints", "count", 10, "policy",
				  "reinsert-all", "write", "mem");
	run->host = json_pack("{s:s, s:i, s:s, s:s, s:s, s:I, s:f, s:s}", "cpu_model", "Example CPU @ 2.40GHz", "cpus", 2,
			      "kernel", "6.1.0", "glibc", "2.36", "launcher_version", "mpirun (Open MPI) 4.1.4",
			      "memory_bytes", (json_int_t)25769803776, "load_1min", 0.25, "hostname", "example");
	run->target = json_pack("{s:s, s:s, s:i, s:i, s:i, s:s}", "name", "small", "seed", "42", "libraries", 100,
				"modules", 57, "functions", 18500, "compiler_version", "gcc (Debian) 12.2.0");
	run->calibration = json_pack("{s:{s:f, s:f, s:f}, s:{s:i, s:f}, s:f}", "bare_stop_continue_ns", "block", 45200.0,
				     "spin", 17100.0, "same_core", 8900.0, "register_access_ns", "n", 1000, "p50", 640.0,
				     "trap_write_ns", 1710.0);
}

static void assert_no_line_too_wide(const char *text)
{
	_cleanup_free_ char *copy = mem_strdup(text);

	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
		assert_in_range(text_display_width(line), 1, GRID_TEXT_WIDTH);
		assert_int_not_equal(line[strlen(line) - 1], ' ');
	}
}

static void whole_table(void **state)
{
	struct scenario scenario = nullrun_scenario();
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	struct run run;

	(void)state;
	scenario.null_noise = 0.2;
	nullrun_make(&scenario, 3, &run);
	describe(&run);
	table_format(&run, &out);
	assert_golden("table.txt", out.text);
	assert_no_line_too_wide(out.text);
	run_deinit(&run);
}

/* The short table of a run; `width` 0: of no terminal. */
static char *short_text(const struct run *run, int width, bool colours)
{
	struct grid_list list = { .width = width, .colours = colours };
	struct strbuf out = STRBUF_INIT;

	short_add(run, "latest", &list);
	grid_list_to_text(&list, &out);
	grid_list_deinit(&list);
	return strbuf_steal(&out);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

/* The answer comes first, and all of it has 15 lines at most; on 80 columns they are longer ones folded. */
static void short_table(void **state)
{
	struct scenario scenario = nullrun_scenario();
	_cleanup_free_ char *text = NULL, *narrow = NULL, *many = NULL;
	struct run run, ten;

	(void)state;
	scenario.null_noise = 0.2;
	nullrun_make(&scenario, 3, &run);
	describe(&run);
	json_object_set_new(run.scenario, "repetitions", json_integer(3));
	json_object_set_new(run.host, "load_1min", json_real(1.5));
	text = short_text(&run, 0, false);
	assert_golden("table-short.txt", text);
	assert_no_line_too_wide(text);
	assert_in_range(count_lines(text), 10, 15);
	narrow = short_text(&run, 80, true);
	assert_golden("table-short-80.txt", narrow);
	assert_non_null(strstr(narrow, "\033[32mvalid"));
	run_deinit(&run);
	nullrun_make(&scenario, 10, &ten);
	describe(&ten);
	many = short_text(&ten, 0, false);
	assert_non_null(strstr(many, "10 % … 90 %"));
	assert_null(strstr(many, "noise"));
	run_deinit(&ten);
}

/* A table that is too wide for a terminal goes on below, with the labels of its rows. */
static void wide_tables_are_folded(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct grid_list list = { .width = 80 };
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *copy = NULL;
	struct run run;

	(void)state;
	nullrun_make(&scenario, 3, &run);
	describe(&run);
	table_add(&run, &list);
	grid_list_to_text(&list, &out);
	grid_list_deinit(&list);
	assert_golden("table-80.txt", out.text);
	copy = mem_strdup(out.text);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		assert_in_range(text_display_width(line), 1, 80);
	run_deinit(&run);
}

/* Six variants are a row each; a long name has a line of its own, and a case's settings are told. */
static void variants_are_rows(void **state)
{
	static const char *const names[] = { "tasks=1 wait=block", "tasks=1 wait=spin", "tasks=2 wait=block",
					     "tasks=2 wait=spin", "a case", "a case whose name is far longer than its column" };
	struct scenario scenario = nullrun_scenario();
	_cleanup_strbuf_ struct strbuf details = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	struct run run;

	(void)state;
	run_init(&run);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		run_add_variant(&run, names[i], NULL, false);
	json_object_set_new(run.variants[1].settings, "wait", json_string("spin"));
	json_object_set_new(run.variants[4].settings, "tasks", json_string("3"));
	json_object_set_new(run.variants[4].settings, "breakpoints.count", json_string("0"));
	for (uint32_t i = 0; i < 4 * ARRAY_SIZE(names); i++) {
		struct trial *trial = run_add_trial(&run);

		trial->repetition = i / (2 * ARRAY_SIZE(names));
		trial->variant = i / 2 % ARRAY_SIZE(names);
		trial->temperature = TEMPERATURE_WARM;
		trial->traced = i % 2;
		scenario.tasks = 1 + trial->variant / 2;
		scenario.breakpoints_count = trial->variant == 4 ? 0 : 10;
		nullrun_trial(&scenario, NULL, trial);
	}
	run_summarise(&run);
	describe(&run);
	text = short_text(&run, 0, false);
	assert_golden("table-variants.txt", text);
	assert_no_line_too_wide(text);
	table_format(&run, &details);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *title = mem_printf("variant   %s\n", names[i]);

		assert_null(strstr(text, title));
		assert_non_null(strstr(details.text, title));
	}
	/* the floor is that of the variant's way of waiting */
	assert_non_null(strstr(details.text, "wait block"));
	assert_non_null(strstr(details.text, "17.1 µs, wait spin"));
	run_deinit(&run);
}

static void contradictions_are_said(void **state)
{
	struct scenario scenario = nullrun_scenario();
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	struct run run;

	(void)state;
	nullrun_make(&scenario, 1, &run);
	describe(&run);
	json_decref(run.calibration);
	run.calibration = NULL;
	for (int i = 0; i < 14; i++)
		trial_contradict(&run.trials[1], "rank %d: 99 libraries of the target, but the manifest says 100", i);
	run_summarise(&run);
	table_format(&run, &out);
	assert_golden("table-invalid.txt", out.text);
	assert_non_null(strstr(out.text, "INVALID   1 of 4 runs"));
	assert_non_null(strstr(out.text, "cold 1, traced: rank 0: 99 libraries"));
	assert_non_null(strstr(out.text, "and 2 more in the record"));
	assert_null(strstr(out.text, "floor"));
	text = short_text(&run, 80, true);
	assert_ptr_equal(strstr(text, "\033[1;31mINVALID"), text); /* before any number */
	run_deinit(&run);
}

/* A plain command, one temperature, no baseline, nothing known of the machine, no tracing at all. */
static void little_is_enough(void **state)
{
	struct scenario scenario = nullrun_scenario();
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT, empty = STRBUF_INIT;
	_cleanup_free_ char *text = NULL;
	struct run run;

	(void)state;
	run_init(&run);
	run.id = mem_strdup("bare");
	run.scenario = json_pack("{s:i, s:[s, s]}", "tasks", 1, "command", "ls", "-l");
	table_format(&run, &empty);
	assert_non_null(strstr(empty.text, "INVALID   nothing was measured"));
	run_add_variant(&run, "command", NULL, false);
	run_add_trial(&run)->temperature = TEMPERATURE_WARM;
	nullrun_trial(&scenario, NULL, &run.trials[0]);
	run_summarise(&run);
	table_format(&run, &out);
	assert_non_null(strstr(out.text, "command   ls -l\n"));
	assert_non_null(strstr(out.text, "1 task\n") ? strstr(out.text, "1 task\n") : strstr(out.text, "1 task "));
	assert_null(strstr(out.text, "cold"));
	assert_null(strstr(out.text, "T1"));
	assert_no_line_too_wide(out.text);
	text = short_text(&run, 0, false);
	assert_golden("table-short-command.txt", text);
	run_deinit(&run);
}

static void durations_read_well(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },           { 0.25, "0.250 ns" },    { 7, "7 ns" },          { 812, "812 ns" },
		{ 999.4, "999 ns" },     { 999.7, "1.00 µs" },    { 8123, "8.12 µs" },    { 45200, "45.2 µs" },
		{ 514e3, "514 µs" },     { 999.96e3, "1.00 ms" }, { 1.618e9, "1.62 s" },  { 61e9, "61.0 s" },
		{ 119.4e9, "119 s" },    { 120e9, "2.00 min" },   { 5e12, "83.3 min" },   { 2 * 3600e9, "2.00 h" },
		{ 40 * 3600e9, "40.0 h" }, { 172800e9, "2.00 d" },  { -8123, "-8.12 µs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		human_duration(&out, cases[i].ns);
		assert_string_equal(out.text, cases[i].text);
	}
}

static void counts_read_well(void **state)
{
	static const struct {
		double count;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { 1234567, "1,234,567" }, { 61.5, "61.5" }, { 60.99, "61" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		human_count(&out, cases[i].count);
		assert_string_equal(out.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_table),
		cmocka_unit_test(short_table),
		cmocka_unit_test(wide_tables_are_folded),
		cmocka_unit_test(variants_are_rows),
		cmocka_unit_test(contradictions_are_said),
		cmocka_unit_test(little_is_enough),
		cmocka_unit_test(durations_read_well),
		cmocka_unit_test(counts_read_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
