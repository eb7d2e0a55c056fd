/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report: the metrics of one variant at one temperature. */
#ifndef REPORT_COMPARE_VERDICT_H
#define REPORT_COMPARE_VERDICT_H

#include "report/compare/partside.h"

/* What the tolerances make of something that one side alone has: COMPARE_MISSING or COMPARE_CANNOT_TELL. */
enum compare_verdict missing_verdict(const struct tolerances *tolerances);

/* Fills the rows and the verdict of a part whose name and temperature are set. */
void part_compare(const struct part_side *base, const struct part_side *new, const struct part_how *how,
		  struct compare_part *part);

#endif
