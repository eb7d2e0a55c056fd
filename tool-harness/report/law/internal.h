/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal to report/law/: the terms of a law, as tables and JSON have them. */
#ifndef REPORT_LAW_INTERNAL_H
#define REPORT_LAW_INTERNAL_H

#include "report/grid/grid.h"
#include "report/law/result.h"

struct law_term {
	const char *key;   /* in JSON: "t1_constant_ns" */
	const char *label;
	enum cell_kind kind;
	size_t value;      /* offset of a double in struct law_choice */
	size_t interval;   /* of a struct law_interval there */
	unsigned t1, t2;   /* in laws with these shapes, a bit each; neither: in those over several N */
};
#define LAW_N_TERMS 6
extern const struct law_term law_terms[LAW_N_TERMS];

double law_term_value(const struct law_choice *choice, const struct law_term *term);
struct law_interval law_term_interval(const struct law_choice *choice, const struct law_term *term);

#endif
