/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report/compare: the times and the memory of a part. */
#ifndef REPORT_COMPARE_TIMES_H
#define REPORT_COMPARE_TIMES_H

#include "report/compare/partside.h"

/* Judges the rows of times and memory, all of them at once; those without values of both sides are left alone. */
void times_judge(const struct part_side *base, const struct part_side *new, const struct part_how *how,
		 struct compare_part *part);

#endif
