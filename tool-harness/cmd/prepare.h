/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run needs to know of each of its variants before the first trial. */
#ifndef CMD_PREPARE_H
#define CMD_PREPARE_H

#include <jansson.h>

#include "job/pagecache.h"
#include "job/variant.h"
#include "lib/err.h"
#include "lib/manifest.h"
#include "measure/check.h"

struct prepared {
	struct variant variant;
	const struct manifest_program *program; /* of the manifest; NULL: a command, or made-up events */
	char **argv;                            /* of a task; NULL: no job is started */
	const char *env[4];                     /* of the tasks, NULL-terminated; static text */
	struct file_set files;                  /* whose pages are evicted and counted */
	struct expectation expectation;
};

struct prepared_list {
	struct prepared *v;
	size_t n;
	enum counter_source counter_source;
	json_t *counters; /* for the record: see counters_choose; NULL if nothing is counted */
};

/*
 * Prepares all variants of a checked scenario. manifest: of its target, or NULL; it must
 * outlive the list. starts_jobs: false for a tool that makes everything up.
 */
MUST_CHECK struct err *prepared_make(const struct scenario *scenario, struct manifest *manifest, bool starts_jobs,
				     struct prepared_list *ret);
void prepared_deinit(struct prepared_list *list);

#endif
