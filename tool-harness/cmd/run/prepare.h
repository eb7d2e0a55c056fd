/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run needs to know of each of its variants before the first trial. */
#ifndef CMD_PREPARE_H
#define CMD_PREPARE_H

#include <jansson.h>

#include "job/pagecache.h"
#include "job/scenario/variant.h"
#include "lib/err.h"
#include "lib/manifest/manifest.h"
#include "measure/check.h"
#include "tool/tool.h"

struct prepared {
	const struct variant *variant;
	const struct scenario *scenario;        /* the variant's */
	const struct tool_ops *tool;
	struct manifest *manifest;              /* of its target; NULL: it has none, or */
	bool lacks_target;                      /* it is not made yet */
	const struct manifest_program *program; /* of the manifest; NULL: a command, or made-up events */
	char **argv;                            /* of a task; NULL: no job is started */
	const char *env[4];                     /* of the tasks, NULL-terminated; static text */
	struct file_set files;                  /* whose pages are evicted and counted */
	struct file_set *mapped;                /* of a command: what it is linked with, and what its runs were
						   seen to map; grows from run to run */
	struct file_set tool_files;             /* likewise: the tool's own */
	struct expectation expectation;
	char **breakpoints;                     /* names of functions */
	size_t n_breakpoints;
	enum acquire acquire;                   /* of its traced runs: what auto has come to */
};

struct prepared_list {
	struct prepared *v;
	size_t n;
	enum counter_source counter_source;
	json_t *counters; /* for the record: see counters_choose; NULL if nothing is counted */
	struct prepared_target {
		char *path;
		struct manifest manifest;
	} **targets;      /* each read once, however many variants have it */
	size_t n_targets, cap_targets;
};

/*
 * Prepares all variants, which must outlive the list. If one of them cannot be run, none is; with `may_lack` a target
 * may be missing: such a variant is only known, and cannot be run.
 */
MUST_CHECK struct err *prepared_make(const struct variant *variants, size_t n, bool may_lack,
				     struct prepared_list *ret);
void prepared_deinit(struct prepared_list *list);

/* A tool that makes its baseline up makes up everything: no job, no files, no marks. */
bool prepared_makes_up(const struct prepared *prepared);

#endif
