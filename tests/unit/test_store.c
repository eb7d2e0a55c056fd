/* SPDX-License-Identifier: BSD-3-Clause */
/* Records by name, and the index that is only ever a copy of them. */
#include "unit.h"

#include "nullrun.h"
#include "report/export.h"
#include "report/store/index.h"
#include "report/store/store.h"

static void write_run(const char *dir, const char *name, const char *started, int64_t t1_ns)
{
	struct scenario scenario = nullrun_scenario();
	struct run run;

	scenario.null_libraries = 5;
	scenario.null_t1_ns = t1_ns;
	nullrun_make(&scenario, 2, &run);
	free(run.id);
	run.id = mem_strdup(name);
	run.started_utc = mem_strdup(started);
	run.complete = true;
	run.scenario = json_pack("{s:s, s:s}", "name", "demo", "tool", "null");
	run.host = json_pack("{s:s}", "hostname", "n1");
	assert_ok(run_write(&run, dir, NULL));
	run_deinit(&run);
}

static void put(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = fs_join(dir, name);

	assert_ok(fs_publish(path, text, strlen(text)));
}

static size_t n_found(const char *dir, const char *what)
{
	_cleanup_(path_list_deinit) struct path_list list = { 0 };

	assert_ok(store_find(dir, what, &list));
	return list.n;
}

static void records_are_found_by_name(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "names"), *path = fs_join(dir, "demo-1.json");
	_cleanup_free_ char *several = mem_printf("'demo' begins the names of 2 records in '%s'", dir);
	_cleanup_(path_list_deinit) struct path_list none = { 0 };
	struct run run;

	write_run(dir, "demo-1", "2026-03-01T12:00:00Z", 1000);
	write_run(dir, "demo-10", "2026-03-02T12:00:00Z", 1000);
	assert_int_equal(n_found(dir, "demo-1"), 1);
	assert_int_equal(n_found(dir, "demo-1.json"), 1);
	assert_int_equal(n_found(dir, "demo-10"), 1);
	assert_int_equal(n_found("nowhere", path), 1);
	assert_int_equal(n_found("nowhere", dir), 2);
	assert_err_hint(store_find(dir, "demo", &none), several, "they are demo-1, demo-10");
	assert_err_has(store_find(dir, "other", &none), "is neither a file nor a record");
	assert_err_has(store_read_one(dir, dir, &run), "is a folder");
	/* That which was written last, whatever its name. */
	write_run(dir, "demo-1", "2026-03-01T12:00:00Z", 1000);
	assert_ok(store_read_one(dir, "latest", &run));
	assert_string_equal(run.id, "demo-1");
	run_deinit(&run);
	assert_ok(store_read_one(dir, "demo-10", &run));
	assert_string_equal(run.id, "demo-10");
	run_deinit(&run);
}

static void a_folder_is_one_side(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "side"), *named = NULL;
	_cleanup_(run_list_deinit) struct run_list list = { 0 }, one = { 0 };

	write_run(dir, "a", "2026-03-01T12:00:00Z", 1000);
	write_run(dir, "b", "2026-03-02T12:00:00Z", 1000);
	put(dir, "foreign.json", "{}");
	assert_ok(store_load("nowhere", dir, &list));
	assert_int_equal(list.n, 2);
	assert_null(list.variant);
	assert_ok(store_load(dir, "b#made-up", &one));
	assert_string_equal(one.variant, "made-up");
	assert_string_equal(one.runs[0].id, "b");
	named = fs_join(dir, "foreign.json");
	assert_err_has(store_load(dir, named, &list), "not a run record");
}

static struct index_records listed(const char *dir, const struct index_filter *filter)
{
	struct index_records records;
	struct index *index;

	assert_ok(index_open(dir, &index));
	assert_ok(index_list(index, filter, &records));
	index_close(index);
	return records;
}

static size_t n_listed(const char *dir, struct index_filter filter)
{
	struct index_records records = listed(dir, &filter);
	size_t n = records.n;

	index_records_deinit(&records);
	return n;
}

static void index_follows_the_folder(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "runs"), *database = fs_join(*state, "index.sqlite");
	_cleanup_free_ char *gone = fs_join(dir, "a.json");
	const struct index_filter all = { .tool = NULL };
	struct index_records records;

	write_run(dir, "b", "2026-03-01T12:00:00Z", 1000);
	write_run(dir, "a", "2026-03-02T12:00:00Z", 2000);
	put(dir, "cut.json", "{\"schema\":");
	put(dir, "new.json", "{\"schema\": \"attachstorm-run\", \"schema_version\": 99}");
	records = listed(dir, &all);
	assert_int_equal(records.n, 4);
	assert_string_equal(records.v[0].name, "b");
	assert_string_equal(records.v[0].tool, "null");
	assert_int_equal(records.v[0].tasks, 4);
	assert_true(records.v[0].valid && records.v[0].complete);
	assert_string_equal(records.v[1].name, "a");
	assert_non_null(strstr(records.v[2].error, "truncated"));
	assert_non_null(strstr(records.v[3].error, "schema version 99 is not known"));
	index_records_deinit(&records);
	assert_true(fs_exists(database));
	assert_int_equal(n_listed(dir, (struct index_filter){ .tool = "null", .machine = "n1" }), 2);
	assert_int_equal(n_listed(dir, (struct index_filter){ .tool = "gdb" }), 0);
	assert_int_equal(n_listed(dir, (struct index_filter){ .since = "2026-03-02" }), 1);
	/* changed, gone and new files */
	put(dir, "cut.json", "{} and more");
	unlink(gone);
	write_run(dir, "c", "2026-02-01T12:00:00Z", 3000);
	records = listed(dir, &all);
	assert_int_equal(records.n, 4);
	assert_string_equal(records.v[0].name, "c");
	assert_non_null(strstr(records.v[2].error, "not JSON"));
	index_records_deinit(&records);
}

static void a_bad_index_is_made_anew(void **state)
{
	static const char *const bad[] = { "garbage", "SQLite format 3", "" };
	_cleanup_free_ char *dir = fs_join(*state, "plain"), *database = fs_join(dir, "index.sqlite");

	write_run(dir, "a", "2026-03-01T12:00:00Z", 1000);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;

		put(dir, "index.sqlite", bad[i]);
		assert_int_equal(n_listed(dir, (struct index_filter){ .tool = NULL }), 1);
		assert_ok(fs_read(database, &bytes));
		assert_memory_equal(bytes.text, "SQLite format 3", 16);
	}
	/* of a later version: the number at offset 60 of the header */
	{
		_cleanup_strbuf_ struct strbuf bytes = STRBUF_INIT;

		assert_ok(fs_read(database, &bytes));
		bytes.text[63] = 77;
		assert_ok(fs_publish(database, bytes.text, bytes.len));
		assert_int_equal(n_listed(dir, (struct index_filter){ .tool = NULL }), 1);
		strbuf_clear(&bytes);
		assert_ok(fs_read(database, &bytes));
		assert_int_equal(bytes.text[63], 1);
	}
	/* where none can be written it is done without: a folder stands in its place */
	unlink(database);
	assert_ok(fs_mkdirs(database));
	assert_int_equal(n_listed(dir, (struct index_filter){ .tool = NULL }), 1);
	assert_err_has(index_open("/nowhere/at/all", &(struct index *){ NULL }), "cannot read results folder");
}

static void trends_are_medians_by_time(void **state)
{
	_cleanup_free_ char *dir = fs_join(*state, "trend");
	const struct index_filter all = { .tool = NULL };
	struct index_values values;
	struct index *index;

	write_run(dir, "late", "2026-03-09T12:00:00Z", 4000);
	write_run(dir, "early", "2026-03-01T12:00:00Z", 1000);
	assert_ok(index_open(dir, &index));
	assert_ok(index_trend(index, &all, "t1", &values));
	assert_int_equal(values.n, 4); /* cold and warm */
	assert_string_equal(values.v[0].record, "early");
	assert_string_equal(values.v[0].temperature, "cold");
	assert_true(values.v[0].median == 1000);
	assert_int_equal(values.v[0].n, 2);
	assert_true(values.v[1].median == 4000);
	assert_string_equal(values.v[3].temperature, "warm");
	index_values_deinit(&values);
	assert_ok(index_trend(index, &all, "nonsense", &values));
	assert_int_equal(values.n, 0);
	index_values_deinit(&values);
	index_close(index);
}

static void exports_have_all_runs(void **state)
{
	struct scenario scenario = nullrun_scenario();
	struct run run;

	(void)state;
	nullrun_make(&scenario, 2, &run);
	trial_contradict(&run.trials[1], "made up");
	for (const struct export_format *format = export_formats; format->name; format++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		json_t *json;
		size_t n = 0;

		format->put(&run, &text);
		assert_ptr_equal(export_find(format->name), format);
		if (!strcmp(format->name, "csv")) {
			for (size_t i = 0; i < text.len; i++)
				n += text.text[i] == '\n';
			assert_int_equal(n, run.n_trials + 1);
			continue;
		}
		json = json_loads(text.text, 0, NULL);
		assert_non_null(json);
		/* untraced and traced, cold and warm; of the traced cold ones one is invalid */
		if (!strcmp(format->name, "hyperfine")) {
			json_t *results = json_object_get(json, "results");

			assert_int_equal(json_array_size(results), 4);
			assert_int_equal(json_array_size(json_object_get(json_array_get(results, 0), "times")), 2);
			assert_int_equal(json_array_size(json_object_get(json_array_get(results, 1), "times")), 1);
		}
		json_decref(json);
	}
	assert_null(export_find("xml"));
	run_deinit(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_are_found_by_name, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(a_folder_is_one_side, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(index_follows_the_folder, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(a_bad_index_is_made_anew, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test_setup_teardown(trends_are_medians_by_time, temp_dir_setup, temp_dir_teardown),
		cmocka_unit_test(exports_have_all_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
