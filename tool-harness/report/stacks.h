/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merged stacks of a run: as text below the table, in the record, and folded, one line per
 * stack, as flame-graph tools read it. docs/formats.md has the formats.
 */
#ifndef REPORT_STACKS_H
#define REPORT_STACKS_H

#include <jansson.h>

#include "lib/err.h"
#include "lib/strbuf.h"
#include "report/record/record.h"

/* The trees of the last trial that has any, of each variant. Nothing without stacks. */
void stacks_put(const struct run *run, struct strbuf *out);

/* "moment;outermost;...;innermost count", summed over all trials, sorted by names. Empty without stacks. */
void stacks_fold(const struct run *run, struct strbuf *out);

/* A trial's trees by moment; those that are empty are null. A new reference. */
json_t *stacks_to_json(const struct trial *trial);

/* Fills the trees of a trial that has none. What is null or not there stays empty; anything
 * that stacks_to_json does not write is an error that names the place. */
MUST_CHECK struct err *stacks_from_json(json_t *json, struct trial *trial);

#endif
