/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between two records, and may they be compared at all? */
#ifndef REPORT_COMPARE_COMPARABLE_H
#define REPORT_COMPARE_COMPARABLE_H

#include <stdbool.h>

#include "lib/conf/conf.h"
#include "report/record/record.h"

/* One thing that is not the same on both sides. */
struct difference {
	const char *where;  /* static: "machine", "scenario", "target", "counters" */
	char *key;          /* "breakpoints.count" */
	char *base, *new;   /* the values as texts */
	bool forbids;       /* a comparison, unless it is forced */
};

struct difference_list {
	struct difference *all; /* none twice */
	size_t n, cap;
};
void difference_list_deinit(struct difference_list *list);

/* "scenario breakpoints.count: 10 against 11"; heap, caller frees. */
char *difference_text(const struct difference *difference);

/* A record, and which of its variants; NULL: what all have in common. */
struct compared {
	const struct run *run;
	const struct run_variant *variant;
};

struct comparable_options {
	const struct conf_table *keys; /* of scenarios, to read the variants' settings by; NULL: as texts */
	const char *const *vary;       /* scenario keys that may differ; NULL-terminated, or NULL */
	bool counts_only;              /* of the machine only what counts depend on forbids a comparison */
};

/*
 * Adds what differs in machine, launcher, target, scenario and source of counters. A variant's own settings,
 * program, binding and target stand for those of its record. Keys that name a run, or say how often and where to,
 * are passed over. What is in `vary`, and what two variants of one record differ in, forbids nothing.
 */
void comparable_check(const struct compared *base, const struct compared *new,
		      const struct comparable_options *options, struct difference_list *list);

/* The same of each variant that both have by this name, or of what all have in common where there is none. */
void comparable_check_namesakes(const struct run *base, const struct run *new,
				const struct comparable_options *options, struct difference_list *list);

/* Something of it forbids a comparison. */
bool difference_list_forbids(const struct difference_list *list);

#endif
