/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Laws from files: the published series, and the null tool's laws through trial, record and
 * samples. What goes in must come out within its interval.
 */
#include "nullrun.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "measure/law/choice.h"
#include "report/law/groups.h"
#include "report/record/samples.h"
#include "report/law/series.h"

static const struct law_group *group_called(const struct law_sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->n; i++)
		if (!strcmp(sources->groups[i].name, name))
			return &sources->groups[i];
	fail_msg("no group '%s'", name);
	return NULL;
}

static void published_series(void **state)
{
	static const struct {
		const char *name;
		double tail;      /* exponent of the total */
		double miss_most; /* of a held-out cell by the chosen law, in the mean */
	} series[] = {
		{ "gdb without probes", 1.98, 0.05 },
		{ "gdb with probes", 2.03, 0.12 },
		{ "lldb serial", 1.66, 0.06 },
		{ "lldb parallel", 1.84, 0.2 },
	};
	struct law_sources sources = { 0 };

	(void)state;
	assert_null(law_sources_add_series(&sources, "scenarios/series/gdb-solib.csv"));
	assert_null(law_sources_add_series(&sources, "scenarios/series/lldb-modules.csv"));
	assert_null(law_sources_finish(&sources));
	assert_int_equal(sources.n, 4);
	for (size_t i = 0; i < ARRAY_SIZE(series); i++) {
		const struct law_group *group = group_called(&sources, series[i].name);
		struct law_choice choice;
		struct law_tail tail;

		assert_int_equal(group->basis, LAW_BASIS_PUBLISHED);
		assert_true(law_tail_find(&group->data, &tail));
		assert_float_equal(tail.exponent, series[i].tail, 0.005);
		assert_null(law_choose(&group->data, 1, 100, &choice));
		if (choice.fit.shape.t1 == LAW_T1_CONSTANT || choice.scores[choice.chosen].miss > series[i].miss_most)
			fail_msg("%s: %s misses %g", series[i].name, law_t1_names[choice.fit.shape.t1],
				 choice.scores[choice.chosen].miss);
		law_choice_deinit(&choice);
	}
	law_sources_deinit(&sources);
}

static char folder[] = "/tmp/test_lawsource.XXXXXX";

/* A record of `repetitions` warm traced runs. */
static char *write_cell(const struct scenario *scenario, const char *id)
{
	struct run run;
	char *path;

	run_init(&run);
	run.id = mem_strdup(id);
	run_add_variant(&run, "made-up", NULL, false);
	for (uint32_t i = 0; i < 5; i++) {
		struct trial *trial = run_add_trial(&run);

		trial->repetition = i;
		trial->temperature = TEMPERATURE_WARM;
		trial->traced = true;
		nullrun_trial(scenario, NULL, trial);
	}
	assert_null(run_write(&run, folder, &path));
	run_deinit(&run);
	return path;
}

/* Cells over libraries, tasks and breakpoints, each in a record of its own. */
static void sweep(struct scenario scenario, bool samples, struct law_sources *ret)
{
	static const int libraries[] = { 40, 80, 160, 320 }, tasks[] = { 1, 3 }, breakpoints[] = { 0, 4, 16 };

	for (size_t i = 0; i < 24; i++) {
		_cleanup_free_ char *id = mem_printf("cell%zu", i), *path = NULL, *csv = NULL;

		scenario.null_libraries = libraries[i % 4];
		scenario.tasks = tasks[i / 4 % 2];
		scenario.breakpoints_count = breakpoints[i / 8];
		path = write_cell(&scenario, id);
		csv = mem_printf("%s/%s.events.csv", folder, id);
		if (!samples)
			assert_int_equal(unlink(csv), 0);
		assert_null(law_sources_add_record(ret, path, NULL));
	}
	assert_null(law_sources_finish(ret));
}

/* One interval in twenty misses: by its own width is still allowed. */
static void assert_near(double value, struct law_interval interval, const char *what)
{
	double width = interval.high - interval.low + 1e-3 * value;

	if (value < interval.low - width || value > interval.high + width)
		fail_msg("%s: %g is not near %g to %g", what, value, interval.low, interval.high);
}

static void null_laws_come_out(void **state)
{
	static const struct {
		enum null_law law;
		double exponent;
		int64_t t1_ns, slope_ns, resolve_ns;
		enum law_t1 t1;
	} laws[] = {
		{ NULL_LAW_CONSTANT, 0, 500000, 0, 0, LAW_T1_CONSTANT },
		{ NULL_LAW_LINEAR, 1, 500000, 20000, 300, LAW_T1_LINEAR },
		{ NULL_LAW_POWER, 0.7, 0, 60000, 0, LAW_T1_POWER },
		{ NULL_LAW_POWER, 1.6, 400000, 900, 0, LAW_T1_OFFSET },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(laws); i++) {
		bool samples = i % 2;
		struct scenario scenario = nullrun_scenario();
		struct law_sources sources = { 0 };
		struct law_prediction prediction;
		struct law_choice choice;
		const struct law_group *group;
		double sum = 0;

		scenario.null_law = laws[i / 2].law;
		scenario.null_exponent = laws[i / 2].exponent;
		scenario.null_t1_ns = laws[i / 2].t1_ns;
		scenario.null_slope_ns = laws[i / 2].slope_ns;
		scenario.null_t2_ns = 40000;
		scenario.null_t2_resolve_ns = laws[i / 2].resolve_ns;
		scenario.null_noise = 0.05;
		assert_non_null(mkdtemp(strcpy(folder, "/tmp/test_lawsource.XXXXXX")));
		sweep(scenario, samples, &sources);
		group = group_called(&sources, "null warm");
		assert_int_equal(group->basis, samples ? LAW_BASIS_EVENTS : LAW_BASIS_HANDLING);
		assert_int_equal(group->data.n_cells, 24);
		assert_null(law_choose(&group->data, 1, 100, &choice));
		if (choice.fit.shape.t1 != laws[i / 2].t1)
			fail_msg("law %zu, samples %d: %s", i / 2, samples, law_t1_names[choice.fit.shape.t1]);
		assert_int_equal(choice.fit.shape.t2, laws[i / 2].resolve_ns ? LAW_T2_RESOLVE : LAW_T2_INSERT);
		assert_near(laws[i / 2].t1_ns, choice.constant_ns, "null.t1");
		assert_near(laws[i / 2].slope_ns, choice.growth_ns, "null.slope");
		assert_near(laws[i / 2].exponent, choice.exponent, "null.exponent");
		assert_near(40000, choice.insert_ns, "null.t2");
		assert_near(laws[i / 2].resolve_ns, choice.resolve_ns, "null.t2_resolve");
		law_predict(&choice, &group->data, 640, 5, 8, &prediction);
		for (int m = 3; m < 643; m++)
			sum += 5 * (laws[i / 2].t1_ns + laws[i / 2].slope_ns * pow(m, laws[i / 2].exponent) +
				    8 * (40000 + (double)laws[i / 2].resolve_ns * m));
		assert_near(sum, prediction.interval, "prediction");
		law_choice_deinit(&choice);
		law_sources_deinit(&sources);
		assert_null(fs_remove_tree(folder));
	}
}

static void samples_are_those_of_the_run(void **state)
{
	struct scenario scenario = nullrun_scenario();
	_cleanup_free_ char *path = NULL;
	struct run run, back;
	bool found;

	(void)state;
	scenario.null_noise = 0.3;
	assert_non_null(mkdtemp(strcpy(folder, "/tmp/test_lawsource.XXXXXX")));
	nullrun_make(&scenario, 1, &run);
	assert_null(run_write(&run, folder, &path));
	assert_null(run_read(path, &back));
	assert_null(samples_read(path, &back, &found));
	assert_true(found);
	for (size_t i = 0; i < run.n_trials; i++) {
		assert_int_equal(back.trials[i].n_events, run.trials[i].n_events);
		for (size_t j = 0; j < run.trials[i].n_events; j++) {
			back.trials[i].events[j].names_at = run.trials[i].events[j].names_at;
			assert_memory_equal(&back.trials[i].events[j], &run.trials[i].events[j], sizeof(struct event));
		}
	}
	run_deinit(&run);
	run_deinit(&back);
	assert_null(fs_remove_tree(folder));
}

/* Looks at a task now and then are no load events, however many there are. */
static void deferred_runs_are_left_out(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct law_sources sources = { 0 };
	_cleanup_free_ char *path = NULL;
	struct run run;

	(void)state;
	assert_non_null(mkdtemp(strcpy(folder, "/tmp/test_lawsource.XXXXXX")));
	nullrun_make(&scenario, 1, &run);
	json_object_set_new(run.variants[0].settings, "breakpoints.policy", json_string("deferred"));
	assert_null(run_write(&run, folder, &path));
	assert_null(law_sources_add_record(&sources, path, NULL));
	assert_int_equal(sources.n, 0);
	assert_int_equal(sources.n_skipped, 2); /* traced: cold and warm */
	law_sources_deinit(&sources);
	run_deinit(&run);
	assert_null(fs_remove_tree(folder));
}

static void assert_err_says(struct err *err, const char *part)
{
	assert_non_null(err);
	if (!strstr(err_message(err), part))
		fail_msg("'%s' is not in '%s'", part, err_message(err));
	err_free(err);
}

static void samples_of_another_run_are_refused(void **state)
{
	static const char good[] = "1,0,cold,0,0,1000,add,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n";
	static const struct {
		const char *line, *said;
	} cases[] = {
		{ "9,0,cold,0,0,1000,add,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n", "line 3: trial: '9'" },
		{ "1,0,warm,0,0,1000,add,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n", "line 3 is not of trial 1" },
		{ "1,0,cold,0,7,1000,add,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n", "line 3: its trial has no rank 7" },
		{ "1,0,cold,0,0,1000,sub,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n", "class: 'sub' is not known" },
		{ "1,0,cold,0,0,1000,add,import,1,2,0,0,0,0,0,1,0,0,0,0,0,0,0,0,\n", "handled before it was begun" },
		{ "1,0,cold,0,0,1000,add,import,1,-2,0,0,0,0,0,3,0,0,0,0,0,0,0,0,\n", "begin_ns: '-2'" },
		{ "1,0,cold,0,0,1000,add,import,1,2,0,0,0,0,0,3,0,0,0,0,0,0,0,4294967296,\n", "removed: '4294967296'" },
		{ "1,0,cold\n", "line 3 has 3 fields, not 25" },
	};
	struct scenario scenario = nullrun_scenario();
	struct run run;

	(void)state;
	nullrun_make(&scenario, 1, &run);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = mem_printf("%s\n%s%s", samples_columns, good, cases[i].line);

		for (size_t j = 0; j < run.n_trials; j++)
			run.trials[j].n_events = 0;
		assert_err_says(samples_parse("x.csv", text, strlen(text), &run), cases[i].said);
		assert_int_equal(run.trials[1].n_events, 0);
	}
	assert_err_says(samples_parse("x.csv", "a,b\n", 4, &run), "does not begin with the columns");
	assert_err_says(samples_parse("x.csv", "a\0b\n", 4, &run), "NUL byte");
	run_deinit(&run);
}

static void series_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *rows, *said;
	} cases[] = {
		{ "", "has no rows" },
		{ "a,0,1,0,5\n", "libraries: '0' is not a number from 1" },
		{ "a,1,1,0,0\n", "seconds: '0'" },
		{ "a,1,1,0,inf\n", "seconds: 'inf'" },
		{ "a,1,1,-1,1\n", "breakpoints: '-1'" },
		{ ",1,1,0,1\n", "the series has no name" },
		{ "a,1,1,0,1,2\n", "line 2 has 6 fields, not 5" },
	};
	struct series series;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = mem_printf("series,libraries,tasks,breakpoints,seconds\n%s", cases[i].rows);

		assert_err_says(series_parse("x.csv", text, strlen(text), &series), cases[i].said);
	}
}

/* One machine, one scenario but for what a sweep varies. */
static void records_that_differ_are_refused(void **state)
{
	static const struct {
		const char *scenario, *host, *said;
	} cases[] = {
		{ "{\"tasks\": 9, \"breakpoints\": {\"count\": 5, \"write\": \"mem\"}}", "{\"cpus\": 2}", NULL },
		{ "{\"tasks\": 9, \"breakpoints\": {\"count\": 5, \"write\": \"poke\"}}", "{\"cpus\": 2}",
		  "differ in 'breakpoints.write'" },
		{ "{\"breakpoints\": {\"write\": \"mem\"}}", "{\"cpus\": 4}", "differ in 'cpus'" },
	};
	struct scenario scenario = nullrun_scenario();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct law_sources sources = { 0 };
		struct run runs[2];

		assert_non_null(mkdtemp(strcpy(folder, "/tmp/test_lawsource.XXXXXX")));
		for (size_t j = 0; j < 2; j++) {
			_cleanup_free_ char *path = NULL;
			struct err *err;

			nullrun_make(&scenario, 1, &runs[j]);
			free(runs[j].id);
			runs[j].id = mem_printf("record%zu", j);
			runs[j].scenario = json_loads(cases[j ? i : 0].scenario, 0, NULL);
			runs[j].host = json_loads(cases[j ? i : 0].host, 0, NULL);
			assert_null(run_write(&runs[j], folder, &path));
			err = law_sources_add_record(&sources, path, NULL);
			if (j && cases[i].said)
				assert_err_says(err, cases[i].said);
			else
				assert_null(err);
			run_deinit(&runs[j]);
		}
		law_sources_deinit(&sources);
		assert_null(fs_remove_tree(folder));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_series),
		cmocka_unit_test(null_laws_come_out),
		cmocka_unit_test(samples_are_those_of_the_run),
		cmocka_unit_test(deferred_runs_are_left_out),
		cmocka_unit_test(samples_of_another_run_are_refused),
		cmocka_unit_test(series_that_make_no_sense_are_refused),
		cmocka_unit_test(records_that_differ_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
