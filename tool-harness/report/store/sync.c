/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The index against the folder: a file whose time of change and size are as they were is
 * taken as it was. What cannot be read is indexed too, with the reason, so that it is read
 * only once and is still listed.
 *
 * Invariant: runs within the transaction that opened the index; half a record is never seen.
 */
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/strbuf.h"
#include "report/compare/verdict.h"
#include "report/store/internal.h"
#include "report/store/store.h"

static char *name_of(const char *path)
{
	const char *base = fs_basename(path);

	return mem_strndup(base, strlen(base) - strlen(".json"));
}

static struct err *delete_record(struct index *index, const char *name)
{
	static const char *const sql[] = {
		"DELETE FROM record WHERE name = ?1",
		"DELETE FROM value WHERE record = ?1",
	};
	struct err *err = NULL;

	for (size_t i = 0; !err && i < ARRAY_SIZE(sql); i++) {
		_cleanup_statement_ sqlite3_stmt *statement = NULL;

		err = index_prepare(index, sql[i], &statement);
		if (err)
			return err;
		index_bind(statement, 1, name);
		err = index_step(index, statement);
	}
	return err;
}

static struct err *insert_values(struct index *index, const char *name, const struct run *run)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct err *err = index_prepare(index, "INSERT INTO value VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &statement);

	for (size_t i = 0; !err && i < run->n_variants * TEMPERATURE_N; i++) {
		_cleanup_(part_side_deinit) struct part_side side = { 0 };

		part_side_add(&side, run, i / TEMPERATURE_N, i % TEMPERATURE_N);
		index_bind(statement, 1, name);
		index_bind(statement, 2, run->variants[i / TEMPERATURE_N].name);
		index_bind(statement, 3, temperature_names[i % TEMPERATURE_N]);
		for (size_t j = 0; !err && j < GATE_N; j++) {
			_cleanup_(samples_deinit) struct samples values = { 0 };

			part_side_values(&side, &gate_metrics[j], &values);
			if (!values.n)
				continue;
			index_bind(statement, 4, gate_metrics[j].key);
			sqlite3_bind_double(statement, 5, samples_median(&values));
			sqlite3_bind_int64(statement, 6, (int64_t)values.n);
			err = index_step(index, statement);
		}
	}
	return err;
}

/* Tools and numbers of tasks may differ by variant: "gdb,native", and the most. */
static void sum_up_variants(const struct run *run, struct strbuf *tools, int64_t *tasks)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		const char *tool = run_variant_text(run, &run->variants[i], "tool");

		if (tool && !strstr(tools->text, tool))
			strbuf_printf(tools, "%s%s", tools->len ? "," : "", tool);
	}
	for (size_t i = 0; i < run->n_trials; i++)
		if ((int64_t)run->trials[i].n_tasks > *tasks)
			*tasks = (int64_t)run->trials[i].n_tasks;
}

static const char *target_of(const struct run *run)
{
	const char *name = json_string_value(json_object_get(run->target, "name"));

	return name ? name : json_string_value(json_array_get(json_object_get(run->scenario, "command"), 0));
}

/* `run` is NULL for a file that is no record; `error` then says why. */
static struct err *insert_record(struct index *index, const char *name, const struct stat *st, const struct run *run,
				 const char *error)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	_cleanup_strbuf_ struct strbuf tools = STRBUF_INIT;
	int64_t tasks = 0;
	struct err *err = index_prepare(index,
					"INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
					" ?12, ?13)",
					&statement);

	if (err)
		return err;
	index_bind(statement, 1, name);
	sqlite3_bind_int64(statement, 2, st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec);
	sqlite3_bind_int64(statement, 3, st->st_size);
	index_bind(statement, 4, error);
	if (run) {
		sum_up_variants(run, &tools, &tasks);
		index_bind(statement, 5, run->started_utc);
		index_bind(statement, 6, json_string_value(json_object_get(run->scenario, "name")));
		index_bind(statement, 7, tools.text);
		index_bind(statement, 8, target_of(run));
		index_bind(statement, 9, json_string_value(json_object_get(run->host, "hostname")));
		sqlite3_bind_int64(statement, 10, tasks);
		sqlite3_bind_int64(statement, 11, (int64_t)run->n_trials);
		sqlite3_bind_int(statement, 12, run->complete);
		sqlite3_bind_int(statement, 13, run_is_valid(run));
	}
	err = index_step(index, statement);
	return err || !run ? err : insert_values(index, name, run);
}

static struct err *read_file(struct index *index, const char *path, const char *name, const struct stat *st)
{
	struct run run;
	struct err *err, *unreadable = run_read(path, &run);

	err = delete_record(index, name);
	if (unreadable) {
		if (!err)
			err = insert_record(index, name, st, NULL, err_message(unreadable));
		err_free(unreadable);
		return err;
	}
	if (!err)
		err = insert_record(index, name, st, &run, NULL);
	run_deinit(&run);
	return err;
}

static struct err *sync_file(struct index *index, sqlite3_stmt *known, const char *path)
{
	_cleanup_free_ char *name = name_of(path);
	struct stat st;
	bool same;

	if (stat(path, &st) != 0)
		return NULL; /* gone since the folder was read */
	index_bind(known, 1, name);
	same = sqlite3_step(known) == SQLITE_ROW &&
	       sqlite3_column_int64(known, 0) == st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec &&
	       sqlite3_column_int64(known, 1) == st.st_size;
	sqlite3_reset(known);
	return same ? NULL : read_file(index, path, name, &st);
}

static struct err *forget_gone(struct index *index)
{
	_cleanup_statement_ sqlite3_stmt *all = NULL;
	_cleanup_(path_list_deinit) struct path_list gone = { 0 };
	struct err *err = index_prepare(index, "SELECT name FROM record", &all);

	if (err)
		return err;
	while (sqlite3_step(all) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(all, 0);
		_cleanup_free_ char *file = mem_printf("%s.json", name);
		_cleanup_free_ char *path = fs_join(index->dir, file);

		if (fs_exists(path))
			continue;
		mem_grow(gone.paths, gone.n, gone.cap);
		gone.paths[gone.n++] = mem_strdup(name);
	}
	for (size_t i = 0; !err && i < gone.n; i++)
		err = delete_record(index, gone.paths[i]);
	return err;
}

struct err *index_sync(struct index *index)
{
	_cleanup_(path_list_deinit) struct path_list files = { 0 };
	_cleanup_statement_ sqlite3_stmt *known = NULL;
	struct err *err = store_scan(index->dir, &files);

	if (!err)
		err = index_prepare(index, "SELECT mtime_ns, size FROM record WHERE name = ?1", &known);
	for (size_t i = 0; !err && i < files.n; i++)
		err = sync_file(index, known, files.paths[i]);
	return err ? err : forget_gone(index);
}
