/* SPDX-License-Identifier: BSD-3-Clause */
/* May two records be compared at all? */
#ifndef REPORT_COMPARE_COMPARABLE_H
#define REPORT_COMPARE_COMPARABLE_H

#include <stdbool.h>

#include "report/record/record.h"

/* Sentences, one for each difference that forbids it; heap. */
struct difference_list {
	char **texts;
	size_t n, cap;
};
void difference_list_deinit(struct difference_list *list);

/*
 * Adds what differs between two records in machine, launcher, target, scenario and source of
 * counters, and is not in `vary` (scenario keys, NULL-terminated, or NULL). Keys that name a
 * run, or say how often and where to, are passed over. With counts_only only such facts of
 * the machine are looked at as counts depend on.
 */
void comparable_check(const struct run *base, const struct run *new, const char *const *vary, bool counts_only,
		      struct difference_list *list);

#endif
