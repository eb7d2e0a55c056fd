/* SPDX-License-Identifier: BSD-3-Clause */
/* A record's runs in the formats of other tools. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "lib/strbuf.h"
#include "report/record/record.h"

struct export_format {
	const char *name; /* "csv" */
	const char *help;
	/* Appends all of the record's runs, with the invalid ones marked or left out. */
	void (*put)(const struct run *run, struct strbuf *out);
};
extern const struct export_format export_formats[]; /* ends with a NULL name */

/* NULL: no such format. */
const struct export_format *export_find(const char *name);

#endif
