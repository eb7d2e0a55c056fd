/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Splits a copy of the text in place. Knows no table: samples.c and series.c do.
 *
 * Invariant: no field reaches past its line.
 */
#include "report/csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/mem.h"

struct err *csv_open(const char *name, const char *text, size_t len, struct csv *ret)
{
	if (memchr(text, '\0', len))
		return err_new("'%s' is not a text file: it has a NUL byte", name);
	*ret = (struct csv){ .name = name, .text = mem_strndup(text, len) };
	ret->at = ret->text;
	return NULL;
}

void csv_close(struct csv *csv)
{
	free(csv->text);
	memset(csv, 0, sizeof(*csv));
}

/* The next line that is neither empty nor a comment; NULL at the end. */
static char *next_line(struct csv *csv)
{
	while (csv->at) {
		char *line = csv->at, *end = strchr(line, '\n');

		csv->line++;
		csv->at = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}

struct err *csv_row(struct csv *csv, const char **fields, size_t n, bool *more_ret)
{
	char *rest = next_line(csv);
	size_t found = 0;

	*more_ret = rest != NULL;
	if (!rest)
		return NULL;
	for (char *field; (field = strsep(&rest, ",")); found++)
		if (found < n)
			fields[found] = field;
	if (found != n)
		return err_new("'%s': line %zu has %zu fields, not %zu", csv->name, csv->line, found, n);
	return NULL;
}

struct err *csv_header(struct csv *csv, const char *header)
{
	const char *line = next_line(csv);

	if (line && !strcmp(line, header))
		return NULL;
	return err_hint(err_new("'%s' does not begin with the columns of such a file", csv->name), "they are: %s",
			header);
}

struct err *csv_integer(const struct csv *csv, const char *field, const char *what, int64_t min, int64_t max,
			int64_t *ret)
{
	long long value;
	char *end;

	errno = 0;
	value = strtoll(field, &end, 10);
	if (end == field || *end || errno || value < min || value > max)
		return err_new("'%s': line %zu: %s: '%.40s' is not an integer from %jd to %jd", csv->name, csv->line,
			       what, field, (intmax_t)min, (intmax_t)max);
	*ret = value;
	return NULL;
}

struct err *csv_number(const struct csv *csv, const char *field, const char *what, double min, double max,
		       double *ret)
{
	char *end;
	double value = strtod(field, &end);

	if (end == field || *end || !isfinite(value) || value < min || value > max)
		return err_new("'%s': line %zu: %s: '%.40s' is not a number from %g to %g", csv->name, csv->line, what,
			       field, min, max);
	*ret = value;
	return NULL;
}

struct err *csv_choice(const struct csv *csv, const char *field, const char *what, const char *const *names, int *ret)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], field)) {
			*ret = i;
			return NULL;
		}
	return err_new("'%s': line %zu: %s: '%.40s' is not known", csv->name, csv->line, what, field);
}
