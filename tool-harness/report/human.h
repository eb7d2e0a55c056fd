/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as a person reads them: three significant digits and a unit. */
#ifndef REPORT_HUMAN_H
#define REPORT_HUMAN_H

#include <stdint.h>

#include "lib/strbuf.h"

struct human_unit {
	double ns;
	const char *name; /* "min" */
	const char *word; /* "minutes" */
};

/* The unit in which a duration reads best, after rounding to three digits. */
const struct human_unit *human_unit_for(double ns);

/* "8.12 µs", "1.62 s", "83.3 min"; negative ones too. */
void human_duration(struct strbuf *out, double ns);

/* Three significant digits without a unit: "0.0312", "1.07", "83.3", "1250"; "-" if not finite. */
void human_number(struct strbuf *out, double value);

/* "1,204"; a fraction is shown with one digit: "61.5". */
void human_count(struct strbuf *out, double count);

/* "3.07 GiB". */
void human_bytes(struct strbuf *out, double bytes);

#endif
