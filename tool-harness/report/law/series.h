/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Published totals as a table, for the laws: columns series, libraries, tasks, breakpoints,
 * seconds (docs/formats.md). One file may hold several series; lines with # say where the
 * numbers are from.
 */
#ifndef REPORT_LAW_SERIES_H
#define REPORT_LAW_SERIES_H

#include "lib/err.h"

struct series_row {
	char *series;
	double libraries, tasks, breakpoints;
	double total_ns;
	double rounding_ns; /* half a unit of the last digit given */
};

struct series {
	struct series_row *rows;
	size_t n, cap;
};

MUST_CHECK struct err *series_parse(const char *name, const char *text, size_t len, struct series *ret);
MUST_CHECK struct err *series_read(const char *path, struct series *ret);
void series_deinit(struct series *series);

#endif
