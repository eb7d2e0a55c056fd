/* SPDX-License-Identifier: BSD-3-Clause */
/* A set of ranks, kept and printed as ranges: "0-3,5". */
#ifndef MEASURE_RANKSET_H
#define MEASURE_RANKSET_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/strbuf.h"

struct rank_range {
	uint32_t low, high; /* both included */
};

struct rankset {
	struct rank_range *ranges; /* ascending, with a gap between any two */
	size_t n, cap;
};

void rankset_deinit(struct rankset *set);
void rankset_add(struct rankset *set, uint32_t rank);

/* Adds all ranks of another set. */
void rankset_join(struct rankset *set, const struct rankset *other);

uint64_t rankset_count(const struct rankset *set);
bool rankset_equal(const struct rankset *a, const struct rankset *b);
void rankset_put(const struct rankset *set, struct strbuf *out);

/* Fills an empty set from its text. Anything but ascending ranges with gaps is an error. */
MUST_CHECK struct err *rankset_parse(const char *text, struct rankset *ret);

#endif
