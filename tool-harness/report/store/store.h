/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records by what a user calls them: a path, a folder, or a name in the results folder. The
 * files are the truth; report/store/index.h has a quicker way to look at many.
 */
#ifndef REPORT_STORE_STORE_H
#define REPORT_STORE_STORE_H

#include "lib/err.h"
#include "report/record/record.h"

#define STORE_DEFAULT_DIR "results/runs"
#define STORE_LATEST "latest" /* the record of the results folder that was written last */

/* Zeroed is empty. */
struct path_list {
	char **paths; /* heap, sorted */
	size_t n, cap;
};
void path_list_deinit(struct path_list *list);

/* All *.json of a folder, not of those below it. */
MUST_CHECK struct err *store_scan(const char *dir, struct path_list *ret);

/*
 * The files that `what` means: a file, all of a folder, "latest", or the record of `dir` with this name
 * or whose name alone begins so. None, or several for a name, is an error that says which
 * there are.
 */
MUST_CHECK struct err *store_find(const char *dir, const char *what, struct path_list *ret);

/* One record, for commands that are about one; of "WHAT#VARIANT" that variant alone. */
MUST_CHECK struct err *store_read_one(const char *dir, const char *what, struct run *ret);

struct run_list {
	struct run *runs;
	size_t n, cap;
	char *variant; /* behind '#'; NULL: none was named */
};
void run_list_deinit(struct run_list *list);

/*
 * All records that "WHAT" or "WHAT#VARIANT" means, in order of their names. In a folder, files
 * that are not records of a version we read are passed over with a warning that says why; a
 * file that was named must be one.
 */
MUST_CHECK struct err *store_load(const char *dir, const char *what, struct run_list *ret);

#endif
