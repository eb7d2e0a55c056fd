/* SPDX-License-Identifier: BSD-3-Clause */
/* A comparison in words: for a terminal, a merge request, a program, a CI server. */
#ifndef REPORT_COMPARE_PRINT_H
#define REPORT_COMPARE_PRINT_H

#include <jansson.h>

#include "lib/strbuf.h"
#include "report/compare/compare.h"
#include "report/grid/grid.h"

/* A table of one part; without same_too only of what is not the same. */
void comparison_add_part(const struct comparison *comparison, size_t index, bool same_too, struct grid_list *list);

/* Verdict and tables of a record that 'attachstorm run --compare-to' made: its variants A and B, with the
 * tolerances that are the default. Nothing of others. */
void comparison_add_sides(const struct run *run, struct grid_list *list);

/* For a terminal, the verdict last. */
void comparison_format(const struct comparison *comparison, struct strbuf *out);

/* One sentence: "worse: T1 of host, warm: 41.2 times as much". */
void comparison_sentence(const struct comparison *comparison, struct strbuf *out);

/* Markdown: the verdict, what is not the same as a table, and all of it folded away. */
void comparison_markdown(const struct comparison *comparison, struct strbuf *out);

/* A new reference; docs/formats.md has the keys. */
json_t *comparison_json(const struct comparison *comparison);

/* JUnit's XML: a test suite per part, a test case per metric; "cannot tell" is skipped. */
void comparison_junit(const struct comparison *comparison, struct strbuf *out);

/* The same for a comparison that could not be made: why not, as an error. Names as the caller gave them. */
struct comparison_failure {
	const char *base, *new, *message;
};
json_t *comparison_failure_json(const struct comparison_failure *failure); /* a new reference */
void comparison_failure_markdown(const struct comparison_failure *failure, struct strbuf *out);
void comparison_failure_junit(const struct comparison_failure *failure, struct strbuf *out);

/* What a side is, in a line; and what sides are called: "base", "new", NULL. */
void compare_about_text(const struct comparison *comparison, enum compare_which side, struct strbuf *out);
extern const char *const compare_which_names[];

/* A row's values and what was found, as the formats share them. */
void compare_value_text(const struct compare_row *row, const struct quantiles *side, struct strbuf *out);
const char *compare_row_verdict(const struct compare_row *row); /* or on which side alone it is */
void compare_row_text(const struct compare_row *row, struct strbuf *out);

#endif
