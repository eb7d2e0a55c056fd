/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening the index and asking it. Filling it is sync.c.
 *
 * Invariant: nothing is in the index that is not in a record, so any trouble with it is
 * answered by making it anew.
 */
#include "report/store/index.h"

#include <string.h>
#include <unistd.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "lib/progress.h"
#include "report/store/internal.h"
#include "report/store/store.h"

#define INDEX_VERSION 1
#define INDEX_VERSION_TEXT "1"
#define BUSY_MS 10000

static const char schema[] =
	"CREATE TABLE record (name TEXT PRIMARY KEY, mtime_ns INTEGER, size INTEGER, error TEXT, started TEXT,"
	" scenario TEXT, tool TEXT, target TEXT, machine TEXT, tasks INTEGER, trials INTEGER, complete INTEGER,"
	" valid INTEGER);"
	"CREATE TABLE value (record TEXT, variant TEXT, temperature TEXT, metric TEXT, median REAL, n INTEGER);"
	"CREATE INDEX value_by_record ON value (record);"
	"CREATE INDEX value_by_metric ON value (metric);"
	"PRAGMA user_version = " INDEX_VERSION_TEXT ";";

struct err *index_error(struct index *index, const char *what)
{
	return err_new("cannot %s the index '%s': %s", what, index->path, sqlite3_errmsg(index->db));
}

struct err *index_prepare(struct index *index, const char *sql, sqlite3_stmt **ret)
{
	return sqlite3_prepare_v2(index->db, sql, -1, ret, NULL) == SQLITE_OK ? NULL : index_error(index, "read");
}

struct err *index_step(struct index *index, sqlite3_stmt *statement)
{
	int rc = sqlite3_step(statement);

	sqlite3_reset(statement);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? NULL : index_error(index, "write");
}

void index_bind(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* --- opening ---------------------------------------------------------------------- */

void index_close(struct index *index)
{
	if (!index)
		return;
	sqlite3_close(index->db);
	free(index->dir);
	free(index->path);
	free(index);
}

static char *path_for(const char *dir)
{
	_cleanup_free_ char *plain = mem_strdup(dir);
	_cleanup_free_ char *above = NULL;
	size_t len = strlen(plain);

	while (len > 1 && plain[len - 1] == '/')
		plain[--len] = '\0';
	if (strcmp(fs_basename(plain), "runs") != 0)
		return fs_join(plain, "index.sqlite");
	above = fs_dirname(plain);
	return fs_join(above, "index.sqlite");
}

static int user_version(sqlite3 *db, int *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		return rc;
	*ret = sqlite3_column_int(statement, 0);
	return SQLITE_OK;
}

/* SQLITE_OK, or why it cannot be used as it is. */
static int open_database(struct index *index)
{
	int version = 0, rc = sqlite3_open(index->path, &index->db);

	sqlite3_busy_timeout(index->db, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(index->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = user_version(index->db, &version);
	/* an empty file has version 0 */
	if (rc == SQLITE_OK && version == 0)
		rc = sqlite3_exec(index->db, schema, NULL, NULL, NULL);
	else if (rc == SQLITE_OK && version != INDEX_VERSION)
		rc = SQLITE_MISMATCH;
	return rc;
}

static void drop_database(struct index *index)
{
	sqlite3_close(index->db);
	index->db = NULL;
}

static struct err *fill(struct index *index)
{
	struct err *err = index_sync(index);

	if (!err && sqlite3_exec(index->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		err = index_error(index, "write");
	return err;
}

/* Opened and up to date; damage may show at the first look or only at a later page. */
static struct err *open_and_fill(struct index *index)
{
	return open_database(index) == SQLITE_OK ? fill(index) : index_error(index, "use");
}

/* What to say of a database that is there and cannot be used; NULL: that is not the trouble. */
static const char *what_is_wrong(struct index *index)
{
	int rc = sqlite3_errcode(index->db) & 0xff, version = 0;

	if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT || rc == SQLITE_ERROR)
		return "damaged";
	return user_version(index->db, &version) == SQLITE_OK && version && version != INDEX_VERSION
		       ? "of another version" : NULL;
}

static struct err *open_anew(struct index *index, struct err *old)
{
	err_free(old);
	drop_database(index);
	return open_and_fill(index);
}

static struct err *open_somehow(struct index *index)
{
	struct err *err = open_and_fill(index);
	const char *wrong = err ? what_is_wrong(index) : NULL;

	if (wrong) {
		progress_warn("the index '%s' is %s: made anew from the records", index->path, wrong);
		unlink(index->path);
		err = open_anew(index, err);
	}
	if (err) {
		free(index->path);
		index->path = mem_strdup(":memory:");
		err = open_anew(index, err);
	}
	return err;
}

struct err *index_open(const char *dir, struct index **ret)
{
	_cleanup_(path_list_deinit) struct path_list files = { 0 };
	struct err *err = store_scan(dir, &files); /* a folder that is not there gets no index */
	struct index *index;

	if (err)
		return err;
	index = mem_alloc(sizeof(*index));
	index->dir = mem_strdup(dir);
	index->path = path_for(dir);
	err = open_somehow(index);
	if (err) {
		index_close(index);
		return err;
	}
	*ret = index;
	return NULL;
}

/* --- asking ----------------------------------------------------------------------- */

#define FILTER \
	"(?1 IS NULL OR scenario = ?1) AND (?2 IS NULL OR tool = ?2) AND (?3 IS NULL OR target = ?3)" \
	" AND (?4 IS NULL OR machine = ?4) AND (?5 IS NULL OR started >= ?5)"

static void bind_filter(sqlite3_stmt *statement, const struct index_filter *filter)
{
	index_bind(statement, 1, filter->scenario);
	index_bind(statement, 2, filter->tool);
	index_bind(statement, 3, filter->target);
	index_bind(statement, 4, filter->machine);
	index_bind(statement, 5, filter->since);
}

static char *column(sqlite3_stmt *statement, int at)
{
	return mem_strdup((const char *)sqlite3_column_text(statement, at));
}

void index_records_deinit(struct index_records *records)
{
	for (size_t i = 0; i < records->n; i++) {
		struct index_record *r = &records->v[i];

		free(r->name);
		free(r->error);
		free(r->started);
		free(r->scenario);
		free(r->tool);
		free(r->target);
		free(r->machine);
	}
	free(records->v);
	memset(records, 0, sizeof(*records));
}

struct err *index_list(struct index *index, const struct index_filter *filter, struct index_records *ret)
{
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct index_records records = { 0 };
	struct err *err = index_prepare(index,
					"SELECT name, error, started, scenario, tool, target, machine, tasks, trials,"
					" complete, valid FROM record WHERE " FILTER
					" ORDER BY error IS NOT NULL, started, name",
					&statement);

	if (err)
		return err;
	bind_filter(statement, filter);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		mem_grow(records.v, records.n, records.cap);
		records.v[records.n++] = (struct index_record){
			.name = column(statement, 0),
			.error = column(statement, 1),
			.started = column(statement, 2),
			.scenario = column(statement, 3),
			.tool = column(statement, 4),
			.target = column(statement, 5),
			.machine = column(statement, 6),
			.tasks = sqlite3_column_int64(statement, 7),
			.trials = sqlite3_column_int64(statement, 8),
			.complete = sqlite3_column_int(statement, 9),
			.valid = sqlite3_column_int(statement, 10),
		};
	}
	*ret = records;
	return NULL;
}

void index_values_deinit(struct index_values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		free(values->v[i].scenario);
		free(values->v[i].target);
		free(values->v[i].tool);
		free(values->v[i].machine);
		free(values->v[i].variant);
		free(values->v[i].temperature);
		free(values->v[i].record);
		free(values->v[i].started);
	}
	free(values->v);
	memset(values, 0, sizeof(*values));
}

struct err *index_trend(struct index *index, const struct index_filter *filter, const char *metric,
			struct index_values *ret)
{
	/* A record has the most tasks of any variant; a variant its own as one of its metrics. */
	static const char sql[] =
		"SELECT scenario, target, tool, machine, COALESCE((SELECT CAST(own.median AS INTEGER) FROM value own"
		" WHERE own.record = value.record AND own.variant = value.variant AND"
		" own.temperature = value.temperature AND own.metric = 'tasks'), tasks) AS its_tasks,"
		" variant, temperature, record, started, median, n"
		" FROM value JOIN record ON record.name = value.record WHERE metric = ?6 AND " FILTER
		" ORDER BY scenario, target, tool, machine, its_tasks, variant, temperature, started, record";
	_cleanup_statement_ sqlite3_stmt *statement = NULL;
	struct index_values values = { 0 };
	struct err *err = index_prepare(index, sql, &statement);

	if (err)
		return err;
	bind_filter(statement, filter);
	index_bind(statement, 6, metric);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		mem_grow(values.v, values.n, values.cap);
		values.v[values.n++] = (struct index_value){
			.scenario = column(statement, 0),
			.target = column(statement, 1),
			.tool = column(statement, 2),
			.machine = column(statement, 3),
			.tasks = sqlite3_column_int64(statement, 4),
			.variant = column(statement, 5),
			.temperature = column(statement, 6),
			.record = column(statement, 7),
			.started = column(statement, 8),
			.median = sqlite3_column_double(statement, 9),
			.n = sqlite3_column_int64(statement, 10),
		};
	}
	*ret = values;
	return NULL;
}
