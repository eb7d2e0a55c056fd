/* SPDX-License-Identifier: BSD-3-Clause */
/* Published totals. Reads and checks them; what they mean is measure/law/run.h's. */
#include "report/law/series.h"

#include <math.h>
#include <string.h>

#include "lib/fs.h"
#include "lib/mem.h"
#include "report/csv.h"

#define MOST 1e6 /* libraries, tasks, breakpoints */
#define MOST_SECONDS 1e9
#define LEAST_SECONDS 1e-9

enum { AT_SERIES, AT_LIBRARIES, AT_TASKS, AT_BREAKPOINTS, AT_SECONDS, N_FIELDS };
static const char columns[] = "series,libraries,tasks,breakpoints,seconds";

/* "35" is 35 +- 0.5, "0.25" is 0.25 +- 0.005; with an exponent nothing is told. */
static double rounding_of(const char *seconds)
{
	const char *point = strchr(seconds, '.');

	if (strpbrk(seconds, "eExX"))
		return 0;
	return 0.5e9 * pow(10, point ? -(double)strlen(point + 1) : 0);
}

static struct err *parse_row(const struct csv *csv, const char *const *fields, struct series_row *ret)
{
	double seconds;
	struct err *err;

	if (!*fields[AT_SERIES])
		return err_new("'%s': line %zu: the series has no name", csv->name, csv->line);
	err = csv_number(csv, fields[AT_LIBRARIES], "libraries", 1, MOST, &ret->libraries);
	if (!err)
		err = csv_number(csv, fields[AT_TASKS], "tasks", 1, MOST, &ret->tasks);
	if (!err)
		err = csv_number(csv, fields[AT_BREAKPOINTS], "breakpoints", 0, MOST, &ret->breakpoints);
	if (!err)
		err = csv_number(csv, fields[AT_SECONDS], "seconds", LEAST_SECONDS, MOST_SECONDS, &seconds);
	if (err)
		return err;
	ret->total_ns = seconds * 1e9;
	ret->rounding_ns = rounding_of(fields[AT_SECONDS]);
	ret->series = mem_strdup(fields[AT_SERIES]);
	return NULL;
}

struct err *series_parse(const char *name, const char *text, size_t len, struct series *ret)
{
	_cleanup_(series_deinit) struct series series = { 0 };
	const char *fields[N_FIELDS];
	struct csv csv;
	bool more = true;
	struct err *err;

	err = csv_open(name, text, len, &csv);
	if (err)
		return err;
	err = csv_header(&csv, columns);
	while (!err && more) {
		err = csv_row(&csv, fields, N_FIELDS, &more);
		if (err || !more)
			break;
		mem_grow(series.rows, series.n, series.cap);
		err = parse_row(&csv, fields, &series.rows[series.n]);
		series.n += !err;
	}
	csv_close(&csv);
	if (!err && !series.n)
		err = err_new("'%s' has no rows", name);
	if (err)
		return err;
	*ret = series;
	memset(&series, 0, sizeof(series));
	return NULL;
}

struct err *series_read(const char *path, struct series *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct err *err = fs_read(path, &text);

	return err ? err : series_parse(path, text.text, text.len, ret);
}

void series_deinit(struct series *series)
{
	for (size_t i = 0; i < series->n; i++)
		free(series->rows[i].series);
	free(series->rows);
	memset(series, 0, sizeof(*series));
}
