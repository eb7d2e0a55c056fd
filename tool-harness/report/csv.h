/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading of plain tables: one line a row, fields between commas, nothing quoted, lines
 * that begin with # passed over. Errors name file and line. For files that others may
 * have written.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdint.h>

#include "lib/err.h"

struct csv {
	const char *name; /* for errors; borrowed */
	char *text;       /* a copy; its separators become NULs */
	char *at;         /* what is left; NULL: nothing */
	size_t line;      /* number of the last one, from 1 */
};

/* Refuses text with NUL bytes. */
MUST_CHECK struct err *csv_open(const char *name, const char *text, size_t len, struct csv *ret);
void csv_close(struct csv *csv);

/*
 * The next row, of exactly n fields, which point into the copy. *more_ret is false at the
 * end. Empty lines are passed over.
 */
MUST_CHECK struct err *csv_row(struct csv *csv, const char **fields, size_t n, bool *more_ret);

/* The first row must be this one, fields joined by commas. */
MUST_CHECK struct err *csv_header(struct csv *csv, const char *header);

/* A field as a number from min to max; `what` names it in errors. */
MUST_CHECK struct err *csv_integer(const struct csv *csv, const char *field, const char *what, int64_t min, int64_t max,
				   int64_t *ret);
MUST_CHECK struct err *csv_number(const struct csv *csv, const char *field, const char *what, double min, double max,
				  double *ret);

/* A field as one of names (NULL-terminated). */
MUST_CHECK struct err *csv_choice(const struct csv *csv, const char *field, const char *what,
				  const char *const *names, int *ret);

#endif
