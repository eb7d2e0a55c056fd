/* SPDX-License-Identifier: BSD-3-Clause */
/* Variants of a run that differ in nothing but address-space randomisation: what it costs the tool. */
#ifndef REPORT_ASLRPAIR_H
#define REPORT_ASLRPAIR_H

#include <jansson.h>

#include "report/record/record.h"

struct aslr_pair {
	size_t on, off; /* indices into run.variants */
};

/* The next pair whose variant with ASLR is number `from` or later; false: there is none. */
bool aslr_pair_find(const struct run *run, size_t from, struct aslr_pair *ret);

/* What is the same in both: the settings but ASLR, or "all else the same". Heap. */
char *aslr_pair_name(const struct run *run, const struct aslr_pair *pair);

/* The tax of all pairs by temperature, for the record: an array, empty without any. A new reference. */
json_t *aslr_to_json(const struct run *run);

#endif
