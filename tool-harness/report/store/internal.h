/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to index: the database, and statements that clean up after themselves. */
#ifndef REPORT_STORE_INTERNAL_H
#define REPORT_STORE_INTERNAL_H

#include <sqlite3.h>

#include "report/store/index.h"

struct index {
	sqlite3 *db;
	char *dir;  /* of the records */
	char *path; /* of the database */
};

/* An error that has SQLite's own words; its errnum is SQLite's code. */
MUST_CHECK struct err *index_error(struct index *index, const char *what);

MUST_CHECK struct err *index_prepare(struct index *index, const char *sql, sqlite3_stmt **ret);

/* Runs a statement that gives no rows, and resets it. */
MUST_CHECK struct err *index_step(struct index *index, sqlite3_stmt *statement);

/* Binds a text, or null, to parameter `at` (from 1). It must live until the statement is reset. */
void index_bind(sqlite3_stmt *statement, int at, const char *text);

/* Reads what is new in the folder, forgets what is gone. */
MUST_CHECK struct err *index_sync(struct index *index);

static inline void cleanup_statement(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}
#define _cleanup_statement_ _cleanup_(cleanup_statement)

#endif
