/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the laws' data comes from: run records, with their samples where these are beside
 * them, and published series. Sorted into groups; a law is fitted to each: one tool, one
 * temperature, one set of settings, over different libraries, tasks and breakpoints.
 */
#ifndef REPORT_LAW_GROUPS_H
#define REPORT_LAW_GROUPS_H

#include <jansson.h>

#include "lib/err.h"
#include "measure/law/run.h"

enum law_basis {
	LAW_BASIS_EVENTS,    /* handling of each load event, from samples */
	LAW_BASIS_HANDLING,  /* their sum in each run, from the record */
	LAW_BASIS_WALL,      /* slowest rank's import, traced - untraced: of tools that tell of no events */
	LAW_BASIS_PUBLISHED, /* totals of a series */
	LAW_BASIS_N,
};
extern const char *const law_basis_names[]; /* for people */

struct law_group {
	char *name;           /* "native warm", "null cold linkmap=full", "gdb with probes" */
	enum law_basis basis;
	struct law_data data;
	json_t *scenario;     /* of its first record, without the keys that a sweep varies; NULL: of a series */
	json_t *machine;      /* of its first record; NULL likewise */
	char *record;         /* its first record, for errors */
};

struct law_sources {
	struct law_group *groups; /* in the order of their first data */
	size_t n, cap;
	size_t n_skipped;         /* trials: contradicted, ended early, or without a total */
};

/*
 * Traced trials of a record, of one of its variants or, NULL, of all. Records of one group must agree in machine and
 * scenario but for what a sweep varies, and in their basis, else it is an error that names the key.
 */
MUST_CHECK struct err *law_sources_add_record(struct law_sources *sources, const char *path,
							const char *variant);
MUST_CHECK struct err *law_sources_add_series(struct law_sources *sources, const char *path);

/* Finishes the groups' data; an error if there is none at all. */
MUST_CHECK struct err *law_sources_finish(struct law_sources *sources);

void law_sources_deinit(struct law_sources *sources);

#endif
