/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An index of a results folder, so that lists and trends need not read every record. The
 * records are the truth: the index (SQLite) is brought up to date each time it is opened, and
 * may be deleted at any time.
 */
#ifndef REPORT_STORE_INDEX_H
#define REPORT_STORE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

struct index;

/*
 * Opens the index of a results folder: <dir>/../index.sqlite for a folder named "runs", else
 * <dir>/index.sqlite. Files that are new or have changed are read, those that are gone are
 * dropped. One that is damaged, or of another version, is made anew with a warning; where it
 * cannot be written it is made in memory.
 */
MUST_CHECK struct err *index_open(const char *dir, struct index **ret);
void index_close(struct index *index); /* NULL is fine */

/* Empty members match everything. */
struct index_filter {
	const char *scenario, *tool, *target, *machine; /* exactly */
	const char *since;                              /* ISO 8601, or the beginning of it: "2026-03" */
};

/* Strings are heap; NULL: the record does not say. */
struct index_record {
	char *name;
	char *error; /* why the file is no record that can be read; all else is empty then */
	char *started, *scenario, *tool, *target, *machine;
	int64_t tasks, trials;
	bool complete, valid;
};
struct index_records {
	struct index_record *v;
	size_t n, cap;
};
void index_records_deinit(struct index_records *records);

/* By time; what cannot be read comes last, and only if nothing is filtered. */
MUST_CHECK struct err *index_list(struct index *index, const struct index_filter *filter, struct index_records *ret);

/* The median of a metric over the valid runs of one variant and temperature of a record. */
struct index_value {
	char *scenario, *target, *tool, *machine; /* of the record; as in struct index_record */
	int64_t tasks;
	char *variant, *temperature, *record, *started;
	double median;
	int64_t n;
};
struct index_values {
	struct index_value *v;
	size_t n, cap;
};
void index_values_deinit(struct index_values *values);

/* Of a metric of gate_metrics, by all that comes before the record's name, then by time. */
MUST_CHECK struct err *index_trend(struct index *index, const struct index_filter *filter, const char *metric,
				   struct index_values *ret);

#endif
