/* SPDX-License-Identifier: BSD-3-Clause */
/* The run record: written and read back it says the same; what is not one is refused by name. */
#include "nullrun.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fs.h"
#include "report/record/field.h"
#include "report/table/table.h"

static char *make_dir(void)
{
	char template[] = "/tmp/test_record.XXXXXX";

	assert_non_null(mkdtemp(template));
	return mem_strdup(template);
}

static void make_run(struct run *run)
{
	struct scenario scenario = nullrun_scenario();

	scenario.null_noise = 0.2;
	scenario.null_libraries = 7;
	nullrun_make(&scenario, 2, run);
	json_object_set_new(run->variants[0].settings, "tasks", json_string("4"));
	run->started_utc = mem_strdup("2026-03-01T12:00:00Z");
	run->kit_version = mem_strdup("0.1.0");
	run->scenario = json_pack("{s:i}", "tasks", 4);
	run->host = json_pack("{s:s}", "kernel", "6.1.0");
	trial_contradict(&run->trials[3], "made up: %s", "ä");
	run_summarise(run);
}

static void written_and_read_is_the_same(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	_cleanup_free_ char *dir = make_dir(), *path = NULL;
	struct run run, back;

	(void)state;
	make_run(&run);
	assert_null(run_write(&run, dir, &path));
	assert_null(run_read(path, &back));
	assert_int_equal(back.n_trials, run.n_trials);
	assert_string_equal(back.id, "made-up");
	assert_false(back.complete);
	assert_false(run_is_valid(&back));
	assert_string_equal(back.variants[0].name, "made-up");
	assert_true(json_equal(back.variants[0].settings, run.variants[0].settings));
	assert_string_equal(back.trials[3].contradictions[0], "made up: ä");
	for (size_t i = 0; i < run.n_trials; i++) {
		const struct trial *a = &run.trials[i], *b = &back.trials[i];

		assert_int_equal(a->repetition, b->repetition);
		assert_int_equal(a->temperature, b->temperature);
		assert_int_equal(a->traced, b->traced);
		assert_string_equal(a->tool, b->tool);
		assert_memory_equal(&a->phases, &b->phases, sizeof(a->phases));
		assert_memory_equal(&a->residency, &b->residency, sizeof(a->residency));
		assert_int_equal(a->n_tasks, b->n_tasks);
		for (size_t j = 0; j < a->n_tasks; j++) {
			assert_memory_equal(a->tasks[j].marks_ns, b->tasks[j].marks_ns, sizeof(a->tasks[j].marks_ns));
			assert_memory_equal(a->tasks[j].stops, b->tasks[j].stops, sizeof(a->tasks[j].stops));
			assert_int_equal(a->tasks[j].pid, b->tasks[j].pid);
			assert_string_equal(a->tasks[j].host, b->tasks[j].host);
			assert_int_equal(a->tasks[j].report.calls, b->tasks[j].report.calls);
		}
		assert_int_equal(a->n_breakpoints, b->n_breakpoints);
		assert_memory_equal(&run.trial_summaries[i], &back.trial_summaries[i], sizeof(back.trial_summaries[i]));
	}
	table_format(&run, &before);
	table_format(&back, &after);
	assert_string_equal(before.text, after.text);
	/* what was read can be added to */
	trial_contradict(&back.trials[3], "one more");
	assert_int_equal(back.trials[3].n_contradictions, 2);
	run_deinit(&run);
	run_deinit(&back);
	assert_null(fs_remove_tree(dir));
}

static void assert_refused(const char *text, size_t len, const char *message)
{
	struct run run = { .id = NULL };
	struct err *err = run_parse("r.json", text, len, &run);

	assert_non_null(err);
	if (!strstr(err_message(err), message))
		fail_msg("'%s' is not in '%s'", message, err_message(err));
	assert_non_null(strstr(err_message(err), "'r.json'"));
	assert_null(run.id);
	err_free(err);
}

static json_t *json_at(json_t *json, const char *key, size_t i)
{
	return json_array_get(json_object_get(json, key), i);
}

/* Where a 0 or a -1 of version 3 may have stood for what nobody saw, it is not known; a count stays. */
static void zeros_of_version_3_are_not_known(void **state)
{
	_cleanup_free_ char *dir = make_dir(), *path = NULL, *text = NULL;
	struct run run, back;
	json_t *root, *trial, *task;

	(void)state;
	make_run(&run);
	assert_null(run_write(&run, dir, &path));
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	assert_true(json_is_null(json_object_get(json_at(json_at(root, "trials", 0), "tasks", 0), "load_events")));
	json_object_set_new(root, "schema_version", json_integer(3));
	for (size_t i = 0; i < 2; i++) {
		trial = json_at(root, "trials", i);
		task = json_at(trial, "tasks", 0);
		json_object_set_new(task, "libraries_at_start", json_integer(0));
		json_object_set_new(task, "load_events", json_integer(i ? 7 : 0));
		json_object_set_new(json_object_get(trial, "phases"), "mpi_ns", json_integer(0));
		json_object_set_new(json_object_get(json_object_get(trial, "summary"), "spans_ns"), "mpi",
				    json_integer(-1));
		json_object_set_new(trial, "table_rows", json_integer(0));
	}
	text = json_dumps(root, JSON_REAL_PRECISION(17));
	assert_null(run_parse("r.json", text, strlen(text), &back));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(back.trials[i].tasks[0].libraries_at_start, -1);
		assert_int_equal(back.trials[i].tasks[0].load_events, i ? 7 : -1);
		assert_int_equal(back.trials[i].phases.mpi_ns, 0);
		assert_int_equal(back.trial_summaries[i].spans_ns[SPAN_MPI], -1);
		assert_int_equal(back.trials[i].table_rows, -1);
	}
	json_decref(root);
	run_deinit(&run);
	run_deinit(&back);
	assert_null(fs_remove_tree(dir));
}

/* What a record of version 2 had instead of names, settings and indices. */
static void make_version_2(json_t *root)
{
	json_t *variants = json_object_get(root, "variants"), *trials = json_object_get(root, "trials"), *json;
	size_t i;

	json_object_set_new(root, "schema_version", json_integer(2));
	json_array_foreach(trials, i, json) {
		json_t *variant =
			json_array_get(variants, (size_t)json_integer_value(json_object_get(json, "variant")));

		json_object_set(json, "program", json_object_get(variant, "program"));
		json_object_set(json, "bind_now", json_object_get(variant, "bind_now"));
		json_object_del(json, "variant");
		json_object_del(json, "sampled"); /* as a key that is newer than the record */
	}
	json_array_foreach(variants, i, json) {
		json_object_del(json, "name");
		json_object_del(json, "settings");
		json_object_del(json, "target");
		json_object_del(json_object_get(json_object_get(json, "summary"), "warm"), "plant_ns");
	}
}

static void version_2_is_read(void **state)
{
	_cleanup_free_ char *dir = make_dir(), *path = NULL, *text = NULL;
	struct run run, back;
	json_t *root;

	(void)state;
	make_run(&run);
	run_add_variant(&run, "linked+bind_now", "linked", true);
	run.trials[5].variant = 1;
	assert_null(run_write(&run, dir, &path));
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	make_version_2(root);
	text = json_dumps(root, 0);
	assert_null(run_parse("old.json", text, strlen(text), &back));
	assert_int_equal(back.n_variants, 2);
	assert_string_equal(back.variants[0].name, "command");
	assert_string_equal(back.variants[1].name, "linked+bind_now");
	assert_string_equal(back.variants[1].program, "linked");
	assert_true(back.variants[1].bind_now);
	assert_int_equal(json_object_size(back.variants[1].settings), 0);
	for (size_t i = 0; i < back.n_trials; i++)
		assert_int_equal(back.trials[i].variant, i == 5);
	assert_int_equal(back.variants[0].summaries[TEMPERATURE_WARM].plant_ns.n, 0);
	assert_memory_equal(&back.variants[1].summaries[TEMPERATURE_COLD], &run.variants[1].summaries[TEMPERATURE_COLD],
			    sizeof(struct summary));
	run_deinit(&back);
	free(no_free_ptr(text));

	/* and one that version 2 wrote itself */
	assert_null(run_read("tests/fuzz/corpus/fuzz_record/version-2.json", &back));
	assert_int_equal(back.n_trials, 1);
	assert_string_equal(back.variants[0].name, "command");
	assert_true(run_is_valid(&back));
	run_deinit(&back);

	/* and version 3, in which nobody looked who failed */
	assert_null(run_read("results/baselines/glibc-2.36/null.json", &back));
	assert_int_equal(back.trials[0].failure.who, FAILURE_NONE);
	assert_int_equal(back.trials[0].failure.task, -1);
	assert_int_equal(back.trials[0].failure.status, -1);
	run_deinit(&back);

	json_object_set_new(json_array_get(json_object_get(root, "trials"), 2), "program", json_string("other"));
	text = json_dumps(root, 0);
	assert_refused(text, strlen(text), "trials[2]: its program is none of the variants");
	json_decref(root);
	run_deinit(&run);
	assert_null(fs_remove_tree(dir));
}

/* What was not seen is null, neither -1 nor 0, and comes back as not seen; what was seen is its number. */
static void what_was_not_seen_is_null(void **state)
{
	_cleanup_free_ char *dir = make_dir(), *path = NULL, *text = NULL;
	struct run run, back;
	json_t *root, *trial, *task;

	(void)state;
	make_run(&run);
	run.trials[0].launcher_status = run.trials[0].tasks[0].exit_status = run.trials[0].failure.status = -1;
	run.trials[1].launcher_status = 256;
	run.trials[1].work = (struct trial_work){ .known = true, .symbols_read = 7 };
	assert_null(run_write(&run, dir, &path));
	root = json_load_file(path, 0, NULL);
	text = json_dumps(root, JSON_REAL_PRECISION(17));
	trial = json_at(root, "trials", 0);
	task = json_at(trial, "tasks", 0);
	assert_true(json_is_null(json_object_get(trial, "launcher_status")));
	assert_true(json_is_null(json_object_get(trial, "work")));
	assert_true(json_is_null(json_object_get(json_object_get(trial, "failure"), "status")));
	assert_true(json_is_null(json_object_get(task, "exit_status")));
	assert_null(run_parse("r.json", text, strlen(text), &back));
	assert_int_equal(back.trials[0].launcher_status, -1);
	assert_int_equal(back.trials[0].tasks[0].exit_status, -1);
	assert_false(back.trials[0].work.known);
	assert_int_equal(back.trials[1].launcher_status, 256);
	assert_true(back.trials[1].work.known);
	assert_int_equal(back.trials[1].work.symbols_read, 7);
	json_decref(root);
	run_deinit(&back);
	run_deinit(&run);
	assert_null(fs_remove_tree(dir));
}

static void settings_are_found(void **state)
{
	struct run run;

	(void)state;
	make_run(&run);
	json_decref(run.scenario);
	run.scenario = json_pack("{s:s, s:{s:s}}", "wait", "block", "breakpoints", "write", "mem");
	json_object_set_new(run.variants[0].settings, "wait", json_string("spin"));
	assert_string_equal(run_variant_text(&run, &run.variants[0], "wait"), "spin");
	assert_string_equal(run_variant_text(&run, &run.variants[0], "breakpoints.write"), "mem");
	assert_null(run_variant_text(&run, &run.variants[0], "breakpoints.when"));
	assert_null(run_variant_text(&run, &run.variants[0], "no.such.key"));
	assert_ptr_equal(run_find_variant(&run, "made-up"), &run.variants[0]);
	assert_null(run_find_variant(&run, "made"));
	run_deinit(&run);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void samples_are_beside_it(void **state)
{
	_cleanup_strbuf_ struct strbuf csv = STRBUF_INIT;
	_cleanup_free_ char *dir = make_dir(), *path = NULL;
	size_t events = 0, columns = 0, commas = 0;
	struct run run;
	char *line;

	(void)state;
	make_run(&run);
	assert_null(run_write(&run, dir, NULL));
	path = mem_printf("%s/made-up.events.csv", dir);
	assert_null(fs_read(path, &csv));
	for (size_t i = 0; i < run.n_trials; i++)
		events += run.trials[i].n_events;
	assert_int_equal(count_lines(csv.text), events + 1);
	line = csv.text;
	for (; *line != '\n'; line++)
		columns += *line == ',';
	for (line++; *line != '\n'; line++)
		commas += *line == ',';
	assert_int_equal(columns, commas);
	/* the second stop of the first traced trial brought in the three libraries of the start */
	assert_non_null(strstr(csv.text, ",3,0,0+1+2\n"));
	run_deinit(&run);
	assert_null(fs_remove_tree(dir));
}

#define HEAD "{\"schema\": \"attachstorm-run\", \"schema_version\": 4"
#define VARIANT "{\"name\": \"x\", \"program\": null, \"bind_now\": false"
#define WHOLE VARIANT ", \"settings\": {}, \"target\": null, \"summary\": {}}"

static void what_is_no_record_is_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "truncated" },
		{ "{\"schema\": \"attachstorm-run\",", "truncated" },
		{ "{}", "not a run record" },
		{ "[]", "not a run record" },
		{ "nonsense", "not JSON" },
		{ "{\"schema\": \"other\", \"schema_version\": 1}", "not a run record" },
		{ "{\"schema\": \"attachstorm-run\"}", "no schema version" },
		{ "{\"schema\": \"attachstorm-run\", \"schema_version\": 5}", "schema version 5 is not known" },
		{ "{\"schema\": \"attachstorm-run\", \"schema_version\": 1}", "schema version 1 is not known" },
		{ HEAD "}", "id" },
		{ HEAD ", \"id\": \"a\"}", "variants: missing" },
		{ HEAD ", \"id\": \"a\", \"variants\": []}", "trials" },
		{ HEAD ", \"id\": \"a\", \"variants\": [], \"trials\": [{}]}", "trials[0]: repetition: missing" },
		{ HEAD ", \"id\": \"a\", \"variants\": [], \"trials\": [{\"repetition\": -1}]}", "out of range" },
		{ HEAD ", \"id\": \"a\", \"variants\": [], \"trials\": [{\"repetition\": 0, \"temperature\": \"tepid\"}]}",
		  "unknown value 'tepid'" },
		{ HEAD ", \"id\": \"a\", \"variants\": [{\"name\": null, \"program\": null, \"bind_now\": false}]}",
		  "variants[0]: name: null" },
		{ HEAD ", \"id\": \"a\", \"variants\": [{\"name\": \"x\", \"program\": \"host\"}]}",
		  "variants[0]: bind_now: missing" },
		{ HEAD ", \"id\": \"a\", \"variants\": [" VARIANT "}]}", "variants[0]: settings: missing" },
		{ HEAD ", \"id\": \"a\", \"variants\": [" VARIANT ", \"settings\": {\"tasks\": 4}}]}",
		  "variants[0]: settings: tasks: not a string" },
		{ HEAD ", \"id\": \"a\", \"variants\": [" VARIANT ", \"settings\": {}}]}", "variants[0]: summary: missing" },
		{ HEAD ", \"id\": \"a\", \"variants\": [" WHOLE ", " WHOLE "]}", "variants[1]: name: 'x' is there twice" },
		{ HEAD ", \"id\": \"a\", \"host\": 3}", "host: not an object" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].message);
}

/* A record from before a field was there is refused by that field's name, never read as if it were 0. */
static void each_field_of_a_trial_is_needed(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *dir = make_dir(), *path = NULL;
	json_t *root, *trial, *whole, *value;
	struct run run;
	const char *key;
	size_t n = 0;

	(void)state;
	make_run(&run);
	assert_null(run_write(&run, dir, &path));
	assert_null(fs_read(path, &text));
	root = json_loadb(text.text, text.len, 0, NULL);
	trial = json_array_get(json_object_get(root, "trials"), 0);
	whole = json_copy(trial);
	json_object_foreach (whole, key, value) {
		_cleanup_free_ char *without = NULL;
		_cleanup_err_ struct err *err = NULL;
		struct run back;

		if (!strcmp(key, "stacks"))
			continue;
		json_object_del(trial, key);
		without = json_dumps(root, 0);
		json_object_set(trial, key, value);
		err = run_parse("old.json", without, strlen(without), &back);
		assert_non_null(err);
		assert_non_null(strstr(err_message(err), key));
		assert_non_null(strstr(err_hint_text(err), "older attachstorm"));
		n++;
	}
	assert_true(n > 40);
	json_decref(whole);
	json_decref(root);
	run_deinit(&run);
	assert_null(fs_remove_tree(dir));
}

/* Cut anywhere, it is refused; nothing leaks (run under a sanitizer) and nothing is half read. */
static void every_truncation_is_refused(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *dir = make_dir(), *path = NULL;
	struct run run;

	(void)state;
	make_run(&run);
	assert_null(run_write(&run, dir, &path));
	assert_null(fs_read(path, &text));
	for (size_t len = 0; len + 2 < text.len; len += 1 + text.len / 300)
		assert_refused(text.text, len, "");
	run_deinit(&run);
	assert_null(fs_remove_tree(dir));
}

static void results_dir_is_checked_first(void **state)
{
	_cleanup_free_ char *dir = make_dir(), *below = fs_join(dir, "a/b"), *file = fs_join(dir, "file"), *in_file = NULL;
	struct err *err;

	(void)state;
	assert_null(run_check_results_dir(below));
	assert_true(fs_exists(below));
	assert_int_equal(rmdir(below), 0); /* empty: the probe is gone */
	assert_null(fs_publish(file, "x", 1));
	in_file = fs_join(file, "results");
	err = run_check_results_dir(in_file);
	assert_non_null(err);
	assert_non_null(strstr(err_message(err), in_file));
	assert_non_null(err_hint_text(err));
	err_free(err);
	if (geteuid() != 0) {
		assert_int_equal(chmod(dir, 0500), 0);
		err = run_check_results_dir(dir);
		assert_non_null(err);
		assert_non_null(strstr(err_message(err), "Permission denied"));
		err_free(err);
		assert_int_equal(chmod(dir, 0700), 0);
	}
	assert_null(fs_remove_tree(dir));
}

static void text_that_is_not_utf8_is_kept_legible(void **state)
{
	_cleanup_free_ char *dir = make_dir(), *path = NULL;
	struct run run, back;

	(void)state;
	make_run(&run);
	trial_contradict(&run.trials[0], "mark '\xff\xfe' is unknown");
	assert_null(run_write(&run, dir, &path));
	assert_null(run_read(path, &back));
	assert_string_equal(back.trials[0].contradictions[0], "mark '\\377\\376' is unknown");
	run_deinit(&run);
	run_deinit(&back);
	assert_null(fs_remove_tree(dir));
}

static void target_facts(void **state)
{
	struct manifest manifest = { .name = (char *)"tiny", .seed = UINT64_MAX, .spec = json_pack("{s:i}", "a", 1) };
	json_t *a = run_target_json(&manifest, NULL), *b;

	(void)state;
	assert_non_null(a);
	assert_string_equal(json_string_value(json_object_get(a, "seed")), "18446744073709551615");
	json_object_set_new(manifest.spec, "a", json_integer(2));
	b = run_target_json(&manifest, NULL);
	assert_string_not_equal(json_string_value(json_object_get(a, "spec_fnv1a64")),
				json_string_value(json_object_get(b, "spec_fnv1a64")));
	json_decref(a);
	json_decref(b);
	json_decref(manifest.spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read_is_the_same),
		cmocka_unit_test(zeros_of_version_3_are_not_known),
		cmocka_unit_test(version_2_is_read),
		cmocka_unit_test(what_was_not_seen_is_null),
		cmocka_unit_test(settings_are_found),
		cmocka_unit_test(samples_are_beside_it),
		cmocka_unit_test(what_is_no_record_is_refused),
		cmocka_unit_test(each_field_of_a_trial_is_needed),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(results_dir_is_checked_first),
		cmocka_unit_test(text_that_is_not_utf8_is_kept_legible),
		cmocka_unit_test(target_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
