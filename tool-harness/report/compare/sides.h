/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report/compare: what the sides are, and whether they may stand against each other. */
#ifndef REPORT_COMPARE_SIDES_H
#define REPORT_COMPARE_SIDES_H

#include "report/compare/compare.h"

/* Which variants stand against each other: these two, or if they are NULL each with its namesake. Borrowed. */
struct variant_pair {
	const char *base, *new;
};

/* The pair that the sides and options ask for. A variant that a side does not have is an error. */
MUST_CHECK struct err *sides_pair(const struct compare_side *base, const struct compare_side *new,
				  const struct compare_options *options, struct variant_pair *ret);

/* Says what the sides are and what differs; an error with EXIT_INVALID if that forbids to compare them. */
MUST_CHECK struct err *sides_check(const struct compare_side *base, const struct compare_side *new,
				   const struct variant_pair *pair, const struct compare_options *options,
				   struct comparison *ret);

/* The same of two variants of a record, which are there to be compared. */
void sides_describe_variants(const struct run *run, size_t base, size_t new, const struct conf_table *keys,
			     struct comparison *ret);

/* Of a record whose run did not come to its end. */
void sides_note_incomplete(const struct run *run, struct comparison *ret);

#endif
